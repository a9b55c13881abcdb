import { constants, createPrivateKey, X509Certificate } from "node:crypto";
import { getBuiltinModule } from "node:process";
import { ConfigError } from "../errors.ts";

/** The options of every TLS connection of the program. */
export interface TlsOptions {
  readonly rejectUnauthorized: true;
  readonly minVersion: "TLSv1.2";
  readonly ciphers: string;
  readonly ca?: string[];
}

/**
 * The options of a TLS connection that trusts the system's certificates and those of `caPem`. It sets every option, because
 * Node takes a missing one from the environment (NODE_TLS_REJECT_UNAUTHORIZED, NODE_OPTIONS). Throws a `ConfigError`.
 */
export function tlsOptions(caPem: string | null = null): TlsOptions {
  return {
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
    // Node's own list, whatever --tls-cipher-list says.
    ciphers: constants.defaultCoreCipherList,
    ...trusted(caPem),
  };
}

function trusted(caPem: string | null): { ca?: string[] } {
  if (caPem === null) return {};
  try {
    new X509Certificate(caPem);
  } catch (cause) {
    throw new ConfigError("Cannot use the CA file: it holds no PEM certificate", {
      code: "ca",
      hint: "Give the issuing certificate as text that starts with -----BEGIN CERTIFICATE-----",
      cause,
    });
  }
  // A run that asks nothing needs no TLS.
  const tls = getBuiltinModule("node:tls");
  // tls.getCACertificates came with Node 22.15: it knows NODE_EXTRA_CA_CERTS, rootCertificates does not.
  const known = tls.getCACertificates?.("default") ?? tls.rootCertificates;
  return { ca: [...known, caPem] };
}

/** Our own certificate and its key, as PEM texts, for a server that asks for one (mTLS). */
export interface ClientCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

/** The options with which we present `client`. Throws a `ConfigError` where the two don't fit. */
export function presentedOptions(client: ClientCertificate | null = null): {
  cert?: string;
  key?: string;
} {
  if (client === null) return {};
  const { certPem, keyPem } = client;
  const refused = (why: string, cause?: unknown) =>
    new ConfigError(`Cannot use the client certificate: ${why}`, {
      code: "client_cert",
      hint: "Give the certificate and its unencrypted private key, both as PEM files",
      cause,
    });
  let isPair: boolean;
  try {
    isPair = new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem));
  } catch (cause) {
    throw refused("certificate or key is not PEM", cause);
  }
  if (!isPair) throw refused("the key belongs to another certificate");
  return { cert: certPem, key: keyPem };
}
