import type { Fake } from "./fake_mimecast/fake.ts";

/** The configuration's text for accounts that the given fakes play: name -> fake. */
export function configFor(
  stateDir: string,
  fakes: Readonly<Record<string, { readonly fake: Fake; readonly api: "1.0" | "2.0" }>>,
  more = "",
): string {
  const accounts = Object.entries(fakes).map(([name, { fake, api }]) => {
    const { credentials: keys, url } = fake;
    const secrets =
      api === "2.0"
        ? `    client_id: "${keys.clientId}"\n    client_secret: "${keys.clientSecret}"`
        : `    app_id: "${keys.appId}"\n    app_key: "${keys.appKey}"\n    access_key: "${keys.accessKey}"\n    secret_key: "${keys.secretKey}"`;
    return `  - name: ${name}\n    api: "${api}"\n    base_url: ${url}\n${secrets}`;
  });
  return `state_dir: ${stateDir}\naccounts:\n${accounts.join("\n")}\n${more}`;
}
