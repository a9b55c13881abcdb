import { describe, expect, it } from "vitest";
import type { CheckResult } from "../../../plugin/commands/check/result.ts";
import type { Answers } from "../../../plugin/commands/setup/answers.ts";
import { refuseUnwritable } from "../../../plugin/commands/setup/folders.ts";
import { askNextStep, likelyWay } from "../../../plugin/commands/setup/next_step.ts";
import type { SetupFiles } from "../../../plugin/commands/setup/setup_files.ts";
import { ownerNotes, secretNotes } from "../../../plugin/commands/setup/setup_notes.ts";
import { ConfigError } from "../../../plugin/errors.ts";
import type { Asker } from "../../../plugin/host/asker.ts";

function result(outcome: CheckResult["outcome"], exit: number): CheckResult {
  return { scope: "a", check: "feed", outcome, text: "", remedy: null, exit };
}

describe("likelyWay()", () => {
  it.each([
    ["again", [result("fail", 75)]],
    ["keys", [result("fail", 77)]],
    ["sources", [result("ok", 0), result("fail", 77)]],
    ["sources", [result("fail", 77), result("fail", 77)]],
  ] as const)("%s", (way, checks) => {
    expect(likelyWay(checks)).toBe(way);
  });
});

const ANSWERS: Answers = {
  name: "acme",
  api: "2.0",
  location: { region: "uk" },
  keys: { client_id: { text: "x", env: null } },
  sources: null,
  store: "sealed",
  shipper: "vector",
};

describe("askNextStep()", () => {
  it.each([
    ["keys", ["keys"]],
    ["location", ["location"]],
    ["sources", ["sources"]],
    ["again", []],
  ])("%s: forgets %j only", async (way, forgotten) => {
    const asker = { choose: async () => way } as unknown as Asker;
    const next = await askNextStep(asker, ANSWERS, []);
    const known = "ask" in next ? Object.keys(next.ask) : [];
    expect(Object.keys(ANSWERS).filter((key) => !known.includes(key))).toEqual(forgotten);
  });
});

describe("refuseUnwritable()", () => {
  const user = { name: "jane", uid: 1000 };
  const files = (usable: readonly string[]) =>
    ({ isUsable: async (folder: string) => usable.includes(folder) }) as SetupFiles;

  it("names the user and the commands for root, for both folders", async () => {
    const refused = refuseUnwritable("/etc/m/config.yaml", "/var/lib/m", user, files([]));
    const error = await refused.catch((caught) => caught);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain('the user jane may not write in "/etc/m"');
    expect(error.hint).toContain('install -d -m 0700 -o jane -g "$(id -gn jane)" /etc/m');
    expect(error.hint).toContain("/var/lib/m");
  });

  it("says nothing where the folder can be used", async () => {
    await refuseUnwritable("/etc/m/config.yaml", "/var/lib/m", user, files(["/etc/m"]));
  });
});

describe("notes", () => {
  it("the user of the package, where setup ran as another one", () => {
    const root = { name: "root", uid: 0 };
    expect(ownerNotes("vector", "/etc/m", "/var/lib/m", root)[1]).toContain(
      "chown -R vector: /etc/m /var/lib/m",
    );
    expect(ownerNotes("syslog-ng", "/etc/m", "/var/lib/m", root)).toEqual([]);
    expect(ownerNotes(null, "/etc/m", "/var/lib/m", root)).toEqual([]);
  });

  it("the folder of credentials is made before systemd-creds writes into it", () => {
    const entry = { name: "a", api: "2.0", client_secret: { credential: "a.client_secret" } };
    const [, first, second] = secretNotes(entry);
    expect(first).toContain("mkdir -p -m 0700 /etc/credstore.encrypted");
    expect(second).toContain("systemd-creds encrypt");
  });
});
