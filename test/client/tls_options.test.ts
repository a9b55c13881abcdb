import * as tls from "node:tls";
import { describe, expect, test } from "vitest";
import { presentedOptions, tlsOptions } from "../../plugin/client/tls_options.ts";
import { ConfigError } from "../../plugin/errors.ts";
import { selfSigned } from "../support/certificates.ts";

const OWN = selfSigned();
const OTHER = selfSigned();

describe("tlsOptions()", () => {
  test("leaves nothing to the environment", () => {
    expect(tlsOptions(undefined)).toMatchObject({
      rejectUnauthorized: true,
      minVersion: "TLSv1.2",
      ciphers: expect.stringContaining("TLS_AES_256_GCM_SHA384"),
    });
    expect(tlsOptions(undefined)).not.toHaveProperty("ca");
  });

  test("trusts a CA besides the known ones", () => {
    expect(tlsOptions(OWN.cert).ca).toEqual([...tls.getCACertificates("default"), OWN.cert]);
  });
});

describe("presentedOptions()", () => {
  test("is nothing without a certificate, and both where they fit", () => {
    expect(presentedOptions(undefined)).toEqual({});
    const { cert, key } = OWN;
    expect(presentedOptions({ certPem: cert, keyPem: key })).toEqual({ cert, key });
  });

  test.each([
    [OWN.cert, OTHER.key, "the key belongs to another certificate"],
    ["text", OWN.key, "certificate or key is not PEM"],
    [OWN.cert, "text", "certificate or key is not PEM"],
  ])("refuses what does not fit", (certPem, keyPem, why) => {
    const present = () => presentedOptions({ certPem, keyPem });
    expect(present).toThrow(ConfigError);
    expect(present).toThrow(`Cannot use the client certificate: ${why}`);
  });
});
