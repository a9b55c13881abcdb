import {
  BudgetError,
  DeliveryError,
  type KnownError,
  ShipperGoneError,
  StateError,
  StoppedError,
} from "../errors.ts";
import { knownError } from "./defect.ts";

/** The consequence of an error in the middle of collecting. */
export type Consequence =
  /** The run ends, and nothing has failed. `stopped`: the known reason. */
  | { readonly ends: "nothing"; readonly stopped: StoppedError | null }
  /** The rate budget has nothing before `untilMs` (ms since 1970). */
  | { readonly ends: "turn"; readonly untilMs: number }
  | { readonly ends: "feed"; readonly error: KnownError }
  /** Every other feed of the account would fail the same way. */
  | { readonly ends: "account"; readonly error: StateError }
  /** Every other account would fail the same way. */
  | { readonly ends: "run"; readonly error: ShipperGoneError | DeliveryError };

/** `isStopping`: the run's signal has also ended requests, which then fail with any error. */
export function consequenceOf(error: unknown, isStopping = false): Consequence {
  if (error instanceof ShipperGoneError || error instanceof DeliveryError) {
    return { ends: "run", error };
  }
  if (error instanceof StateError) return { ends: "account", error };
  if (error instanceof StoppedError) return { ends: "nothing", stopped: error };
  if (isStopping) return { ends: "nothing", stopped: null };
  if (error instanceof BudgetError) return { ends: "turn", untilMs: error.untilMs };
  return { ends: "feed", error: knownError(error) };
}
