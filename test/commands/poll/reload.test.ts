import { describe, expect, it } from "vitest";
import type { Loaded } from "../../../plugin/commands/poll/loaded.ts";
import { isDue, takeover } from "../../../plugin/commands/poll/reload.ts";
import { parseConfig } from "../../../plugin/config/parse_config.ts";
import type { ShipperHttp } from "../../../plugin/deliver/shipper_http.ts";

describe("isDue()", () => {
  it.each([
    ["nothing has changed", { read: "a", seen: "a" }, "a", false, false],
    ["it has just changed: an editor may still write", { read: "a", seen: "a" }, "b", false, false],
    ["it changes again", { read: "a", seen: "b" }, "c", false, false],
    ["it has changed, and rests", { read: "a", seen: "b" }, "b", false, true],
    ["it was changed and changed back", { read: "a", seen: "b" }, "a", false, false],
    ["somebody asks", { read: "a", seen: "a" }, "a", true, true],
    ["somebody asks while it changes", { read: "a", seen: "a" }, "b", true, true],
    ["it changed before the first look, and rests", { read: "a", seen: "" }, "b", false, false],
  ])("%s", (_what, looks, now, isAsked, due) => {
    expect(isDue(looks, now, isAsked)).toBe(due);
  });
});

function loaded(
  more = "",
  keys: Record<string, string> = { acme: "1" },
  identity?: string,
): Loaded {
  const text = `accounts: [{ name: acme, api: "2.0", region: uk, client_id: a, client_secret: { env: X } }]\n${more}`;
  const config = parseConfig(text, {}, { fileName: "config.yaml", mode: 0o600 });
  const shipper = identity === undefined ? null : ({ identity } as ShipperHttp);
  const { accounts } = config;
  return {
    config,
    accounts,
    keys: new Map(Object.entries(keys)),
    shipper,
    world: {} as Loaded["world"],
  };
}

describe("takeover()", () => {
  const takenOver = (...parts: Parameters<typeof loaded>) =>
    takeover("config.yaml", loaded(), loaded(...parts));

  it("takes what changes an account, the metrics, the shard, the way to the shipper or what is done beside", () => {
    for (const next of [
      loaded("", { acme: "2" }),
      loaded("", { acme: "1", beta: "1" }),
      loaded("", {}),
      loaded("metrics_file: /run/a.prom"),
      loaded("shard: 1/2"),
      loaded(
        "qradar: { console: https://console.example.com, token: { env: T }, reconcile: { heal: false } }",
      ),
      loaded("", { acme: "1" }, "x"),
    ]) {
      expect(takeover("config.yaml", loaded(), next)).toBe(next);
    }
  });

  it("takes nothing where nothing counts", () => {
    expect(takenOver()).toBeNull();
    const [one, two] = [loaded("", { a: "1", b: "2" }), loaded("", { b: "2", a: "1" })];
    expect(takeover("config.yaml", one, two)).toBeNull();
  });

  it("takes nothing in a fleet, whose workers agree on the accounts when they start", () => {
    const fleet =
      "state: { store: etcd, endpoints: [https://etcd.example.com:2379] }\npoll: { max_concurrency: 4 }\n";
    const [before, same, next] = [loaded(fleet), loaded(fleet), loaded(fleet, { acme: "2" })];
    expect(takeover("config.yaml", before, same)).toBeNull();
    expect(() => takeover("config.yaml", before, next)).toThrow(/the configuration of a fleet/);
  });

  it("refuses as a whole what needs a restart, and names each key", () => {
    expect(() => takenOver("state_dir: /srv/a\nhandover: drained", { acme: "2" })).toThrow(
      expect.objectContaining({
        code: "needs_restart",
        message:
          'Cannot take over config "config.yaml" while running: "state_dir", "handover" can only change by a restart',
      }),
    );
  });
});
