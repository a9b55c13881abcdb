import { describe, expect, it } from "vitest";
import { parse, problems, V2 } from "../support/config_text.ts";

const withFile = (text: string) => `${V2}output: { file: ${text} }\n`;

describe("output.file", () => {
  it("has defaults for everything but the path", () => {
    expect(parse(withFile("{ path: /var/log/m/events.leef }")).target).toEqual({
      kind: "file",
      path: "/var/log/m/events.leef",
      rotateBytes: 67_108_864,
      maxTotalBytes: 1_073_741_824,
      keepMs: null,
      mode: 0o640,
      group: null,
    });
  });

  it("takes every key, and a mode with or without quotes", () => {
    const text =
      "{ path: /e, rotate_bytes: 1048576, max_total_bytes: 4194304, keep_secs: 3600, mode: 0600, group: adm }";
    const target = { keepMs: 3_600_000, mode: 0o600, group: "adm" };
    expect(parse(withFile(text)).target).toMatchObject(target);
    expect(parse(withFile('{ path: /e, mode: "0644", group: 4 }')).target).toMatchObject({
      mode: 0o644,
      group: 4,
    });
  });

  it.each([
    ["{}", '"output.file.path" is missing: it must be text'],
    ["{ path: events.leef }", '"output.file.path" must be an absolute path'],
    ["{ path: /e, mode: 0666 }", '"output.file.mode" must be one of "0600", "0640", "0644"'],
    [
      "{ path: /e, max_total_bytes: 100000000 }",
      '"output.file.max_total_bytes" must be at least twice "rotate_bytes", 134217728: current value is 100000000',
    ],
    ["{ path: /e, rotate_bytes: 4194304, max_total_bytes: 4194304 }", "must be at least twice"],
  ])("refuses %s", (text, sentence) => {
    const found = problems(withFile(text));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(sentence);
  });

  it("is the only target", () => {
    const two = `${V2}output: { file: { path: /e }, http: { url: "http://127.0.0.1:1/" } }\n`;
    expect(problems(two)).toEqual([
      'line 8: "output" must have at most one of "file", "http", "otlp": it has "file" and "http"',
    ]);
  });
});
