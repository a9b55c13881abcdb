import { describe, expect, it } from "vitest";
import { parseConfig } from "../../plugin/config/parse_config.ts";

const ACCOUNT =
  'accounts: [{ name: acme, api: "2.0", region: global, client_id: id, client_secret: { env: SECRET } }]';

function read(state: string) {
  const text = `${ACCOUNT}\nstate: ${state}\n`;
  return parseConfig(text, {}, { fileName: "config.yaml", mode: 0o600 }).state;
}

describe("state", () => {
  it("is none by default, and has defaults", () => {
    expect(parseConfig(ACCOUNT, {}, { fileName: "config.yaml", mode: 0o600 }).state).toBeNull();
    expect(read('{ store: etcd, endpoints: ["https://etcd-1:2379/"] }')).toEqual({
      endpoints: ["https://etcd-1:2379"],
      prefix: "/mimecast-input",
      caFile: null,
      certFile: null,
      keyFile: null,
      user: null,
      leaseMs: 15_000,
      worker: null,
      weight: 1,
    });
  });

  it("has a user and a certificate", () => {
    const state = read(
      '{ store: etcd, endpoints: ["http://127.0.0.1:2379"], username: me, password: { env: P }, cert_file: /c, key_file: /k }',
    );
    expect(state).toMatchObject({
      user: { name: "me", password: { env: "P" } },
      certFile: "/c",
      keyFile: "/k",
    });
  });

  it.each([
    ['{ store: redis, endpoints: ["https://e:1"] }', '"state.store" must be one of "etcd"'],
    ["{ store: etcd, endpoints: [] }", '"state.endpoints"'],
    ['{ store: etcd, endpoints: ["etcd-1:2379"] }', '"state.endpoints[0]" must be a URL'],
    ['{ store: etcd, endpoints: ["http://etcd-1:2379"] }', '"state.endpoints[0]" must be https'],
    ['{ store: etcd, endpoints: ["https://e:1/v3"] }', "must be a host and a port only"],
    [
      '{ store: etcd, endpoints: ["https://e:1"], username: me }',
      '"state.username" needs "password"',
    ],
    [
      '{ store: etcd, endpoints: ["https://e:1"], password: { env: P } }',
      '"state.password" needs "username"',
    ],
    [
      '{ store: etcd, endpoints: ["https://e:1"], key_file: /k }',
      '"state.key_file" needs "cert_file"',
    ],
    ['{ store: etcd, endpoints: ["https://e:1"], prefix: fleet }', '"state.prefix" must be a path'],
    ['{ store: etcd, endpoints: ["https://e:1"], worker: "a/b" }', '"state.worker" must be'],
    ['{ store: etcd, endpoints: ["https://e:1"], lease_secs: 1 }', '"state.lease_secs"'],
  ])("refuses %s", (state, problem) => {
    let said = "";
    try {
      read(state);
    } catch (error) {
      said = (error as { problems: string[] }).problems.join("\n");
    }
    expect(said).toContain(problem);
  });

  it("quotes no password of an address", () => {
    const state = '{ store: etcd, endpoints: ["https://user:hidden-word@etcd-1:2379"] }';
    try {
      read(state);
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain("hidden-word");
      expect(String(error)).toContain("use state.username and state.password");
    }
  });

  it("takes http to another machine where that is allowed", () => {
    const state = read('{ store: etcd, endpoints: ["http://etcd-1:2379"], insecure: true }');
    expect(state?.endpoints).toEqual(["http://etcd-1:2379"]);
  });
});
