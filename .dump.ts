import { mkdtempSync } from "node:fs";
import { wrongInputs, wrongOutcome } from "/work/wt/messages/test/support/wrong_inputs.ts";
const kind = process.argv[2]!;
const folder = mkdtempSync("/tmp/wi-");
const only = process.argv[3];
for (const [i, c] of wrongInputs(`${kind}.yaml`).entries()) {
  if (only && !c.name.includes(only)) continue;
  const t = Date.now();
  const p = await Promise.race([wrongOutcome(c, `${folder}/${i}`, [process.execPath, "/work/wt/messages/dist/mimecast-input.cjs"]), new Promise<any>((d) => setTimeout(() => d({ code: "HANG", text: "" }), 20000))]);
  const ms = Date.now() - t;
  console.log(`## ${c.name}\nexit ${p.code}${p.code !== (c.exit ?? 78) ? " *** WRONG EXIT" : ""}${ms > 2500 ? ` SLOW ${ms}` : ""}\n${p.text}`);
}
process.exit(0);
