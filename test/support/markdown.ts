import { readdirSync, readFileSync } from "node:fs";

/** A page of the documentation. */
export interface Page {
  /** Below the project. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block. */
export interface Block {
  /** `README.md:12`. */
  readonly at: string;
  readonly language: string;
  readonly text: string;
}

/** README, CONTRIBUTING, CHANGELOG and everything in docs. */
export function pages(): Page[] {
  const docs = readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`);
  return ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...docs.sort()].map((path) => ({
    path,
    text: readFileSync(path, "utf8"),
  }));
}

/** The fenced blocks of a page. */
export function blocks({ path, text }: Page): Block[] {
  return [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)].map((match) => {
    const [, indent = "", language = "", body = ""] = match;
    const line = text.slice(0, match.index).split("\n").length;
    const own = body.replaceAll(new RegExp(`^${indent}`, "gm"), "");
    return { at: `${path}:${line}`, language, text: own };
  });
}

/** Without its fenced blocks. */
export function prose({ text }: Page): string {
  return text.replaceAll(/^( *)```\w*\n[\s\S]*?^\1```$/gm, "");
}

/** Anchors of the headings, as GitHub makes them. */
export function anchors(page: Page): Set<string> {
  const heads = [...prose(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, head = ""]) =>
    head
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
  return new Set(heads);
}

/** The commands of a shell text: each a list of words. Comments, redirections and what is substituted are left out. */
export function shellCommands(text: string): string[][] {
  const lines = text.replaceAll(/\\\n/g, " ").split("\n");
  return lines.flatMap((line) => {
    const words = line.match(/"[^"]*"|'[^']*'|<\([^)]*\)|&&|\|\||[|;&]|[^\s"'|;&]+/g) ?? [];
    const comment = words.findIndex((word) => word.startsWith("#"));
    const commands: string[][] = [[]];
    for (const word of comment < 0 ? words : words.slice(0, comment)) {
      if (/^(\||\|\||&&|;|&)$/.test(word)) commands.push([]);
      else if (word.startsWith("<(")) commands.push(...shellCommands(word.slice(2, -1)));
      else commands.at(-1)?.push(word.replace(/^(["'])(.*)\1$/, "$2"));
    }
    return commands.filter((command) => command.length > 0);
  });
}
