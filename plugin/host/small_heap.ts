import { setFlagsFromString } from "node:v8";

/**
 * `main.ts` imports it first. Records never become objects of the heap, so V8 gains nothing from a large one, and the
 * shipper's host has better uses for the memory (docs/contributors/performance.md).
 */
setFlagsFromString("--optimize-for-size");
