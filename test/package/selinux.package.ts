import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { onPath } from "../support/program.ts";

/**
 * The policy module for confined syslog daemons is compiled by the commands that it names, and linked with Debian's reference
 * policy, whose types and assertions it has to fit. No test loads it: that takes a machine with SELinux.
 */
const MODULE = "config-examples/selinux/mimecast_input.te";
const BASE = "/usr/share/selinux/default/base.pp.bz2";

const folder = mkdtempSync(join(tmpdir(), "mimecast-input-selinux-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const missing = ["checkmodule", "semodule_package"].find((name) => !onPath(name));
const skipped = missing === undefined ? "" : ` (skipped: ${missing} is not on PATH)`;
const unlinked =
  missing !== undefined || !onPath("semodule_link") || !existsSync(BASE)
    ? ` (skipped: without ${missing ?? BASE})`
    : "";

describe("the SELinux module", () => {
  const text = readFileSync(MODULE, "utf8");

  it("names the folder that the packages make, and has its file's name", () => {
    expect(text).toContain("'/var/lib/mimecast-input(/.*)?'");
    expect(text).toMatch(/^module mimecast_input \d/m);
  });

  it.skipIf(missing !== undefined)(`is compiled by its own commands${skipped}`, () => {
    writeFileSync(join(folder, "mimecast_input.te"), text);
    const commands = [...text.matchAll(/^# {3}((?:checkmodule|semodule_package) .*)$/gm)];
    expect(commands).toHaveLength(2);
    for (const [, command = ""] of commands) execFileSync("sh", ["-c", command], { cwd: folder });
    expect(existsSync(join(folder, "mimecast_input.pp"))).toBe(true);
  });

  it.skipIf(unlinked !== "")(`fits the reference policy${unlinked}`, () => {
    const link = `bunzip2 --stdout ${BASE} > base.pp && semodule_link -o linked.pp base.pp mimecast_input.pp && semodule_expand linked.pp policy`;
    const { status, stderr } = spawnSync("sh", ["-c", link], { cwd: folder, encoding: "utf8" });
    expect(status, stderr).toBe(0);
  });
});
