import { createFetch } from "../client/undici_fetch.ts";
import type { Log } from "../effects.ts";
import type { Host } from "./host.ts";
import { nodeEffects } from "./node.ts";
import { readPem } from "./operator_files.ts";
import { secretsRoom, type Vault } from "./vault.ts";

/** The connections to Mimecast, the shipper, etcd and the console. `log` gives the current log. */
export function connections(
  vault: Vault,
  log: () => Log,
): Pick<
  Host,
  "effects" | "etcd" | "network" | "shipperHttp" | "qradar" | "credentials" | "sealKey"
> {
  const { network, credentials, sealKey } = vault;
  return {
    network,
    credentials,
    sealKey,
    async effects(config) {
      if (config === null) return nodeEffects(createFetch({ env: process.env }), log());
      const { connectTimeoutMs } = config.network;
      const { proxy, caPem } = await network(config);
      return nodeEffects(createFetch({ connectTimeoutMs, env: process.env, proxy, caPem }), log());
    },
    async shipperHttp(http, config) {
      const { connectTimeoutMs } = config.network;
      const { openShipperHttp } = await import("../deliver/shipper_http.ts");
      const opened = await openShipperHttp(
        http,
        connectTimeoutMs,
        await vault.sources(config),
        readPem,
      );
      vault.add(opened.secrets);
      return opened;
    },
    async etcd({ user, caFile, certFile, keyFile, leaseMs }, config) {
      const pem = async (path: string | null, key: string) =>
        path === null ? null : await readPem(path, `state.${key}`);
      const caPem = await pem(caFile, "ca_file");
      const certPem = await pem(certFile, "cert_file");
      const keyPem = await pem(keyFile, "key_file");
      const fetch = createFetch({
        connectTimeoutMs: Math.min(config.network.connectTimeoutMs, leaseMs / 6),
        env: {},
        caPem,
        client: certPem === null || keyPem === null ? null : { certPem, keyPem },
      });
      if (user === null) return { fetch, user };
      const { resolveSecret } = await secretsRoom();
      const from = await vault.sources(config);
      const password = await resolveSecret(user.password, "state.password", from);
      vault.add([password]);
      return { fetch, user: { name: user.name, password } };
    },
    async qradar({ origin, token: ref, caFile, proxy: proxyRef }, config) {
      const { proxySecrets, resolveProxyUrl, resolveSecret } = await secretsRoom();
      const from = await vault.sources(config);
      const token = await resolveSecret(ref, "qradar.token", from);
      const proxy =
        proxyRef === null ? null : await resolveProxyUrl(proxyRef, "qradar.proxy", from);
      vault.add([token, ...(proxy === null ? [] : proxySecrets(proxy))]);
      const caPem = caFile === null ? null : await readPem(caFile, "qradar.ca_file");
      const { connectTimeoutMs } = config.network;
      const fetch = createFetch({ connectTimeoutMs, env: {}, proxy, caPem });
      return { origin, token, fetch };
    },
  };
}
