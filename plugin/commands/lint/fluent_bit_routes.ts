import type { Expected } from "./expected.ts";
import type { Finding } from "./finding.ts";
import { type FluentBitConfig, nameOf, type Section } from "./fluent_bit_config.ts";
import { LOCAL, outputFindings } from "./fluent_bit_output.ts";
import { localProblems } from "./local_outputs.ts";

/** What the records of an input pass on their way to QRadar: filters, new tags, outputs. */
export function routeFindings(
  config: FluentBitConfig,
  input: Section,
  tag: string,
  expected: Expected,
): Finding[] {
  const all = (kind: Section["kind"]) => config.sections.filter((each) => each.kind === kind);
  const { tags, filters } = follow(all("filter"), tag);
  const takesAny = (each: Section) => tags.some((one) => takes(each, one));
  const outputs = all("output").filter(takesAny);
  if (outputs.length === 0) {
    return [
      {
        rule: "match",
        line: input.line,
        effect: "loses",
        missing: true,
        reason: `no output matches the tag "${tag}": every record is dropped`,
        remedy: `match: ${tag} in the output for QRadar`,
      },
    ];
  }
  return [
    ...filters.flatMap((each) => filterFindings(each, tag)),
    ...localFindings(outputs, tag),
    ...outputs.flatMap((each) => outputFindings(each, input, filters.length > 0, expected)),
  ];
}

function localFindings(outputs: readonly Section[], tag: string): Finding[] {
  const reached = outputs.map((at) => ({ at, name: nameOf(at), kind: nameOf(at) }));
  return localProblems(reached, LOCAL).map(({ at, effect, reason }) => {
    const { line } = at.get("match") ?? at.get("match_regex") ?? at;
    const remedy =
      effect === "loses"
        ? `match: ${tag} in the output for QRadar`
        : `give it a match that leaves out "${tag}", or remove it`;
    return { rule: "output", line, effect, reason, remedy };
  });
}

/** The tags that records get, and the filters that they pass. rewrite_tag sends a copy, or the record, on its way anew. */
function follow(
  filters: readonly Section[],
  tag: string,
): { readonly tags: readonly string[]; readonly filters: readonly Section[] } {
  const tags = [tag];
  const passed = new Set<Section>();
  for (const each of tags) {
    for (const filter of filters.filter((one) => takes(one, each))) {
      passed.add(filter);
      // `rule: $KEY REGEX NEW_TAG KEEP`; a tag with a variable is not known here.
      const made = filter.get("rule")?.value.trim().split(/\s+/).at(-2);
      const isNew = made !== undefined && !made.includes("$") && !tags.includes(made);
      if (nameOf(filter) === "rewrite_tag" && isNew) tags.push(made);
    }
  }
  return { tags, filters: [...passed] };
}

function filterFindings(filter: Section, tag: string): Finding[] {
  const name = nameOf(filter);
  if (name === "throttle" || name === "throttle_size" || name === "sampling") {
    return [
      {
        rule: "filter",
        line: filter.get("name")?.line ?? filter.line,
        effect: "loses",
        reason: `the filter "${name}" drops records of the tag "${tag}"`,
        remedy: "give it a match that leaves out this tag",
      },
    ];
  }
  const type = filter.get("emitter_storage.type");
  if (name !== "rewrite_tag" || /filesystem|\$/i.test(type?.value ?? "")) return [];
  return [
    {
      rule: "emitter_storage.type",
      line: type?.line ?? filter.line,
      effect: "loses",
      reason: `emitter_storage.type is ${type === undefined ? "memory by default" : `"${type.value}"`}: what gets the new tag waits in memory, and a kill costs it`,
      remedy: "emitter_storage.type: filesystem",
    },
  ];
}

/** True where the section's `match` or `match_regex` takes the tag. */
function takes(each: Section, tag: string): boolean {
  const regex = each.get("match_regex")?.value;
  if (regex !== undefined) {
    try {
      return new RegExp(regex).test(tag);
    } catch {
      // Onigmo knows more than JavaScript: better one finding too many than one too few.
      return true;
    }
  }
  const match = each.get("match")?.value;
  if (match === undefined) return false;
  const parts = match.split("*").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(tag);
}
