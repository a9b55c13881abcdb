import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { engineTables } from "./engine_tables.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const ENGINE = "plugin/engine";

/** Upper bound of the module's size: Fluent Bit and every other host should load it at once. */
const MAX_MODULE_BYTES = 65_536;

/** 64 KiB pages: what plugin/engine/memory.ts lays out. More is only ever asked for by a filter's oversized record. */
const PAGES = 21;

const FLAGS = [
  "-O3",
  "--converge",
  "--noAssert",
  "--runtime",
  "stub",
  "--use",
  "abort=",
  "--initialMemory",
  String(PAGES),
  "--maximumMemory",
  "1024",
  "--disable",
  "bulk-memory,sign-extension,nontrapping-f2i,mutable-globals,simd,threads,reference-types,exception-handling,gc",
];

/** Writes plugin/engine/tables.ts where it differs. */
async function writeTables() {
  const path = join(ROOT, ENGINE, "tables.ts");
  const source = await engineTables();
  if ((await readFile(path, "utf8").catch(() => "")) !== source) {
    await writeFile(path, source);
  }
}

/** Compiles plugin/engine to one WebAssembly module and returns its size in bytes. */
export async function buildWasm(target = "dist/mimecast.wasm") {
  await writeTables();
  const files = new Map();
  const { error, stderr } = await asc.main(
    [`${ENGINE}/index.ts`, "--baseDir", ROOT, "--outFile", "engine.wasm", ...FLAGS],
    { writeFile: (name, contents) => files.set(name, contents) },
  );
  const wasm = files.get("engine.wasm");
  if (error !== null || wasm === undefined) {
    throw new Error(`Cannot compile ${ENGINE}: ${error?.message ?? "no output"}\n${stderr}`);
  }
  checkModule(wasm);
  const path = join(ROOT, target);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, wasm);
  return wasm.length;
}

/** A host gives the module nothing, and every host must be able to load it. */
function checkModule(wasm) {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm));
  if (imports.length > 0) {
    throw new Error(
      `Cannot use the engine: it must not import: current import is "${imports[0].name}"`,
    );
  }
  if (wasm.length > MAX_MODULE_BYTES) {
    throw new Error(
      `Cannot use the engine: it must be at most ${MAX_MODULE_BYTES} bytes: current size is ${wasm.length}`,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bytes = await buildWasm();
  process.stdout.write(`dist/mimecast.wasm: ${bytes} bytes\n`);
}
