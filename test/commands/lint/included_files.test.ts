import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectedFor } from "../../../plugin/commands/lint/expected.ts";
import type { IncludeReader } from "../../../plugin/commands/lint/included_files.ts";
import { type LintBasis, lintFiles } from "../../../plugin/commands/lint/lint.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mimecast-lint-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const READER: IncludeReader = {
  readText: async (path) => readFileSync(path, "utf8"),
  list: async (path) => readdirSync(path),
};
const BASIS: LintBasis = { expected: expectedFor("leef", 4096, null), ours: null, env: {} };

function put(name: string, text: string): string {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function lint(...names: string[]) {
  return lintFiles(names, BASIS, READER);
}

const SOURCE = `source s_m { program("mimecast-input poll --follow" flags(no-parse)); };\n`;
const DESTINATION = `destination d_q { network("q.internal" port(514) template("$MSG\\n") disk-buffer(reliable(yes))); };\n`;
const LOG = "log { source(s_m); destination(d_q); flags(flow-control); };\n";

describe("lint follows @include of syslog-ng", () => {
  it("by a pattern, over several files, and names file and line of a finding", async () => {
    const main = put(
      "s.conf",
      `@version: 3.38\n@include "scl.conf"\n@include "${root}/conf.d/*.conf"\n`,
    );
    put("conf.d/a.conf", SOURCE + LOG);
    const b = put("conf.d/b.conf", `\n${DESTINATION.replace("reliable(yes)", "")}`);
    put("conf.d/.hidden.conf", "}");
    put("conf.d/c.txt", "}");
    const { findings } = await lint(main);
    expect(findings).toMatchObject([{ rule: "disk-buffer", file: b, line: 2 }]);
  });

  it("finds nothing where everything is right, and includes a folder and a relative name", async () => {
    const main = put("s.conf", '@version: 3.38\n@include "one.conf"\n@include "more"\n');
    put("one.conf", SOURCE);
    put("more/x.conf", DESTINATION + LOG);
    expect((await lint(main)).findings).toEqual([]);
  });

  it("says that no source runs us only where everything was read", async () => {
    const main = put("s.conf", '@version: 3.38\n@include "conf.d/*.conf"\n');
    expect((await lint(main)).findings).toMatchObject([{ rule: "source", effect: "stalls" }]);
    const other = put("t.conf", '@version: 3.38\n\n@include "gone.conf"\n');
    const [note] = (await lint(other)).findings;
    expect(note).toMatchObject({ rule: "source", effect: "note", line: 3 });
    expect(note?.reason).toContain('"gone.conf", which was not read: there is no such file');
  });

  it("goes on where an included file can't be read as syslog-ng", async () => {
    const main = put(
      "s.conf",
      `@version: 3.38\n@include "bad.conf"\n${SOURCE}${DESTINATION}${LOG}`,
    );
    put("bad.conf", 'x("\n');
    expect((await lint(main)).findings).toEqual([]);
  });

  it("ends where files include each other, or too deep", async () => {
    const main = put("s.conf", `@version: 3.38\n@include "s.conf"\n@include "0.conf"\n`);
    for (let index = 0; index < 30; index++) put(`${index}.conf`, `@include "${index + 1}.conf"\n`);
    const [note] = (await lint(main)).findings;
    expect(note).toMatchObject({ rule: "source", effect: "note" });
    expect(note?.reason).toContain("nested too deep");
  });
});

describe("lint follows the includes of Fluent Bit", () => {
  const INPUT = `[INPUT]
  name exec
  tag mimecast
  command mimecast-input poll --once
  threaded true
  storage.type filesystem
  buf_size 65536
`;
  const OUTPUT = `[OUTPUT]
  name syslog
  match mimecast
  host q.internal
  port 514
  mode tcp
  syslog_message_key exec
  syslog_maxsize 65536
  retry_limit no_limits
`;

  it("classic: a service section in each file, an output in another one", async () => {
    const main = put("f.conf", "[SERVICE]\n  flush 1\n@INCLUDE m/*.conf\n@INCLUDE out.conf\n");
    put("m/in.conf", `[SERVICE]\n  storage.path /var/lib/fb\n${INPUT}`);
    const out = put("out.conf", OUTPUT);
    expect((await lint(main)).findings).toEqual([]);
    put("out.conf", OUTPUT.replace("no_limits", "3"));
    expect((await lint(main)).findings).toMatchObject([
      { rule: "retry_limit", file: out, line: 9 },
    ]);
  });

  it("YAML: the list of includes", async () => {
    const main = put("f.yaml", "includes:\n  - in.yaml\n  - gone.yaml\n");
    put("in.yaml", "pipeline:\n  inputs:\n    - name: cpu\n");
    const [note] = (await lint(main)).findings;
    expect(note).toMatchObject({ rule: "input", effect: "note", line: 3 });
    expect(note?.reason).toContain("gone.yaml");
  });
});

describe("lint takes several files of Vector for one configuration", () => {
  it("with the source in one and the sink in the other", async () => {
    const source = put(
      "a.yaml",
      "sources: { m: { type: exec, mode: streaming, command: [mimecast-input, poll, --follow], include_stderr: false } }\n",
    );
    const sink = put(
      "b.toml",
      `[sinks.q]
type = "socket"
inputs = ["m"]
mode = "tcp"
address = "q.internal:514"
healthcheck.enabled = false
encoding.codec = "text"
[sinks.q.buffer]
type = "disk"
when_full = "drop_newest"
`,
    );
    const { findings } = await lint(source, sink);
    expect(findings).toMatchObject([{ rule: "buffer.when_full", file: sink, line: 10 }]);
    expect((await lint(source)).findings).toMatchObject([{ rule: "inputs" }]);
  });
});
