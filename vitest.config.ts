import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // End-to-end tests start shippers: one file at a time keeps two cores for what is measured by counting.
    maxWorkers: 2,
  },
});
