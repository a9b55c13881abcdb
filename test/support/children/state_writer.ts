import { nodeFiles } from "../../../plugin/host/node_files.ts";

/** Does one thing with a file, for a tracer to watch. Arguments: "replace" or "spool", path. */
const [what, path] = process.argv.slice(2) as [string, string];
const files = nodeFiles();
async function* pieces() {
  yield Buffer.from("first ");
  yield Buffer.from("second");
}
if (what === "replace") await files.replace(path, Buffer.from("content"));
else await files.spool(path, pieces(), true);
