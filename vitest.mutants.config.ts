import { defineConfig } from "vitest/config";

/** For `npm run mutants`: the tests of the room whose code is mutated. Stryker starts vitest itself. */
const tests = process.env.MUTANTS_TESTS ?? "";

export default defineConfig({
  test: {
    include: [tests],
    setupFiles: ["test/support/property_seed.ts"],
    env: { MIMECAST_INPUT_TEST_RUNS: "1" },
    testTimeout: 900_000,
    maxWorkers: 1,
  },
});
