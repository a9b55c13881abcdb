import { describe, expect, it } from "vitest";
import { exitCode } from "../../plugin/collect/run.ts";
import {
  ApiError,
  AuthError,
  ConfigError,
  DefectError,
  DeliveryError,
  EXIT,
  ShipperGoneError,
  StateError,
} from "../../plugin/errors.ts";

const api = new ApiError("502", { code: "http_502", status: 502, retryable: true });
const auth = new AuthError("no", { code: "auth_refused" });
const config = new ConfigError("no", { code: "secret_file" });
const defect = new DefectError("no", { code: "defect" });
const delivery = new DeliveryError("no", { code: "output_http_401" });
const gone = new ShipperGoneError("no", { code: "shipper_gone" });
const state = new StateError("no", { code: "state_enospc" });

describe("exitCode()", () => {
  it.each<[keyof typeof EXIT, (readonly (Error | null)[])[]]>([
    ["ok", []],
    ["ok", [[null, null], []]],
    ["partial", [[null, api]]],
    ["partial", [[api], []]],
    ["partial", [[null], [state]]],
    ["partial", [[null], [defect]]],
    ["partial", [[null], [auth]]],
    ["delivery", [[delivery], [api, null]]],
    ["temporary", [[gone], [api]]],
    ["state", [[state], [api]]],
    ["state", [[state], [defect]]],
    ["defect", [[defect], [api]]],
    ["config", [[config], [config]]],
    ["temporary", [[config], [api]]],
    ["auth", [[auth], [auth, auth]]],
    ["temporary", [[auth], [api]]],
    ["temporary", [[api]]],
  ])("is that of %s after %j", (name, outcomes) => {
    expect(exitCode(outcomes)).toBe(EXIT[name]);
  });
});
