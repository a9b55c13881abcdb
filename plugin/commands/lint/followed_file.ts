import type { Expected } from "./expected.ts";
import type { Finding } from "./finding.ts";

/** True for a pattern of a shipper that follows the file of `output.file`. */
export function followsFile(pattern: string, { path }: Expected): boolean {
  return pattern === path || new RegExp(`^${asRegExp(pattern)}$`).test(path);
}

/** The finding about a pattern that leaves out the files that were renamed; empty where it takes them. */
export function renamedFindings(pattern: string, line: number, expected: Expected): Finding[] {
  const renamed = { ...expected, path: `${expected.path}.20260101T000000000Z` };
  if (followsFile(pattern, renamed)) return [];
  return [
    {
      rule: "renamed",
      line,
      effect: "loses",
      reason: `"${pattern}" leaves out renamed files: what was not read when one was renamed is lost where the shipper was away`,
      remedy: `${expected.path}*`,
    },
  ];
}

/** `*` and `?` as shells and shippers read them, `**` for folders. */
function asRegExp(pattern: string): string {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return escaped
    .replaceAll("**", "\u0000")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]")
    .replaceAll("\u0000", ".*");
}
