import { defineConfig } from "vitest/config";

/** For `npm run mutants`: the tests of the room whose code is mutated. Stryker starts vitest itself. */
const room = process.env.MUTANTS_ROOM ?? "";

export default defineConfig({
  test: {
    include: [`test/${room}/**/*.test.ts`],
    testTimeout: 900_000,
    maxWorkers: 1,
  },
});
