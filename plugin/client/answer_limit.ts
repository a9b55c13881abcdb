const MIB = 1_048_576;

/**
 * Bytes of the largest JSON answer to a path: many times what a page has (reference: 100 links or events, 500 log entries).
 * The threat feed comes whole.
 */
export function answerLimit(path: string): number {
  if (path.startsWith("/api/ttp/threat-intel/")) return 64 * MIB;
  return path.startsWith("/siem/v1/batch/") ? 4 * MIB : 16 * MIB;
}
