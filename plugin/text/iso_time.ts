/** `2026-03-01T12:00:00Z` of ms since 1970. */
export function isoSecond(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}
