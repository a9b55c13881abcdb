import type { Finding } from "./finding.ts";

/** What `snippet` writes where it was not told where QRadar listens (RFC 2606: nobody's). */
export const PLACEHOLDER_HOST = "qradar.example.com";

/** Names that no host has (RFC 2606, RFC 6761). */
const NOBODY = /(?:^|\.)(?:example(?:\.(?:com|net|org))?|invalid)$/i;

/** The finding about an address to which no event can go; empty where it can be one. */
export function addressFindings(
  host: string,
  port: string,
  line: number,
  remedy: string,
): Finding[] {
  const problem = addressProblem(host.trim(), port.trim());
  if (problem === null) return [];
  return [
    { rule: "address", line, effect: "stalls", reason: `${problem}: nothing is delivered`, remedy },
  ];
}

function addressProblem(host: string, port: string): string | null {
  if (host === "") return "the address of QRadar is empty";
  if (NOBODY.test(host.replace(/\.$/, ""))) return `"${host}" is a placeholder`;
  if (port === "") return "the port of QRadar is empty";
  return null;
}
