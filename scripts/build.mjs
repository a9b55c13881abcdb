// Builds the shipped program: dist/mimecast.wasm (the engine) and dist/mimecast-input.cjs (everything else, with
// the engine inside, so that one file is enough). `node scripts/build.mjs wasm` builds the engine only.
import { chmodSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { build } from "esbuild";
import { buildWasm } from "./build_wasm.mjs";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
/** What packages would load at every start and the program does not use. */
function parts(build) {
  // The package's own paths ("undici/lib/…") go to the package.
  build.onResolve({ filter: /^undici$/ }, () => ({ path: resolve("scripts/undici_parts.cjs") }));
  // commander starts programs for subcommands that are files of their own: we have none.
  build.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
    /node_modules.commander/.test(importer) ? { path: "child_process", namespace: "none" } : null,
  );
  build.onLoad({ filter: /.*/, namespace: "none" }, () => ({ contents: "module.exports = {};" }));
}

/** Runs before anything else is loaded: an older Node would fail on a missing module, far from the cause. */
const NODE_CHECK = `{
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 13)) {
    process.stderr.write("mimecast-input: Cannot start: it needs Node.js 22.13 or later, this is " + process.versions.node + "\\n");
    process.exit(78);
  }
}`;

/** Inside of the program, because a single executable has no files beside it. */
const QRADAR = "config-examples/qradar";
/** What `snippet` prints: the files that the tests run. */
const SHIPPER_EXAMPLES = Object.fromEntries(
  globSync("config-examples/{fluent-bit,opentelemetry-collector,rsyslog,syslog-ng,vector}/*.*")
    .sort()
    .map((path) => [relative("config-examples", path), readFileSync(path, "utf8")]),
);

/**
 * V8 keeps a program in two bytes a character if one character is not Latin-1. esbuild has escaped those of the code; what is
 * left is in comments.
 */
function oneByteText(program) {
  return program.replace(/\P{ASCII}/gu, "?");
}

async function buildProgram() {
  const outfile = "dist/mimecast-input.cjs";
  const { metafile } = await build({
    entryPoints: ["plugin/main.ts"],
    outfile,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    banner: { js: `#!/usr/bin/env node\n${NODE_CHECK}` },
    minifySyntax: true,
    legalComments: "linked",
    metafile: true,
    plugins: [{ name: "parts", setup: parts }],
    define: {
      MIMECAST_INPUT_VERSION: JSON.stringify(version),
      MIMECAST_WASM_BASE64: JSON.stringify(readFileSync("dist/mimecast.wasm").toString("base64")),
      MIMECAST_QRADAR_BASE64: JSON.stringify(
        readFileSync(`${QRADAR}/mimecast-qradar-content.zip`).toString("base64"),
      ),
      MIMECAST_QRADAR_EVENTS: JSON.stringify(readFileSync(`${QRADAR}/events.csv`, "utf8")),
      MIMECAST_QRADAR_PROPERTIES: JSON.stringify(
        readFileSync(`${QRADAR}/custom-properties.csv`, "utf8"),
      ),
      MIMECAST_SHIPPER_EXAMPLES: JSON.stringify(SHIPPER_EXAMPLES),
    },
  });
  writeFileSync(outfile, oneByteText(readFileSync(outfile, "utf8")));
  chmodSync(outfile, 0o755);
  // What is inside of the bundle, for its bill of materials and licenses (scripts/package.ts).
  writeFileSync("dist/metafile.json", JSON.stringify(metafile));
  for (const path of ["dist/mimecast.wasm", outfile]) {
    process.stderr.write(`${path}  ${(statSync(path).size / 1024).toFixed(0)} KiB\n`);
  }
}

mkdirSync("dist", { recursive: true });
await buildWasm();
if (process.argv[2] !== "wasm") await buildProgram();
