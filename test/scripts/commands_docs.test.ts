import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EXIT } from "../../plugin/errors.ts";
import { commandsPage } from "../../scripts/commands_docs.ts";
import { currentProgram } from "../../scripts/man_page.ts";

const program = await currentProgram();
const PAGE = commandsPage(program);

describe("commandsPage()", () => {
  test("is what docs/commands.md holds (npm run commands writes it)", () => {
    expect(readFileSync("docs/commands.md", "utf8")).toBe(PAGE);
  });

  test("names every command, option and exit code", () => {
    expect(program.commands.length).toBeGreaterThan(7);
    for (const command of program.commands) {
      expect(PAGE).toContain(`\n## ${command.name()}\n`);
      for (const option of command.options) expect(PAGE).toContain(`| \`${option.flags}\` |`);
    }
    for (const code of Object.values(EXIT)) expect(PAGE).toContain(`\n| ${code} | `);
  });

  test.each(program.commands.map((command) => command.name()))("%s has examples", (name) => {
    const section = PAGE.slice(PAGE.indexOf(`\n## ${name}\n`) + 1).split("\n## ")[0] ?? "";
    expect(section).toMatch(new RegExp(`\`\`\`sh\n(?:.*\n)*?.*mimecast-input ${name}\\b`));
  });
});
