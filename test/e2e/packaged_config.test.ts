import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { closersOfEach, fakeFor, qradarFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { runProgram } from "../support/program.ts";
import { hasShipper, mustHave, type ShipperName, startShipper } from "../support/shippers.ts";

/** The printed block beside a configuration like the package's own, loaded as the block's comment says. */

const closers = closersOfEach();

interface Case {
  readonly as: string;
  /** The block's file, in the folder of the main one. */
  readonly file: string;
  readonly main: (folder: string) => string;
  readonly shorten: (block: string) => string;
}

const CASES: Readonly<Partial<Record<ShipperName, Case>>> = {
  "fluent-bit": {
    as: "classic",
    file: "mimecast.conf",
    main: () =>
      "[SERVICE]\n    flush 1\n    daemon Off\n    log_level info\n\n[INPUT]\n    name cpu\n    tag cpu.local\n\n[OUTPUT]\n    name null\n    match cpu.*\n\n@INCLUDE mimecast.conf\n",
    shorten: (block) => block.replace(/interval_sec +60/, "interval_sec 1"),
  },
  "syslog-ng": {
    as: "conf",
    file: "conf.d/mimecast.conf",
    main: (folder) =>
      `@version: 3.38\n@include "scl.conf"\noptions { chain_hostnames(off); stats_freq(0); };\nsource s_src { internal(); };\ndestination d_all { file("${folder}/all.log"); };\nlog { source(s_src); destination(d_all); };\n@include "${folder}/conf.d/*.conf"\n`,
    shorten: (block) => block,
  },
};

for (const [name, one] of Object.entries(CASES) as [ShipperName, Case][]) {
  const there = hasShipper(name) || mustHave(name);
  if (!there) process.stderr.write(`skipped: ${name} is not on PATH\n`);
  describe.skipIf(!there)(`${name}: a file beside the package's own`, () => {
    it("is found right by lint, and delivers every record", async () => {
      const fake = await fakeFor(closers, {
        api: "2.0",
        seed: 21,
        records: { siem: 200, audit: 20 },
      });
      const qradar = await qradarFor(closers, { parse: "all" });
      const workspace = workspaceFor(closers);
      const more = `shipper: ${name}\n`;
      workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, more));
      const { folder, env } = workspace;
      mkdirSync(join(folder, "conf.d"));
      // lint calls a buffer in /tmp a loss, and is right: so it is named for lint, and replaced for the run.
      const at = ["--qradar", `127.0.0.1:${qradar.port}`, "--as", one.as];
      const printed = await runProgram(["snippet", name, ...at], env);
      expect(printed).toMatchObject({ code: 0, stderr: "" });
      const block = join(folder, one.file);
      writeFileSync(block, printed.stdout);
      const main = join(folder, "main.conf");
      writeFileSync(main, one.main(folder));
      const lint = await runProgram(["lint", main], env);
      expect(lint.stdout).toContain("nothing found");
      expect(lint.code).toBe(0);

      const buffer = ["--buffer", join(folder, "buffer")];
      mkdirSync(join(folder, "buffer"));
      const local = await runProgram(["snippet", name, ...at, ...buffer], env);
      writeFileSync(block, one.shorten(local.stdout));
      const shipper = await startShipper(name, workspace, qradar.port, {}, main);
      closers.push(() => shipper.stop());
      await qradar.waitFor(fake.total(), 30_000).catch((error) => {
        throw new Error(`${error.message}\n${shipper.said().slice(-2_000)}`);
      });
      await shipper.stop();
      expect(qradar.problems).toEqual([]);
      expect(new Set(qradar.ids())).toEqual(new Set(fake.ids()));
    });
  });
}
