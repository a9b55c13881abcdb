import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/property_seed.ts"],
    // Only against a test that hangs: how long one takes says how loaded the machine is. What a test bounds, it counts.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    // Many end-to-end tests wait more than they compute.
    maxWorkers: 3,
    maxConcurrency: 8,
  },
});
