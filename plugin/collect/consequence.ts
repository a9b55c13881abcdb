import {
  BudgetError,
  DeliveryError,
  type KnownError,
  ShipperGoneError,
  StateError,
  StoppedError,
} from "../errors.ts";
import { knownError } from "./defect.ts";

/** What has to follow from an error in the middle of collecting. */
export type Consequence =
  /** The run is to end, and nothing has failed. `stopped`: what has ended it, where that is known. */
  | { readonly ends: "nothing"; readonly stopped: StoppedError | null }
  /** The rate budget has nothing before `untilMs` (ms since 1970). */
  | { readonly ends: "turn"; readonly untilMs: number }
  | { readonly ends: "feed"; readonly error: KnownError }
  /** It would meet every other feed of the account. */
  | { readonly ends: "account"; readonly error: StateError }
  /** It would meet every other account. */
  | { readonly ends: "run"; readonly error: ShipperGoneError | DeliveryError };

/** `isStopping`: the signal that ends the run has ended requests too, and they fail with whatever they were at. */
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
