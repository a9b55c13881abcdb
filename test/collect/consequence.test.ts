import { expect, test } from "vitest";
import { consequenceOf } from "../../plugin/collect/consequence.ts";
import {
  ApiError,
  AuthError,
  BudgetError,
  DefectError,
  DeliveryError,
  ShipperGoneError,
  StateError,
  StoppedError,
} from "../../plugin/errors.ts";

const api = new ApiError("busy", { code: "api", status: 503, retryable: true });

test.each([
  [new ShipperGoneError("gone", { code: "shipper_gone" }), "run"],
  [new DeliveryError("refused", { code: "delivery_refused" }), "run"],
  [new StateError("full", { code: "state_full" }), "account"],
  [new AuthError("refused", { code: "auth" }), "feed"],
  [api, "feed"],
] as const)("%s ends what would meet the same", (error, ends) => {
  expect(consequenceOf(error)).toEqual({ ends, error });
});

test("a used up budget ends the turn, a stopped program nothing", () => {
  expect(consequenceOf(new BudgetError(40, 2))).toEqual({ ends: "turn", untilMs: 42 });
  const stopped = new StoppedError("by SIGTERM");
  expect(consequenceOf(stopped)).toEqual({ ends: "nothing", stopped });
});

test("while the run is stopping, requests fail with whatever they were at; state and output are still told", () => {
  expect(consequenceOf(api, true)).toEqual({ ends: "nothing", stopped: null });
  const full = new StateError("full", { code: "state_full" });
  expect(consequenceOf(full, true)).toEqual({ ends: "account", error: full });
});

test("what is no error of ours is a defect, and ends the feed only", () => {
  const cause = new TypeError("x");
  const found = consequenceOf(cause);
  expect(found).toMatchObject({ ends: "feed", error: { code: "defect", cause } });
  expect(found.ends === "feed" && found.error).toBeInstanceOf(DefectError);
});
