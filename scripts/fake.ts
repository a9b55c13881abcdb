import { tmpdir } from "node:os";
import { join } from "node:path";
import { Option } from "commander";
import { type Fake, startFake } from "../test/support/fake_mimecast/fake.ts";
import { scriptCommand, wholeNumber } from "./script_command.ts";

/**
 * The fake Mimecast as a process: prints its addresses and a configuration to paste, answers
 * `/__fake/log`, `/__fake/add`, `/__fake/faults` and `/__fake/set` on the API host, and stops on SIGTERM.
 */
const values = scriptCommand(
  "fake",
  "A fake Mimecast: prints its addresses and a configuration to paste.",
)
  .addOption(
    new Option("--api <version>", "generation of the API").choices(["1.0", "2.0"]).default("2.0"),
  )
  .option(
    "--records <n>",
    "SIEM records; the other sources get a fiftieth each",
    wholeNumber(0),
    10_000,
  )
  .option("--seed <n>", "seed of the records", wholeNumber(0), 1)
  .option("--port <n>", "port of the API host; 0: a free one", wholeNumber(0), 0)
  .option("--download-port <n>", "port of the download host; 0: a free one", wholeNumber(0), 0)
  .option("--records-per-file <n>", "records of a SIEM file", wholeNumber(1), 1_000)
  .option(
    "--span-hours <n>",
    "hours before now over which the records are spread",
    wholeNumber(1),
    20,
  )
  .parse()
  .opts<FakeOptions>();
const { api, records: siem } = values;
const few = Math.ceil(siem / 50);

const fake = await startFake({
  api,
  seed: values.seed,
  port: values.port,
  downloadPort: values.downloadPort,
  spanMs: values.spanHours * 3_600_000,
  switches: { recordsPerFile: values.recordsPerFile },
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

interface FakeOptions {
  readonly api: "1.0" | "2.0";
  readonly records: number;
  readonly seed: number;
  readonly port: number;
  readonly downloadPort: number;
  readonly recordsPerFile: number;
  readonly spanHours: number;
}
