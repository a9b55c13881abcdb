import { describe, expect, test } from "vitest";
import { TYPE_TITLE } from "../../../plugin/commands/qradar/content_names.ts";
import {
  contentPlan,
  type ExtensionRow,
  isBusy,
} from "../../../plugin/commands/qradar/content_plan.ts";

function rows(...states: readonly (readonly [version: string, status: string])[]): ExtensionRow[] {
  const others = {
    id: 1,
    name: "QRadar Deployment Intelligence",
    version: "9.9.9",
    status: "INSTALLED",
  };
  const ours = states.map(([version, status], at) => ({
    id: 50 + at,
    name: TYPE_TITLE,
    version,
    status,
  }));
  return [others, ...ours];
}

describe("contentPlan()", () => {
  test.each([
    ["nothing of ours", [], "install", null, null],
    ["an older version", [["0.9.0", "INSTALLED"]], "update", "0.9.0", null],
    ["the same", [["0.10.0", "INSTALLED"]], "unchanged", "0.10.0", 50],
    ["the same with errors", [["0.10.0", "INSTALLED_WITH_ERROR"]], "update", "0.10.0", 50],
    ["uploaded, and never installed", [["0.10.0", "NOT_INSTALLED"]], "install", null, 50],
    ["an installation that failed", [["0.10.0", "INSTALL_FAILED"]], "install", null, 50],
    ["uninstalled", [["0.10.0", "UNINSTALLED"]], "install", null, null],
    [
      "an older one beside it",
      [
        ["0.9.0", "INSTALLED"],
        ["0.10.0", "INSTALLED"],
      ],
      "unchanged",
      "0.10.0",
      51,
    ],
    [
      "a later one, uninstalled",
      [
        ["0.11.0", "UNINSTALLED"],
        ["0.9.0", "INSTALLED"],
      ],
      "update",
      "0.9.0",
      null,
    ],
  ] as const)("%s", (_name, states, action, was, id) => {
    const plan = contentPlan(rows(...(states as readonly [string, string][])), "0.10.0");
    expect(plan).toEqual({ action, was, version: "0.10.0", id });
  });

  test("refuses to go back", () => {
    expect(() => contentPlan(rows(["0.10.0", "INSTALLED"]), "0.9.1")).toThrow('"0.10.0"');
  });
});

test("isBusy() looks at our extensions only", () => {
  expect(isBusy(rows(["0.1.0", "INSTALLING"]))).toBe(true);
  expect(isBusy([{ id: 1, name: "Other", version: "1", status: "INSTALLING" }])).toBe(false);
});
