import type { Api } from "../../client/regions.ts";
import type { CredentialKey } from "../../config/credentials.ts";
import type { ShipperName } from "../../config/shipper.ts";
import type { SourceName } from "../../sources/names.ts";

/** How `setup` keeps the secrets of an account. */
export const STORES = ["sealed", "file", "credential", "env"] as const;

/** One of them. */
export type Store = (typeof STORES)[number];

/** A key of the account: its text, and the environment variable that it came from, where it came from one. */
export interface GivenSecret {
  readonly text: string;
  readonly env: string | null;
}

/** Everything that `setup` has to know of an account. */
export interface Answers {
  readonly name: string;
  readonly api: Api;
  readonly location: { readonly region: string } | { readonly baseUrl: string };
  readonly keys: Readonly<Partial<Record<CredentialKey, GivenSecret>>>;
  /** Feeds to name in the file; null: what the API generation has by default. */
  readonly sources: readonly SourceName[] | null;
  readonly store: Store;
  /** Who runs the program; null: none that is known. */
  readonly shipper: ShipperName | null;
}

/** What is known before anybody is asked. */
export type Known = Partial<Answers>;
