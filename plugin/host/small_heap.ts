import { setFlagsFromString } from "node:v8";

/**
 * Imported before everything else. A shipper's host has better uses for its memory: records never become objects of
 * the heap, so that V8 gains nothing from letting it grow (docs/contributors/performance.md).
 */
setFlagsFromString("--optimize-for-size");
