import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFetch } from "../../plugin/client/undici_fetch.ts";
import { createEtcd } from "../../plugin/fleet/etcd.ts";
import { answerError } from "../../plugin/fleet/etcd_error.ts";
import { etcdStore } from "../../plugin/fleet/etcd_store.ts";
import { fleetKeys } from "../../plugin/fleet/keys.ts";
import { certificateAuthority } from "../support/certificates.ts";
import { closersOfEach } from "../support/closers.ts";
import { startCuttingProxy } from "../support/cutting_proxy.ts";
import { at, checkpointOf } from "../support/delivery_values.ts";
import {
  describeEtcd,
  fillEtcd,
  freePort,
  postEtcd,
  startEtcd,
  type TestEtcd,
} from "../support/etcd.ts";

const closers = closersOfEach();
const text = (value: Uint8Array | undefined) => Buffer.from(value ?? []).toString("utf8");

describe("createEtcd(), in front of what is no etcd", () => {
  const over = (answer: unknown, status = 200) =>
    createEtcd({
      endpoints: ["http://127.0.0.1:1"],
      user: { name: "me", password: "pass-of-mine" },
      callMs: 1,
      fetch: async ({ url }) => ({
        status: url.endsWith("authenticate") ? 200 : status,
        headers: {},
        body: (async function* () {
          const value = url.endsWith("authenticate") ? { token: "token-of-mine" } : answer;
          yield Buffer.from(JSON.stringify(value));
        })(),
      }),
    });
  const header = { revision: "7" };
  const none = [
    {},
    { succeeded: true },
    { header, succeeded: true },
    { header: 3, succeeded: true, responses: [{ response_range: {} }] },
    { header, succeeded: true, responses: [null] },
    { header, succeeded: true, responses: [{ response_put: {} }] },
    { header, succeeded: true, responses: [{ response_range: null }] },
    { header, succeeded: true, responses: [{ response_range: { kvs: [null] } }] },
    { header, succeeded: true, responses: [{ response_range: { kvs: "x" } }] },
    { header, succeeded: true, responses: "x" },
  ];

  it.each(none)("a key is not missing because %j does not have it", async (answer) => {
    const refused = { code: "etcd_refused" };
    await expect(over(answer).txn([], [{ get: "/a" }])).rejects.toMatchObject(refused);
    const store = etcdStore(over(answer), fleetKeys("/x"), "acme", null);
    await expect(store.read("acme", "2.0")).rejects.toMatchObject(refused);
  });

  it("takes what etcd answers about a key that is not there", async () => {
    const answer = { header, succeeded: true, responses: [{ response_range: { header } }] };
    expect((await over(answer).txn([], [{ get: "/a" }])).found).toEqual([[]]);
  });

  it.each([{}, { result: 3 }, { result: {} }, { ID: "x" }, { ID: "0" }])(
    "a lease has neither begun nor ended because of %j",
    async (answer) => {
      await expect(over(answer).keepAlive("1")).rejects.toMatchObject({ code: "etcd_refused" });
      await expect(over(answer).grant(5)).rejects.toMatchObject({ code: "etcd_refused" });
    },
  );

  it("reads no answer without an end", async () => {
    const body = (async function* () {
      for (;;) yield Buffer.alloc(8 * 1_048_576);
    })();
    const fetch = async () => ({ status: 200, headers: {}, body });
    const etcd = createEtcd({ endpoints: ["http://127.0.0.1:1"], user: null, callMs: 1, fetch });
    await expect(etcd.grant(5)).rejects.toMatchObject({ code: "etcd_refused" });
  });

  it("shows no secret that comes back in an error", async () => {
    const message = "no: pass-of-mine token-of-mine";
    const error = await over({ message }, 400)
      .grant(5)
      .catch((reason) => reason);
    expect(error.message).toContain("no: ");
    expect(error.message).not.toMatch(/of-mine/);
  });
});

describe("answerError()", () => {
  it.each([
    [503, { code: 14, message: "etcdserver: no leader" }, "etcd_unavailable"],
    [503, { code: 14, message: "etcdserver: leader changed" }, "etcd_unavailable"],
    [504, { code: 4, message: "context deadline exceeded" }, "etcd_unavailable"],
    [408, { code: 1, message: "context canceled" }, "etcd_unavailable"],
    [500, { code: 2, message: "etcdserver: request timed out" }, "etcd_unavailable"],
    [429, { code: 8, message: "etcdserver: too many requests" }, "etcd_unavailable"],
    [
      400,
      { code: 11, message: "etcdserver: mvcc: required revision has been compacted" },
      "etcd_unavailable",
    ],
    [429, { code: 8, message: "etcdserver: mvcc: database space exceeded" }, "etcd_full"],
    [401, { code: 16, message: "etcdserver: invalid auth token" }, "etcd_auth"],
    [403, { code: 7, message: "etcdserver: permission denied" }, "etcd_auth"],
    [400, { code: 3, message: "etcdserver: user name is empty" }, "etcd_auth"],
    [
      400,
      { code: 3, error: "etcdserver: authentication failed, invalid user ID or password" },
      "etcd_auth",
    ],
    [400, { code: 3, message: "etcdserver: request is too large" }, "etcd_too_large"],
    [404, { code: 5, message: "Not Found" }, "etcd_refused"],
  ] as const)("takes %i %o for %s", (status, body, code) => {
    const error = answerError("https://etcd-1:2379", status, JSON.stringify(body));
    expect(error).toMatchObject({ code, message: expect.stringContaining('"etcd-1:2379"') });
    expect(error.hint).not.toBe("");
  });

  it("takes a gateway's page by its status", () => {
    expect(answerError("https://etcd-1", 502, "<html>").code).toBe("etcd_unavailable");
    expect(answerError("https://etcd-1", 404, "<html>").code).toBe("etcd_refused");
    expect(answerError("https://etcd-1", 403, "<html>").code).toBe("etcd_auth");
  });
});

describe("createEtcd()", () => {
  it("says that what answers is no etcd", async () => {
    const server = createServer((_, answer) => answer.end("[]"));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    closers.push(() => new Promise((done) => server.close(done)));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const etcd = createEtcd({
      endpoints: [endpoint],
      fetch: createFetch(),
      user: null,
      callMs: 60_000,
    });
    await expect(etcd.txn([], [{ get: "key" }])).rejects.toMatchObject({ code: "etcd_refused" });
  });
});

describeEtcd("createEtcd(), with etcd", () => {
  let server: TestEtcd;
  beforeAll(async () => {
    server = await startEtcd();
  });
  afterAll(() => server.stop());

  it("writes and finds keys, in any bytes, by name and by their beginning", async () => {
    const etcd = server.client();
    const value = Uint8Array.from({ length: 256 }, (_, index) => index);
    const { revision } = await etcd.txn(
      [],
      [
        { put: "/t/äö/1", value },
        { put: "/t/äö/2", value: "two" },
      ],
    );
    await etcd.txn([], [{ put: "/t/äö", value: "no" }]);
    const { found } = await etcd.txn(
      [],
      [{ list: "/t/äö/" }, { get: "/t/äö/1" }, { get: "/none" }],
    );
    expect(found.map((all) => all.map(({ key }) => key))).toEqual([
      ["/t/äö/1", "/t/äö/2"],
      ["/t/äö/1"],
      [],
    ]);
    expect(found[1]?.[0]).toMatchObject({
      createRevision: revision,
      modRevision: revision,
      lease: "0",
    });
    expect(Uint8Array.from(found[1]?.[0]?.value ?? [])).toEqual(value);
  });

  it("does the one or the other, by the revisions of keys", async () => {
    const etcd = server.client();
    const make = () =>
      etcd.txn(
        [{ key: "/c", target: "create", revision: "0" }],
        [{ put: "/c", value: "1" }],
        [{ get: "/c" }],
      );
    const made = await make();
    expect(made).toMatchObject({ succeeded: true });
    const again = await make();
    expect(again).toMatchObject({ succeeded: false });
    expect(again.found[0]?.[0]?.createRevision).toBe(made.revision);
    const change = (revision: string) =>
      etcd.txn([{ key: "/c", target: "mod", revision }], [{ put: "/c", value: "2" }]);
    expect((await change("1")).succeeded).toBe(false);
    expect((await change(made.revision)).succeeded).toBe(true);
    expect((await change(made.revision)).succeeded).toBe(false);
  });

  it("grants, keeps alive and ends leases, and what is bound to them", async () => {
    const etcd = server.client();
    const lease = await etcd.grant(600);
    expect(await etcd.keepAlive(lease)).toBe(600);
    await etcd.txn([], [{ put: "/leased", value: "1", lease }]);
    await etcd.revoke(lease);
    expect(await etcd.keepAlive(lease)).toBe(0);
    expect((await etcd.txn([], [{ get: "/leased" }])).found).toEqual([[]]);
  });

  it("goes on at another endpoint where one is gone, and with the same one after a restart", async () => {
    const gone = `http://127.0.0.1:${await freePort()}`;
    const etcd = server.client({ endpoints: [gone, server.endpoint] });
    await etcd.txn([], [{ put: "/e", value: "1" }]);
    await expect(etcd.status(gone)).rejects.toMatchObject({ code: "etcd_unavailable" });
    expect(await etcd.status(server.endpoint)).toMatchObject({ isLeader: true, alarms: [] });
    await server.kill();
    await expect(etcd.txn([], [{ get: "/e" }])).rejects.toMatchObject({ code: "etcd_unavailable" });
    await server.start();
    expect(text((await etcd.txn([], [{ get: "/e" }])).found[0]?.[0]?.value)).toBe("1");
  });

  it("gives a member that does not answer so long and no longer", async () => {
    const server = createServer(() => {});
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    closers.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const etcd = createEtcd({
      endpoints: [endpoint],
      fetch: createFetch(),
      user: null,
      callMs: 200,
    });
    await expect(etcd.grant(5)).rejects.toMatchObject({ code: "etcd_unavailable" });
  });

  it("finds out whether a write whose answer was lost has happened", async () => {
    const proxy = await startCuttingProxy(Number(new URL(server.endpoint).port));
    closers.push(() => proxy.close());
    const keys = fleetKeys("/cut");
    const { revision } = await server.client().txn([], [{ put: keys.owner("acme"), value: "me" }]);
    const fence = { key: keys.owner("acme"), target: "create", revision } as const;
    const etcd = server.client({ endpoints: [`http://127.0.0.1:${proxy.port}`] });
    let pauses = 0;
    const store = etcdStore(etcd, keys, "acme", {
      fence,
      pause: async () => {
        if (++pauses === 2) proxy.cut("nothing");
      },
    });
    await store.read("acme", "2.0");
    proxy.cut("answers");
    const first = checkpointOf({ sequence: 1, committed: { audit: at(1) } });
    await store.write(first);
    expect(pauses).toBe(2);
    const own = etcdStore(server.client(), keys, "acme", null);
    expect(await own.read("acme", "2.0")).toEqual(first);
    // Neither request nor answer came through: the write is done once the way is free.
    proxy.cut("all");
    pauses = 0;
    const cut = server.client({ endpoints: [`http://127.0.0.1:${proxy.port}`], callMs: 300 });
    const other = etcdStore(cut, keys, "acme", {
      fence,
      pause: async () => {
        if (++pauses === 2) proxy.cut("nothing");
      },
    });
    proxy.cut("nothing");
    await other.read("acme", "2.0");
    proxy.cut("all");
    const second = checkpointOf({ sequence: 2, committed: { audit: at(2) } });
    await other.write(second);
    expect(await own.read("acme", "2.0")).toEqual(second);
    // The owner has changed while the answer was missing: the write did not happen, and that is known.
    proxy.cut("answers");
    pauses = 0;
    const late = etcdStore(cut, keys, "acme", {
      fence,
      pause: async () => proxy.cut("nothing"),
    });
    proxy.cut("nothing");
    await late.read("acme", "2.0");
    await server.client().txn([], [{ remove: keys.owner("acme") }]);
    await server.client().txn([], [{ put: keys.owner("acme"), value: "another" }]);
    proxy.cut("answers");
    await expect(late.write(checkpointOf({ sequence: 3 }))).rejects.toMatchObject({
      code: "lock_lost",
    });
    expect(await own.read("acme", "2.0")).toEqual(second);
  });
});

describeEtcd("createEtcd(), with an etcd that has no room", () => {
  it("says so, keeps leases alive, and goes on once there is room", async () => {
    const server = await startEtcd(["--quota-backend-bytes", "1000000"]);
    closers.push(() => server.stop());
    const etcd = server.client();
    const lease = await etcd.grant(600);
    const free = await fillEtcd(server);
    const full = { code: "etcd_full", hint: expect.stringContaining("alarm disarm") };
    await expect(etcd.txn([], [{ put: "/full", value: "1" }])).rejects.toMatchObject(full);
    expect(await etcd.keepAlive(lease)).toBe(600);
    expect((await etcd.status(server.endpoint)).alarms.join()).toMatch(/NOSPACE/i);
    await free();
    await etcd.txn([], [{ put: "/full", value: "1" }]);
  });
});

describeEtcd("createEtcd(), with etcd's authentication", () => {
  it("logs in, logs in again once the token is not known any more, and tells wrong passwords and rights", async () => {
    const server = await startEtcd();
    closers.push(() => server.stop());
    const root = { name: "root", password: "root-password" };
    const user = { name: "collector", password: "collector-password" };
    for (const each of [root, user]) await postEtcd(server.endpoint, "/v3/auth/user/add", each);
    for (const name of ["root", "collecting"])
      await postEtcd(server.endpoint, "/v3/auth/role/add", { name });
    const base64 = (key: string) => Buffer.from(key).toString("base64");
    await postEtcd(server.endpoint, "/v3/auth/role/grant", {
      name: "collecting",
      perm: { permType: "READWRITE", key: base64("/ours/"), range_end: base64("/ours0") },
    });
    await postEtcd(server.endpoint, "/v3/auth/user/grant", { user: "root", role: "root" });
    await postEtcd(server.endpoint, "/v3/auth/user/grant", {
      user: "collector",
      role: "collecting",
    });
    await postEtcd(server.endpoint, "/v3/auth/enable", {});
    const auth = { code: "etcd_auth" };
    await expect(server.client().txn([], [{ get: "/ours/1" }])).rejects.toMatchObject(auth);
    const wrong = server.client({ user: { ...user, password: "another" } });
    await expect(wrong.txn([], [{ get: "/ours/1" }])).rejects.toMatchObject(auth);
    const etcd = server.client({ user });
    await etcd.txn([], [{ put: "/ours/1", value: "1" }]);
    await expect(etcd.txn([], [{ put: "/theirs/1", value: "1" }])).rejects.toMatchObject(auth);
    // A member forgets its tokens when it starts.
    await server.restart();
    const lease = await etcd.grant(600);
    await etcd.txn([], [{ put: "/ours/2", value: "2", lease }]);
    expect(await etcd.keepAlive(lease)).toBe(600);
    expect((await etcd.txn([], [{ list: "/ours/" }])).found[0]).toHaveLength(2);
  });
});

describeEtcd("createEtcd(), with TLS", () => {
  it("verifies the server by its CA, and shows our certificate", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mimecast-input-tls-"));
    closers.push(() => rmSync(folder, { recursive: true }));
    const authority = certificateAuthority();
    const [own, client] = [["127.0.0.1", "localhost"], ["collector"]].map((hosts) =>
      authority.issue({ hosts }),
    );
    const file = (name: string, content: string) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const server = await startEtcd(
      [
        ...["--cert-file", file("cert.pem", own!.cert), "--key-file", file("key.pem", own!.key)],
        ...["--trusted-ca-file", file("ca.pem", authority.cert), "--client-cert-auth"],
      ],
      "https",
    );
    closers.push(() => server.stop());
    const caPem = authority.cert;
    const pair = { certPem: client!.cert, keyPem: client!.key };
    const reach = (options: Parameters<typeof createFetch>[0]) =>
      server.client({ fetch: createFetch(options) }).txn([], [{ put: "/tls", value: "1" }]);
    await reach({ caPem, client: pair });
    await expect(reach({ client: pair })).rejects.toMatchObject({ code: "etcd_tls" });
    await expect(
      reach({ caPem: certificateAuthority("Another").cert, client: pair }),
    ).rejects.toMatchObject({ code: "etcd_tls" });
    // The server closes the connection; whether its reason comes through first is chance.
    const bare = { code: expect.stringMatching(/^etcd_(tls|unavailable)$/) };
    await expect(reach({ caPem })).rejects.toMatchObject(bare);
  });
});
