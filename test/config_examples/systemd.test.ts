import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { finished, linesOf, onPath, PROGRAM } from "../support/program.ts";

const FOLDER = "config-examples/systemd";
const read = (name: string) => readFileSync(`${FOLDER}/${name}`, "utf8");

const closers = closersOfEach();

/** The units in a folder of their own, with the built program where they look for it. */
function units(): { readonly folder: string; readonly env: NodeJS.ProcessEnv } {
  const { folder } = workspaceFor(closers);
  const path = join(folder, "units");
  mkdirSync(join(path, "fluent-bit.service.d"), { recursive: true });
  const service = read("mimecast-input.service").replace("/usr/local/bin/mimecast-input", PROGRAM);
  writeFileSync(join(path, "mimecast-input.service"), service);
  const reconcile = read("mimecast-input-reconcile.service");
  writeFileSync(
    join(path, "mimecast-input-reconcile.service"),
    reconcile.replace("/usr/local/bin/mimecast-input", PROGRAM),
  );
  for (const name of ["mimecast-input.timer", "mimecast-input-reconcile.timer"])
    writeFileSync(join(path, name), read(name));
  writeFileSync(join(path, "fluent-bit.service"), "[Service]\nExecStart=/bin/true\n");
  writeFileSync(
    join(path, "fluent-bit.service.d", "mimecast-input.conf"),
    read("mimecast-input.conf"),
  );
  return { folder: path, env: { ...process.env, SYSTEMD_UNIT_PATH: `${path}:` } };
}

/** `Key=value` lines of a unit. */
function settings(text: string): ReadonlyMap<string, string> {
  const lines = text.split("\n").filter((line) => /^[A-Z]\w+=/.test(line));
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

describe("config-examples/systemd", () => {
  it("rotates the file that the service writes, without cutting it", () => {
    const rules = read("mimecast-input.logrotate").replaceAll(/#.*/g, "");
    const output = settings(read("mimecast-input.service")).get("StandardOutput");
    expect(`append:${/^(\S+) \{/m.exec(rules)?.[1]}`).toBe(output);
    expect(rules).not.toContain("copytruncate");
    expect(rules).toMatch(/^ {2}delaycompress$/m);
    if (!onPath("logrotate")) return process.stderr.write("skipped: logrotate is not on PATH\n");
    const path = join(workspaceFor(closers).folder, "logrotate.conf");
    // logrotate refuses names that the machine does not know: the user that runs the test takes the part of the service's.
    const names = ["-un", "-gn"].map((of) => execFileSync("id", [of], { encoding: "utf8" }).trim());
    const known = rules.replaceAll("mimecast-input mimecast-input", names.join(" "));
    writeFileSync(path, known, { mode: 0o644 });
    const run = spawnSync("logrotate", ["--debug", path], { encoding: "utf8" });
    expect(run.stderr).not.toContain("error:");
    expect(run.stderr).toContain("Handling 1 logs");
    return expect(run.status).toBe(0);
  });

  it.skipIf(!onPath("systemd-analyze"))("has units in which systemd-analyze finds no fault", () => {
    const { folder, env } = units();
    const timers = ["mimecast-input.timer", "mimecast-input-reconcile.timer"];
    const services = ["mimecast-input.service", "mimecast-input-reconcile.service"];
    for (const name of [...services, ...timers, "fluent-bit.service"]) {
      const run = spawnSync("systemd-analyze", ["verify", "--man=no", join(folder, name)], {
        env,
        encoding: "utf8",
      });
      const about = linesOf(run.stderr).filter((line) => /mimecast|fluent-bit/.test(line));
      expect(about, name).toEqual([]);
      expect(run.status, name).toBe(0);
    }
    // The check is one: a key that systemd does not know is found.
    const path = join(folder, "mimecast-input.service");
    writeFileSync(path, `${readFileSync(path, "utf8")}NoSuchKey=yes\n`);
    const wrong = spawnSync("systemd-analyze", ["verify", "--man=no", path], {
      env,
      encoding: "utf8",
    });
    expect(wrong.stderr).toContain("NoSuchKey");
  });

  it.skipIf(!onPath("systemd-analyze"))(
    "is hardened: systemd-analyze rates the exposure as OK",
    () => {
      const { folder } = units();
      const args = ["security", "--offline=true", "--no-pager", "--threshold=20"];
      const run = spawnSync("systemd-analyze", [...args, join(folder, "mimecast-input.service")], {
        encoding: "utf8",
      });
      expect(run.stdout + run.stderr).toMatch(/exposure level .*: [01]\.\d OK/);
      expect(run.status).toBe(0);
    },
  );

  it("runs by the command of the service: a second run adds nothing to the file", async () => {
    const fake = await fakeFor(closers, { api: "2.0", records: { siem: 200, audit: 20 } });
    const workspace = workspaceFor(closers);
    const credentials = join(workspace.folder, "credentials");
    mkdirSync(credentials);
    const config = `accounts: [{ name: acme, api: "2.0", base_url: "${fake.url}", client_id: "${fake.credentials.clientId}", client_secret: { credential: acme.client_secret } }]\n`;
    writeFileSync(join(credentials, "config.yaml"), config, { mode: 0o400 });
    writeFileSync(join(credentials, "acme.client_secret"), fake.credentials.clientSecret, {
      mode: 0o400,
    });
    const service = settings(read("mimecast-input.service"));
    const args = (service.get("ExecStart") as string)
      .replace("%d", credentials)
      .split(" ")
      .slice(1);
    const env = {
      ...process.env,
      CREDENTIALS_DIRECTORY: credentials,
      STATE_DIRECTORY: workspace.stateDir,
    };
    const output = join(workspace.folder, "events.leef");
    const sizes: number[] = [];
    for (let run = 0; run < 2; run++) {
      const file = openSync(output, "a");
      const child = spawn(process.execPath, [PROGRAM, ...args], {
        env,
        stdio: ["ignore", file, "pipe"],
      });
      expect(await finished(child)).toMatchObject({ code: 0 });
      sizes.push(statSync(output).size);
    }
    const ids = linesOf(readFileSync(output, "utf8")).flatMap((line) => idOf(line) ?? []);
    expect(ids).toHaveLength(220);
    expect(new Set(ids)).toEqual(new Set(fake.ids()));
    expect(sizes[1]).toBe(sizes[0]);
  });

  it("gives a run more time than the program takes, and no secret in clear", () => {
    const service = settings(read("mimecast-input.service"));
    expect(Number(service.get("TimeoutStartSec"))).toBeGreaterThan(840);
    for (const name of ["mimecast-input.service", "mimecast-input.conf"]) {
      expect(read(name)).not.toMatch(/^Environment=.*(SECRET|KEY)/m);
      expect(settings(read(name)).get("StateDirectory")).toBe("mimecast-input");
    }
  });
});
