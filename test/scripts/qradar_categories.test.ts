import { describe, expect, test } from "vitest";
import {
  CATEGORY_IDS,
  categoryName,
  defaultBlocks,
  pipeName,
} from "../../scripts/qradar/categories.ts";
import { readMapping } from "../../scripts/qradar/mapping.ts";
import {
  HAVE_EXPORTS,
  lowLevelCategories,
  realExport,
  realExports,
} from "../support/qradar/real_exports.ts";
import { asksForCategory, reachedBy, rulesOf } from "../support/qradar/rules.ts";
import { childrenOf, fieldsOf } from "../support/qradar/xml.ts";

const BLOCK = "BB:CategoryDefinition: ";

test("every category of the table is one of an event, or of the two records of the type itself", () => {
  const used = new Set([...readMapping().events.map(({ category }) => category), 10001, 10009]);
  expect([...CATEGORY_IDS]).toEqual([...used].sort((a, b) => a - b));
  expect(() => categoryName(1)).toThrow("must be a low-level category of the table");
  expect(() => pipeName(1)).toThrow("must have a known event pipe");
});

describe.skipIf(!HAVE_EXPORTS)("beside real consoles", () => {
  test("every category has the name of the list", () => {
    const list = lowLevelCategories();
    for (const id of CATEGORY_IDS)
      expect(`${id} ${categoryName(id)}`).toBe(`${id} ${list.get(id)}`);
  });

  test("every category has the event pipe of the exports' QIDs of its kind", async () => {
    const exports = await realExports();
    const rows = exports.flatMap(({ root }) => childrenOf(root, "qidmap").map(fieldsOf));
    const pipes = new Map<string, Set<string>>();
    for (const { lowlevelcategory, catpipename } of rows) {
      for (const key of [lowlevelcategory!, String(Math.floor(Number(lowlevelcategory) / 1000))]) {
        pipes.set(key, (pipes.get(key) ?? new Set()).add(catpipename!));
      }
    }
    for (const id of CATEGORY_IDS) {
      const real = pipes.get(String(id)) ?? pipes.get(String(Math.floor(id / 1000)));
      // The exports have no QID of an audit category: NeuVector's has (19001, Echo).
      expect([...(real ?? ["Echo"])], `${id}`).toEqual([pipeName(id)]);
    }
  });

  test("every category names the default building blocks that it falls into, and no other", async () => {
    const rules = rulesOf((await realExport("console")).root);
    for (const id of CATEGORY_IDS) {
      const blocks = rules.filter((rule) => rule.buildingBlock && asksForCategory(rule, id));
      expect(blocks.map(({ name }) => name).sort(), `${id}`).toEqual(
        defaultBlocks(id).map((name) => `${BLOCK}${name}`),
      );
    }
  });

  test("no category reaches a default rule that could say something of our events", async () => {
    const rules = rulesOf((await realExport("console")).root);
    for (const id of CATEGORY_IDS) {
      const reached = [...reachedBy(rules, id)].filter(
        ({ buildingBlock, enabled }) => !buildingBlock && enabled,
      );
      // A rule for the events of other log source types can't match ours; the one that loads the blocks answers to nothing.
      const ours = reached.filter(
        ({ name, tests, offense }) =>
          !tests.some(({ kind, negate }) => kind === "DeviceTypeID_Test" && !negate) &&
          (offense || name !== "Load Basic Building Blocks"),
      );
      expect(
        ours.map(({ name }) => name),
        categoryName(id),
      ).toEqual([]);
    }
    const before = [3115, 3116, 6003, 6006, 7006, 18001].map((id) => reachedBy(rules, id).size);
    for (const size of before) expect(size).toBeGreaterThan(2);
  });
});
