import { EXIT } from "../../errors.ts";
import type { Asker, Choice } from "../../host/asker.ts";
import type { CheckResult } from "../check/result.ts";
import type { Answers, Known } from "./answers.ts";

/** What a person wants after Mimecast refused something or was not reached. */
export type NextStep = { readonly do: "write" | "stop" } | { readonly ask: Known };

type Way = "again" | "keys" | "location" | "sources" | "write" | "stop";

const LABELS: Readonly<Record<Way, string>> = {
  again: "try the same again",
  keys: "give the keys again",
  location: "give another region or host",
  sources: "choose the feeds again",
  write: "write the configuration all the same",
  stop: "stop, write nothing",
};

/** Asks what is to be done; everything that was not wrong stays known. */
export async function askNextStep(
  asker: Asker,
  answers: Answers,
  checks: readonly CheckResult[],
): Promise<NextStep> {
  const choices = (Object.keys(LABELS) as Way[]).map(
    (value): Choice<Way> => ({ value, label: LABELS[value] }),
  );
  const way = await asker.choose("What now?", choices, likelyWay(checks));
  const { keys, location, sources, ...rest } = answers;
  switch (way) {
    case "write":
    case "stop":
      return { do: way };
    case "again":
      return { ask: answers };
    case "keys":
      return { ask: { ...rest, location, sources } };
    case "location":
      return { ask: { ...rest, keys, sources } };
    case "sources":
      return { ask: { ...rest, keys, location } };
  }
}

/** What most likely was wrong: the network, the feeds where others are allowed, or the keys. */
export function likelyWay(checks: readonly CheckResult[]): Way {
  const failed = checks.filter(({ outcome }) => outcome === "fail");
  if (failed.some(({ exit }) => exit === EXIT.temporary)) return "again";
  return checks.length > failed.length || failed.length > 1 ? "sources" : "keys";
}
