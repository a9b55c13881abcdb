import { type Problem, showPath, wrong } from "./problem.ts";
import type { Path } from "./yaml_text.ts";

/** Keys with a meaning of their own in LEEF (IBM QRadar LEEF guide, predefined event attributes). */
export const PREDEFINED_LEEF_KEYS: readonly string[] = (
  "cat devTime devTimeFormat proto sev src dst srcPort dstPort srcPreNAT dstPreNAT srcPostNAT dstPostNAT " +
  "srcPreNATPort dstPreNATPort srcPostNATPort dstPostNATPort srcMAC dstMAC usrName identSrc identHostName " +
  "identNetBios identGrpName identMAC vSrc vSrcName accountName srcBytes dstBytes srcPackets dstPackets " +
  "totalPackets role realm groupID policy resource url domain isLoginEvent isLogoutEvent identSecondlp " +
  "calLanguage calCountryOrRegion"
).split(" ");

/** Without these QRadar can't name the event or order it, and duplicates can't be found. */
const FIXED_KEYS: readonly string[] = ["cat", "devTime", "eventUid"];

/** What the schema alone can't tell of `mapping`. Takes any value. */
export function mappingProblems(raw: unknown): Problem[] {
  if (typeof raw !== "object" || raw === null) {
    return [];
  }
  const { rename, drop } = raw as Record<string, unknown>;
  return [
    ...(typeof rename === "object" && rename !== null ? renameProblems(rename) : []),
    ...(Array.isArray(drop) ? dropProblems(drop) : []),
  ];
}

function renameProblems(rename: object): Problem[] {
  const taken = new Map<string, string>();
  return Object.entries(rename).flatMap(([from, to]): Problem[] => {
    const path: Path = ["mapping", "rename", from];
    if (FIXED_KEYS.includes(from)) {
      return [{ path, sentence: `"${showPath(path)}" can't be renamed: every event needs it` }];
    }
    if (typeof to !== "string") {
      return [];
    }
    if (PREDEFINED_LEEF_KEYS.includes(to) || FIXED_KEYS.includes(to)) {
      return [wrong(path, "must not be a key that already has a meaning in LEEF", to)];
    }
    const other = taken.get(to);
    taken.set(to, from);
    return other === undefined
      ? []
      : [wrong(path, `must be another key than that of "mapping.rename.${other}"`, to)];
  });
}

function dropProblems(drop: readonly unknown[]): Problem[] {
  return drop.flatMap((key, index): Problem[] =>
    typeof key === "string" && FIXED_KEYS.includes(key)
      ? [wrong(["mapping", "drop", index], "can't be left out: every event needs it", key)]
      : [],
  );
}
