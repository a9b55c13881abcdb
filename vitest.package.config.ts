import { defineConfig } from "vitest/config";

/** `npm run test:package`: makes what is given out and runs it. Apart from the other tests because it takes long. */
export default defineConfig({
  test: {
    include: ["test/package/*.package.ts"],
    globalSetup: ["test/package/make_release.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
