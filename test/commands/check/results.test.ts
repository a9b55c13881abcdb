import { describe, expect, it } from "vitest";
import type { Reach } from "../../../plugin/client/probe/reach.ts";
import { headerResults } from "../../../plugin/commands/check/account.ts";
import { callResults, callsAnHour } from "../../../plugin/commands/check/calls.ts";
import { networkResults } from "../../../plugin/commands/check/network.ts";
import { checkCode, reporter } from "../../../plugin/commands/check/result.ts";
import {
  configModeResult,
  handoverResult,
  lockHolder,
  stateResults,
} from "../../../plugin/commands/check/state_directory.ts";
import type { PathFacts } from "../../../plugin/disk/path_facts.ts";
import { AuthError, ConfigError, EXIT, NetworkError } from "../../../plugin/errors.ts";
import { sourcesFor } from "../../../plugin/sources/registry.ts";
import { shipper } from "../../support/delivery_values.ts";

const report = reporter("acme");
const NOW = Date.UTC(2026, 2, 8, 12);
const GIB = 1024 ** 3;

describe("headerResults()", () => {
  const at = (skewMs: number, api: "1.0" | "2.0") => {
    const headers = { date: new Date(NOW - skewMs).toUTCString() };
    return headerResults(report, api, { atMs: NOW, headers })[0];
  };

  it.each([
    [0, "2.0", "ok", 0],
    [29_000, "1.0", "ok", 0],
    [-120_000, "1.0", "warn", EXIT.partial],
    [600_000, "1.0", "fail", EXIT.auth],
    [600_000, "2.0", "fail", EXIT.partial],
  ] as const)("a clock that is %i ms ahead under API %s: %s", (skewMs, api, outcome, exit) => {
    expect(at(skewMs, api)).toMatchObject({ check: "clock", outcome, exit });
  });

  it("says on which side the clock is", () => {
    expect(at(600_000, "1.0")?.text).toBe("this host's clock is 600 s ahead of Mimecast's");
    expect(at(-600_000, "1.0")?.text).toContain("600 s behind");
  });

  it.each([
    ["799", "800", "ok", "799 of 800 calls are left"],
    ["0", "800", "warn", "0 of 800 calls are left"],
    [undefined, undefined, "ok", "state no limit"],
    ["x", "800", "ok", "state no limit"],
  ] as const)("a quota of %s in %s: %s", (left, limit, outcome, text) => {
    const headers = {
      ...(left === undefined ? {} : { "x-ratelimit-remaining": left }),
      ...(limit === undefined ? {} : { "x-ratelimit-limit": limit }),
    };
    const [, quota] = headerResults(report, "1.0", { atMs: NOW, headers });
    expect(quota).toMatchObject({ outcome });
    expect(quota?.text).toContain(text);
  });
});

describe("callsAnHour()", () => {
  it("counts streams times rounds, by the kind that is limited", () => {
    const source = { start: { secs: 0 }, overlapMs: 0 };
    const sources = [
      { ...source, name: "siem", intervalMs: 900_000 },
      { ...source, name: "audit", intervalMs: 300_000 },
    ];
    const calls = callsAnHour({ sources } as never, sourcesFor("2.0"));
    expect(calls).toEqual({ batch: 40, stream: 0, other: 12 });
    const limits = { batch: { calls: 50, perMs: 900_000 } };
    expect(callResults(report, calls, limits).map(({ outcome }) => outcome)).toEqual(["ok", "ok"]);
    const tight = { batch: { calls: 5, perMs: 900_000 } };
    expect(callResults(report, calls, tight)[0]).toMatchObject({
      outcome: "warn",
      text: "at least 40 calls an hour of 20 (limit 5 in 15 minutes)",
    });
  });
});

describe("networkResults()", () => {
  const url = new URL("https://uk-api.services.mimecast.com");
  const step = <T>(value: T) => ({ value, ms: 3 });
  const certificate = { issuer: "Corp CA", subject: "x", validTo: "y", protocol: "TLSv1.3" };
  const reached = (refused: string | null): Reach => ({
    dns: step(["192.0.2.1"]),
    tcp: step("192.0.2.1 port 443"),
    proxy: null,
    tls: step({ ...certificate, refused }),
  });

  it("names issuer and remedy where a proxy inspects TLS", () => {
    const results = networkResults(
      report,
      { url, proxy: null },
      reached("SELF_SIGNED_CERT_IN_CHAIN"),
    );
    const tls = results.at(-1);
    expect(tls).toMatchObject({ check: "tls", outcome: "fail", exit: EXIT.temporary });
    expect(tls?.text).toContain('issued by "Corp CA"');
    expect(tls?.remedy).toContain("network.ca_file");
  });

  it("names the proxy without its password", () => {
    const proxy = new URL("http://user:geheim@proxy.test:3128");
    const results = networkResults(
      report,
      { url, proxy },
      { ...reached(null), proxy: step("proxy.test:3128") },
    );
    expect(results.map(({ check }) => check)).toEqual(["proxy", "dns", "tcp", "connect", "tls"]);
    expect(JSON.stringify(results)).not.toContain("geheim");
  });
});

describe("stateResults()", () => {
  const facts: PathFacts = {
    mode: 0o700,
    distrusted: null,
    inode: 1,
    writable: true,
    freeBytes: 5 * GIB,
  };
  const outcomes = (values: Partial<PathFacts>) =>
    stateResults(report, "/s", { ...facts, ...values }, null).map(({ outcome }) => outcome);

  it.each([
    [{}, ["ok", "ok"]],
    [{ writable: false }, ["fail", "ok"]],
    [{ mode: 0o755 }, ["ok", "warn", "ok"]],
    [{ mode: 0o777, distrusted: "can be written by every user" }, ["ok", "fail", "ok"]],
    [{ freeBytes: 100 * 1024 ** 2 }, ["ok", "warn"]],
    [{ freeBytes: 1024 ** 2 }, ["ok", "fail"]],
  ] as const)("%j: %j", (values, expected) => {
    expect(outcomes(values)).toEqual(expected);
  });

  it("a missing folder is made by the first poll, if its parent lets it", () => {
    expect(stateResults(report, "/s", null, facts)[0]?.outcome).toBe("note");
    const closed = { ...facts, writable: false };
    expect(stateResults(report, "/s", null, closed)[0]).toMatchObject({
      outcome: "fail",
      exit: EXIT.state,
    });
  });
});

describe("configModeResult()", () => {
  it.each([
    [0o600, "ok"],
    [0o644, "ok"],
    [0o664, "warn"],
    [0o646, "warn"],
    [null, "note"],
  ] as const)("mode %s: %s", (mode, outcome) => {
    expect(configModeResult(report, "/c", mode).outcome).toBe(outcome);
  });
});

describe("handoverResult()", () => {
  it("knows certain and uncertain shippers", () => {
    expect(handoverResult(report, "shipper", shipper(7)).outcome).toBe("ok");
    expect(handoverResult(report, "shipper", shipper(7, { start: "" })).outcome).toBe("warn");
    expect(handoverResult(report, "drained", shipper(7)).outcome).toBe("note");
    expect(handoverResult(report, "http", shipper(7, { start: "" })).outcome).toBe("ok");
  });
});

describe("lockHolder()", () => {
  const text = `1: POSIX  ADVISORY  READ  100 08:01:42 128 128
2: POSIX  ADVISORY  WRITE 812 08:01:42 1073741825 1073741825
3: FLOCK  ADVISORY  WRITE -1 08:01:43 0 EOF
`;
  it.each([
    [42, 812],
    [43, null],
    [44, null],
  ])("inode %i: %s", (inode, pid) => {
    expect(lockHolder(text, inode)).toBe(pid);
  });
});

describe("checkCode()", () => {
  const error = (one: Error) => report.error("x", one);
  it("takes configuration before state, credentials, network and warnings", () => {
    const network = error(new NetworkError("m", { code: "c" }));
    const auth = error(new AuthError("m", { code: "c" }));
    const config = error(new ConfigError("m", { code: "c" }));
    const warn = report.warn("x", "t", "r");
    expect(checkCode([])).toBe(0);
    expect(checkCode([report.ok("x", "t"), report.note("x", "t")])).toBe(0);
    expect(checkCode([warn])).toBe(EXIT.partial);
    expect(checkCode([warn, network])).toBe(EXIT.temporary);
    expect(checkCode([network, auth])).toBe(EXIT.auth);
    expect(checkCode([auth, config, warn])).toBe(EXIT.config);
  });

  it("does not hide a defect", () => {
    expect(() => error(new TypeError("defect"))).toThrow("defect");
  });
});
