import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "postject";

/** The mark in the node binary that says whether a program is inside (Node.js documentation, Single executable applications). */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";
const RESOURCE = "NODE_SEA_BLOB";

/**
 * Writes `output`, a node binary with the bundled program inside. The blob holds no code cache: it would differ at every
 * build and belong to one processor, so the same blob serves all. NODE_OPTIONS and node's own flags are not read.
 */
export async function singleExecutable(
  node: string,
  blob: Uint8Array,
  output: string,
): Promise<void> {
  copyFileSync(node, output);
  chmodSync(output, 0o755);
  await withoutNoise(() => inject(output, RESOURCE, Buffer.from(blob), { sentinelFuse: FUSE }));
}

/** The program as node wants it inside a binary. `folder` is for intermediate files. */
export function executableBlob(program: string, folder: string): Uint8Array {
  mkdirSync(folder, { recursive: true });
  // Node notes the path of the program in the blob: a relative one is the same on every machine.
  const config = join(folder, "sea.json");
  const output = join(folder, "mimecast-input.blob");
  const settings = {
    main: program,
    output,
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    useCodeCache: false,
    execArgv: ["--disable-sigusr1"],
    execArgvExtension: "none",
  };
  writeFileSync(config, JSON.stringify(settings));
  const run = spawnSync(process.execPath, ["--experimental-sea-config", config], {
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(`Cannot make ${output}: ${run.stderr}`);
  const blob = readFileSync(output);
  rmSync(config);
  rmSync(output);
  return blob;
}

/** The library that changes the ELF file warns of notes without names, which node has always had. */
async function withoutNoise(step: () => Promise<void>): Promise<void> {
  const { warn, error } = console;
  const kept: unknown[][] = [];
  const keep = (...words: unknown[]) => {
    if (!/section name '\.note/.test(String(words[0]))) kept.push(words);
  };
  console.warn = keep;
  console.error = keep;
  try {
    await step();
  } finally {
    console.warn = warn;
    console.error = error;
    for (const words of kept) process.stderr.write(`${words.join(" ")}\n`);
  }
}
