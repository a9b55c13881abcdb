import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  proxySecrets,
  type ReadSecretFile,
  readSealKey,
  resolveCredentials,
  resolveProxy,
  resolveSecret,
  type SecretSources,
} from "../../../plugin/config/secrets/resolve.ts";
import { formatSealKey, sealText } from "../../../plugin/config/secrets/sealed.ts";
import { Secret } from "../../../plugin/config/secrets/secret.ts";
import { ConfigError } from "../../../plugin/errors.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);

type FakeFiles = Record<string, { text: string; mode: number | null }>;

function filesOf(files: FakeFiles): ReadSecretFile {
  return async (path) => {
    const file = files[path];
    if (file === undefined) {
      throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    }
    return file;
  };
}

function sources(given: Partial<SecretSources> & { files?: FakeFiles } = {}): SecretSources {
  return { env: {}, readFile: filesOf(given.files ?? {}), sealKey: null, ...given };
}

async function refused(promise: Promise<unknown>): Promise<ConfigError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return error as ConfigError;
}

describe("resolveSecret()", () => {
  test("takes plain text as it is", async () => {
    expect(await resolveSecret({ plain: new Secret(" x ") }, "w", sources())).toBe(" x ");
  });

  test("takes an environment variable", async () => {
    const env = { A: "from env", EMPTY: "" };
    expect(await resolveSecret({ env: "A" }, "w", sources({ env }))).toBe("from env");
    const missing = await refused(resolveSecret({ env: "B" }, "client_secret", sources({ env })));
    expect(missing.message).toBe(
      'Cannot read the secret client_secret: the environment variable "B" is not set',
    );
    const empty = await refused(resolveSecret({ env: "EMPTY" }, "w", sources({ env })));
    expect(empty).toMatchObject({ code: "secret_empty" });
  });

  test.each([
    ["x", "x"],
    ["x\n", "x"],
    ["x\r\n", "x"],
    [" x \n", " x "],
  ])("takes a file's %j as %j", async (text, secret) => {
    const files = { "/s": { text, mode: 0o400 } };
    expect(await resolveSecret({ file: "/s" }, "w", sources({ files }))).toBe(secret);
  });

  test("takes away one line feed at the end, no more", async () => {
    const files = { "/s": { text: "x\n\n", mode: 0o400 } };
    const error = await refused(resolveSecret({ file: "/s" }, "w", sources({ files })));
    expect(error).toMatchObject({ code: "secret_control" });
  });

  test.each([
    [0o644, false],
    [0o604, false],
    [0o602, false],
    [0o640, true],
    [0o600, true],
    [0o400, true],
    [null, true],
  ])("with a file of mode %o: %s", async (mode, accepted) => {
    const files = { "/run/my secret": { text: "correct-horse", mode } };
    const result = resolveSecret({ file: "/run/my secret" }, "w", sources({ files }));
    if (accepted) {
      expect(await result).toBe("correct-horse");
      return;
    }
    const error = await refused(result);
    expect(error.code).toBe("secret_mode");
    expect(error.hint).toBe("Run: chmod o= '/run/my secret'");
    expect(error.message).not.toContain("correct-horse");
  });

  test("says why a file can't be read", async () => {
    const error = await refused(resolveSecret({ file: "/s" }, "app_key", sources()));
    expect(error.message).toBe(
      'Cannot read the secret app_key: "/s" can\'t be read: it does not exist',
    );
    for (const reason of [new Error("QXSECRETXQ"), "QXSECRETXQ", null, { code: 5 }]) {
      const readFile = () => Promise.reject(reason);
      const odd = await refused(resolveSecret({ file: "/s" }, "app_key", sources({ readFile })));
      expect(odd.message).toBe('Cannot read the secret app_key: "/s" can\'t be read');
    }
  });

  test("finds a systemd credential in its folder, whatever its mode", async () => {
    const files = { "/run/credentials/u/mc": { text: "x\n", mode: 0o444 } };
    const env = { CREDENTIALS_DIRECTORY: "/run/credentials/u" };
    expect(await resolveSecret({ credential: "mc" }, "w", sources({ env, files }))).toBe("x");
    const error = await refused(resolveSecret({ credential: "mc" }, "w", sources({ files })));
    expect(error).toMatchObject({ code: "secret_credential" });
    expect(error.hint).toContain("LoadCredential=");
  });

  test("opens a sealed text with the key only", async () => {
    const sealed = await sealText("correct-horse", KEY);
    expect(await resolveSecret({ sealed }, "w", sources({ sealKey: KEY }))).toBe("correct-horse");
    const none = await refused(resolveSecret({ sealed }, "w", sources()));
    expect(none.message).toContain("no seal_key is configured");
    const wrong = await refused(
      resolveSecret({ sealed }, "app_key", sources({ sealKey: KEY.toReversed() })),
    );
    expect(wrong.message).toBe(
      "Cannot read the secret app_key: it can't be opened: it was sealed with another key, or was changed",
    );
    expect(wrong.cause).toBeUndefined();
  });

  test.each(["a\nb", "a\rb", "a\0b", "\u007f", "\tx"])("refuses %j", async (text) => {
    const error = await refused(resolveSecret({ plain: new Secret(text) }, "w", sources()));
    expect(error).toMatchObject({ code: "secret_control" });
  });

  test("never shows a secret that it refuses", async () => {
    const form = fc.constantFrom("plain", "env", "file", "credential");
    await fc.assert(
      fc.asyncProperty(
        form,
        fc.string(),
        fc.constantFrom("\n", "\0", "\r"),
        async (kind, end, bad) => {
          const text = `QXSECRETXQ${bad}${end}`;
          const files = { "/s": { text, mode: 0o644 }, "/c/n": { text: `${text}z`, mode: 0o400 } };
          const env = { A: text, CREDENTIALS_DIRECTORY: "/c" };
          const refs = {
            plain: { plain: new Secret(text) },
            env: { env: "A" },
            file: { file: "/s" },
            credential: { credential: "n" },
          };
          const error = await refused(resolveSecret(refs[kind], "w", sources({ env, files })));
          const shown = [error.message, error.hint, error.stack, String(error.cause)].join("\n");
          expect(shown).not.toContain("QXSECRETXQ");
        },
      ),
    );
  });
});

describe("resolveCredentials()", () => {
  test("gives what the client of each generation needs", async () => {
    const env = { A: "a", B: "b", C: "c", D: "d" };
    const v1 = {
      name: "old",
      credentials: {
        api: "1.0",
        appId: { env: "A" },
        appKey: { env: "B" },
        accessKey: { env: "C" },
        secretKey: { env: "D" },
      },
    } as const;
    expect(await resolveCredentials(v1, sources({ env }))).toEqual({
      api: "1.0",
      appId: "a",
      appKey: "b",
      accessKey: "c",
      secretKey: "d",
    });
    const v2 = {
      name: "new",
      credentials: { api: "2.0", clientId: { env: "A" }, clientSecret: { env: "B" } },
    } as const;
    expect(await resolveCredentials(v2, sources({ env }))).toEqual({
      api: "2.0",
      clientId: "a",
      clientSecret: "b",
    });
    const error = await refused(resolveCredentials(v2, sources({ env: { A: "a" } })));
    expect(error.message).toContain('client_secret of account "new"');
  });
});

describe("resolveProxy()", () => {
  const network = (proxy: SecretRefOrNull) => ({
    network: { proxy, caFile: null, connectTimeoutMs: 1, timeoutMs: 1 },
  });
  type SecretRefOrNull = { env: string } | null;

  test("leaves it to the environment where none is configured", async () => {
    expect(await resolveProxy(network(null), sources())).toBeNull();
  });

  test("takes a URL and refuses everything else without showing it", async () => {
    const env = { P: "http://me:pw@proxy.example.com:3128", X: "socks5://me:QXSECRETXQ@host" };
    expect(await resolveProxy(network({ env: "P" }), sources({ env }))).toBe(env.P);
    const error = await refused(resolveProxy(network({ env: "X" }), sources({ env })));
    expect(error.message).toBe(
      "Cannot read the secret network.proxy: it is not an http or https URL",
    );
  });
});

describe("proxySecrets()", () => {
  test.each([
    ["http://proxy.example.com:3128", []],
    ["http://me@proxy.example.com:3128", []],
    ["http://me:a%2Fb@proxy:1", ["http://me:a%2Fb@proxy:1", "a%2Fb", "a/b"]],
    ["http://me:50%@proxy:1", ["http://me:50%@proxy:1", "50%"]],
  ])("of %s", (url, secrets) => {
    expect(proxySecrets(url)).toEqual(secrets);
  });
});

describe("readSealKey()", () => {
  test("reads a key from a file or the environment", async () => {
    const text = formatSealKey(KEY);
    const files = { "/k": { text: `${text}\n`, mode: 0o600 } };
    expect(await readSealKey({ file: "/k" }, sources({ files }))).toEqual(KEY);
    expect(await readSealKey({ env: "K" }, sources({ env: { K: text } }))).toEqual(KEY);
    expect(await readSealKey(null, sources())).toBeNull();
  });

  test("refuses a key of another size, and a file that all can read", async () => {
    const short = await refused(readSealKey({ env: "K" }, sources({ env: { K: "QXSECRETXQ" } })));
    expect(short.message).toBe("Cannot read the secret seal_key: it must be 32 bytes as base64url");
    expect(short.hint).toContain("seal --new-key");
    const files = { "/k": { text: formatSealKey(KEY), mode: 0o644 } };
    const open = await refused(readSealKey({ file: "/k" }, sources({ files })));
    expect(open).toMatchObject({ code: "secret_mode" });
  });
});
