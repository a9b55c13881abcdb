import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What waits begins first, and ends while the others compute. */
class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification) =>
      /(?:chaos|shippers)\.test/.test(moduleId) ? 0 : moduleId.includes("/e2e/") ? 1 : 2;
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/property_seed.ts"],
    // Only against a test that hangs: how long one takes says how loaded the machine is. What a test bounds, it counts.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    // Each file in a process of its own would read vitest, the plugin and the engine again: half of the time. What a test changes
    // of its process (the clock, a variable, umask) it puts back.
    isolate: false,
    // The built program is started some thousand times: Node keeps its compiled code here.
    env: { NODE_COMPILE_CACHE: resolve("node_modules/.cache/compiled") },
    sequence: { sequencer: WaitingFirst },
    // Many end-to-end tests wait more than they compute.
    maxWorkers: 4,
    maxConcurrency: 8,
  },
});
