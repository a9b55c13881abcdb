import { readYaml } from "../../config/yaml_text.ts";
import type { ConfigText, UnreadInclude } from "./config_file.ts";
import { recognize, type ShipperFormat } from "./recognize.ts";

/** The file system, as far as includes need it. Both reject where something can't be read. */
export interface IncludeReader {
  readText(path: string): Promise<string>;
  /** Names in a folder. */
  list(folder: string): Promise<readonly string[]>;
}

/** What the files include, in the order in which they were found. */
export interface Included {
  readonly files: readonly ConfigText[];
  readonly unread: readonly UnreadInclude[];
}

const MAX_DEPTH = 10;
const MAX_FILES = 500;
/** Where syslog-ng looks for a relative name besides the folder of the file (`include-path` of the packages). */
const SYSLOG_NG_FOLDERS = ["/etc/syslog-ng", "/usr/share/syslog-ng/include"];

interface Include {
  readonly pattern: string;
  readonly line: number;
}

/** Reads what files include, and what that includes. Each file once; a text of no shipper includes nothing. */
export async function includedFiles(
  roots: readonly ConfigText[],
  reader: IncludeReader,
): Promise<Included> {
  const files: ConfigText[] = [];
  const unread: UnreadInclude[] = [];
  const seen = new Set(roots.map(({ name }) => name));
  for (const root of roots) await follow(root, recognize(root.text, root.name), 0);
  return { files, unread };

  async function follow(file: ConfigText, shipper: ShipperFormat, depth: number): Promise<void> {
    for (const { pattern, line } of includesOf(file.text, shipper)) {
      const leave = (reason: string) => unread.push({ file: file.name, line, pattern, reason });
      const paths = await found(file.name, pattern, shipper, reader);
      if (paths === null) leave("there is no such file, or it can't be read");
      for (const path of paths ?? []) {
        if (seen.has(path)) continue;
        if (depth >= MAX_DEPTH || seen.size >= MAX_FILES) {
          leave("files are nested too deep, or are too many");
          return;
        }
        seen.add(path);
        const text = await reader.readText(path).catch(() => null);
        if (text === null) leave(`"${path}" can't be read`);
        else {
          const next: ConfigText = { name: path, text, included: true };
          files.push(next);
          await follow(next, shipper, depth + 1);
        }
      }
    }
  }
}

/** The includes of a text. That library of syslog-ng's own blocks (SCL) is left out: it never runs this program. */
function includesOf(text: string, shipper: ShipperFormat): readonly Include[] {
  switch (shipper) {
    case "syslog-ng":
      return lines(text, /^\s*@?include\s+["']?([^"'\r\n;]+)/).filter(
        ({ pattern }) => !/(?:^|\/)scl(?:\.conf$|\/)/.test(pattern),
      );
    case "fluent-bit classic":
      return lines(text, /^\s*@include\s+(\S.*?)\s*$/i);
    case "fluent-bit yaml": {
      const read = readYaml(text);
      const root = "yaml" in read ? (read.yaml.value as { includes?: unknown } | null) : null;
      const list = Array.isArray(root?.includes) ? root.includes : [];
      return list.map((one, index) => ({
        pattern: String(one),
        line: ("yaml" in read ? read.yaml.lineOf(["includes", index]) : undefined) ?? 1,
      }));
    }
    default:
      return [];
  }
}

function lines(text: string, include: RegExp): Include[] {
  return text.split("\n").flatMap((line, index) => {
    const pattern = include.exec(line)?.[1];
    return pattern === undefined ? [] : [{ pattern, line: index + 1 }];
  });
}

/** The paths of a name or pattern; null where there is none. A pattern without a match includes nothing. */
async function found(
  includer: string,
  pattern: string,
  shipper: ShipperFormat,
  reader: IncludeReader,
): Promise<readonly string[] | null> {
  const folders = pattern.startsWith("/")
    ? [""]
    : [folderOf(includer), ...(shipper === "syslog-ng" ? SYSLOG_NG_FOLDERS : [])];
  for (const folder of folders) {
    const path = folder === "" ? pattern : `${folder}/${pattern}`;
    const paths = await matches(path, reader);
    if (paths.length > 0) return paths;
  }
  return /[*?]/.test(pattern) ? [] : null;
}

/** Shell patterns: `*` and `?` in any part of a path. A folder stands for the files in it. */
async function matches(path: string, reader: IncludeReader): Promise<readonly string[]> {
  const parts = path.split("/");
  let paths = [parts[0] === "" ? "" : (parts[0] as string)];
  for (const part of parts.slice(1)) {
    const next: string[] = [];
    for (const above of paths) {
      if (!/[*?]/.test(part)) next.push(`${above}/${part}`);
      else {
        const names = await reader.list(above || "/").catch(() => []);
        const shell = shellPattern(part);
        next.push(...names.filter((name) => shell.test(name)).map((name) => `${above}/${name}`));
      }
    }
    paths = next.slice(0, MAX_FILES);
  }
  const files: string[] = [];
  for (const each of paths.sort()) {
    const inside = await reader.list(each).catch(() => null);
    if (inside !== null) files.push(...[...inside].sort().map((name) => `${each}/${name}`));
    else if (
      await reader.readText(each).then(
        () => true,
        () => false,
      )
    )
      files.push(each);
    else if (/[*?]/.test(path)) files.push(each);
  }
  return files;
}

function shellPattern(part: string): RegExp {
  const escaped = part.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^(?!\\.)${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}
