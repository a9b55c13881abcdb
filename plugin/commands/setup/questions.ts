import { type Api, REGIONS, regionNames } from "../../client/regions.ts";
import { baseUrlProblem } from "../../config/base_url.ts";
import { CREDENTIAL_KEYS, type CredentialKey, PUBLIC_KEYS } from "../../config/credentials.ts";
import { SHIPPERS, type ShipperName } from "../../config/shipper.ts";
import type { Asker, Check } from "../../host/asker.ts";
import { defaultSources, SOURCE_NAMES, type SourceName } from "../../sources/names.ts";
import { sourceNamed } from "../../sources/registry.ts";
import type { Answers, GivenSecret, Known, Store } from "./answers.ts";
import { nameProblem } from "./flag_problems.ts";
import { secretProblem } from "./secret_problem.ts";

/** Keys as Mimecast's console names them. */
const TITLES: Readonly<Record<CredentialKey, string>> = {
  app_id: "Application ID",
  app_key: "Application Key",
  access_key: "Access Key of the service user",
  secret_key: "Secret Key of the service user",
  client_id: "Client ID",
  client_secret: "Client Secret",
};

const OTHER_HOST = "other";

/** Asks for everything that is not known yet. */
export async function askAnswers(asker: Asker, known: Known): Promise<Answers> {
  const name = known.name ?? (await asker.text("Name of the account", "", it(nameProblem)));
  const api =
    known.api ??
    (await asker.choose<Api>("Generation of the Mimecast API", [
      { value: "2.0", label: "2.0", hint: "client id and secret; every new application" },
      { value: "1.0", label: "1.0", hint: "application id and three keys" },
    ]));
  const location = known.location ?? (await askLocation(asker, api));
  const keys: Partial<Record<CredentialKey, GivenSecret>> = {};
  for (const key of CREDENTIAL_KEYS[api]) keys[key] = known.keys?.[key] ?? (await askKey(key));
  const sources = known.sources === undefined ? await askSources(asker, api) : known.sources;
  const store = known.store ?? (await askStore(asker));
  const shipper = known.shipper === undefined ? await askShipper(asker) : known.shipper;
  return { name, api, location, keys, sources, store, shipper };

  async function askKey(key: CredentialKey): Promise<GivenSecret> {
    const check = it((text) => secretProblem(key, text));
    const text = PUBLIC_KEYS.includes(key)
      ? await asker.text(TITLES[key], "", check)
      : await asker.hidden(`${TITLES[key]} (not shown)`, check);
    return { text, env: null };
  }
}

async function askLocation(asker: Asker, api: Api): Promise<Answers["location"]> {
  const regions = regionNames(api).map((value) => ({
    value,
    label: value,
    hint: REGIONS[api][value]?.title ?? "",
  }));
  const region = await asker.choose<string>("Region", [
    ...regions,
    { value: OTHER_HOST, label: "another host", hint: "https://…" },
  ]);
  if (region !== OTHER_HOST) return { region };
  return { baseUrl: await asker.text("API host", "https://", it(baseUrlProblem)) };
}

/** A whole sentence about what was typed. */
function it(check: Check): Check {
  return (text) => {
    const problem = check(text);
    return problem === undefined ? undefined : `It ${problem}`;
  };
}

/** Null where the choice is the default: then later versions may add to it. */
async function askSources(asker: Asker, api: Api): Promise<readonly SourceName[] | null> {
  const initial = defaultSources(api);
  const chosen = await asker.chooseSome<SourceName>(
    "Feeds to collect",
    SOURCE_NAMES[api].map((value) => ({
      value,
      label: value,
      hint: sourceNamed(api, value).permission,
    })),
    initial,
  );
  const isDefault =
    chosen.length === initial.length && initial.every((name) => chosen.includes(name));
  return isDefault ? null : SOURCE_NAMES[api].filter((name) => chosen.includes(name));
}

function askStore(asker: Asker): Promise<Store> {
  return asker.choose<Store>("Where the secrets are kept", [
    { value: "sealed", label: "sealed in the configuration", hint: "the key in a file of its own" },
    { value: "file", label: "files", hint: "one for each, readable by their owner only" },
    { value: "credential", label: "systemd credentials", hint: "prints what to do" },
    { value: "env", label: "environment of the shipper", hint: "prints what to set" },
  ]);
}

async function askShipper(asker: Asker): Promise<ShipperName | null> {
  const choices = [...SHIPPERS, "none" as const].map((value) => ({ value, label: value }));
  const shipper = await asker.choose("Which shipper runs the program?", choices);
  return shipper === "none" ? null : shipper;
}
