import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Fake, startFake } from "../test/support/fake_mimecast/fake.ts";

/**
 * The fake Mimecast as a process: prints its addresses and a configuration to paste, answers
 * `/__fake/log`, `/__fake/add`, `/__fake/faults` and `/__fake/set` on the API host, and stops on SIGTERM.
 */
const OPTIONS = {
  api: { type: "string", default: "2.0" },
  /** SIEM records; the other sources get a fiftieth each. */
  records: { type: "string", default: "10000" },
  seed: { type: "string", default: "1" },
  port: { type: "string", default: "0" },
  "download-port": { type: "string", default: "0" },
  "records-per-file": { type: "string", default: "1000" },
  /** Hours before now over which the records are spread. */
  "span-hours": { type: "string", default: "20" },
} as const;

const { values } = parseArgs({ options: OPTIONS });
const api = apiOf(values.api);
const siem = numberOf("records");
const few = Math.ceil(siem / 50);

const fake = await startFake({
  api,
  seed: numberOf("seed"),
  port: numberOf("port"),
  downloadPort: numberOf("download-port"),
  spanMs: numberOf("span-hours") * 3_600_000,
  switches: { recordsPerFile: numberOf("records-per-file") },
  records: {
    siem,
    ...(api === "2.0" ? { cloud_integrated: few } : {}),
    audit: few,
    ttp_impersonation: few,
    ttp_url: few,
    ttp_attachment: few,
    dlp: few,
    rejections: few,
    held_release: few,
    archive_search: few,
    archive_view: few,
    threat_intel: few,
  },
});

process.stdout.write(`API host:      ${fake.url}
download host: ${fake.downloadUrl}
records:       ${fake.total()}
log:           ${fake.url}/__fake/log

# A configuration for it (secrets in plain text want a file of mode 0600):
${configuration(fake)}`);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    fake.close().then(() => process.exit(0));
  });
}

function configuration({ url, credentials }: Fake): string {
  const secrets =
    api === "2.0"
      ? `    client_id: ${credentials.clientId}
    client_secret: ${credentials.clientSecret}`
      : `    app_id: ${credentials.appId}
    app_key: ${credentials.appKey}
    access_key: ${credentials.accessKey}
    secret_key: ${credentials.secretKey}`;
  return `state_dir: ${JSON.stringify(join(tmpdir(), "mimecast-input-fake"))}
accounts:
  - name: fake
    api: "${api}"
    base_url: ${url}
${secrets}
poll: { interval_secs: 900, start: 7d }
output: { format: leef, max_line_bytes: 4096, hostname: "mimecast-{account}" }
`;
}

function apiOf(text: string): "1.0" | "2.0" {
  if (text === "1.0" || text === "2.0") return text;
  throw new RangeError(
    `Cannot start the fake: --api must be 1.0 or 2.0: current value is "${text}"`,
  );
}

function numberOf(name: Exclude<keyof typeof OPTIONS, "api">): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(
    `Cannot start the fake: --${name} must be a whole number >= 0: current value is "${values[name]}"`,
  );
}
