import { type Answer, type Call, json } from "./call.ts";

/** What a fault of page tokens makes of a request with a token of `/siem/v1`, or null. The client can't help it: no violation. */
export function tokenFault(call: Call, token: string | null): Answer | null {
  if (token === null) return null;
  if (call.fault?.fault === "page_token_dead") {
    return json(200, { value: [], "@nextPage": token, isCaughtUp: true });
  }
  if (token.length > LONGEST) return refused(414);
  return call.fault?.fault === "page_token_refused" ? refused(call.fault.status ?? 400) : null;
}

/** A gateway takes no longer request lines. */
const LONGEST = 8_192;

function refused(status: number): Answer {
  const error = { code: "invalid_parameter", message: "The page token is not valid" };
  return json(status, { error });
}

/** The token of an answer, as a fault leaves it. */
export function answerToken(call: Call, token: string): string {
  if (call.fault?.fault !== "page_token_oversized") return token;
  return token.padEnd(call.fault.length ?? 100_000, "A");
}
