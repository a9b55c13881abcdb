import { readFileSync } from "node:fs";
import { unzipSync, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { contentXml } from "../../../scripts/qradar/content_xml.ts";
import { CONTENT_FOLDER, contentZip } from "../../../scripts/qradar/content_zip.ts";
import { readMapping } from "../../../scripts/qradar/mapping.ts";
import { manifestText } from "../../../scripts/qradar/release.ts";
import { reportFiles } from "../../../scripts/qradar/report_rows.ts";
import { TYPE_TITLE } from "../../../scripts/qradar/type_rows.ts";
import { onlyType, readContent, SHIPPED } from "./content.ts";
import {
  byCommandLine,
  byExtensionsManagement,
  emptyConsole,
  exportOf,
  type Holdings,
} from "./content_import.ts";

const ZIP = readFileSync(SHIPPED.content);
const MANIFEST = manifestText(TYPE_TITLE);
const XML = contentXml(readMapping());
const REPORTS = reportFiles(readMapping(), CONTENT_FOLDER);
const OVERWRITE = { overwrite: true };

/** The zip of an older release: one event had another name and category, and one was not there yet. */
const OLDER = ((): Buffer => {
  const mapping = structuredClone(readMapping());
  Object.assign(mapping.events.find(({ id }) => id === "av")!, { name: "Mimecast AV", sev: 3 });
  const xml = contentXml(mapping);
  const gone = xml
    .split(/(?=^ {4}<(?:qidmap|dsmevent)>)/m)
    .filter((row) => !/<qname>Mimecast Journal<|<deviceeventid>journal</.test(row))
    .join("");
  expect(gone.length).toBeLessThan(xml.length);
  return contentZip(gone, MANIFEST.replace(/"version": "[^"]*"/, '"version": "0.0.1"'), REPORTS);
})();

const contentOf = (console: Holdings) => onlyType(readContent(exportOf(console)));
const nameOf = (console: Holdings, key: string): string | undefined =>
  contentOf(console).qids.get(key)?.name;

describe("the command line", () => {
  test("takes the zip, and the XML alone where it names no files", async () => {
    const [zipped, bare] = [emptyConsole(), emptyConsole()];
    await byCommandLine(zipped, ZIP, "import");
    const alone = XML.replaceAll(/ {4}<report>.*?<\/report>\n/gs, "");
    await byCommandLine(bare, Buffer.from(alone), "import");
    expect(zipped.tables.get("report")!.size).toBe(REPORTS.size);
    zipped.tables.delete("report");
    expect(exportOf(bare)).toBe(exportOf(zipped));
    expect(contentOf(zipped).qids).toEqual(onlyType(readContent(XML)).qids);
    const incomplete = contentZip(XML, MANIFEST, new Map([...REPORTS].slice(1)));
    for (const file of [Buffer.from(XML), incomplete])
      await expect(byCommandLine(bare, file, "import")).rejects.toThrow("must be in the zip");
  });

  test("import adds what is new over an older zip and leaves the rest; update changes that too", async () => {
    const console = emptyConsole();
    await byCommandLine(console, OLDER, "import");
    expect([nameOf(console, "av\0av"), nameOf(console, "journal\0journal")]).toEqual([
      "Mimecast AV",
      undefined,
    ]);
    const before = contentOf(console).qids.get("av\0av")!.qid;
    await byCommandLine(console, ZIP, "import");
    expect([nameOf(console, "av\0av"), nameOf(console, "journal\0journal")]).toEqual([
      "Mimecast AV",
      "Mimecast Journal",
    ]);
    await byCommandLine(console, ZIP, "update");
    expect(nameOf(console, "av\0av")).toBe("Mimecast AV Virus Found");
    expect(contentOf(console).qids.get("av\0av")!.qid).toBe(before);
    const fresh = emptyConsole();
    await byCommandLine(fresh, ZIP, "import");
    const sizes = ({ tables }: Holdings) =>
      [...tables].map(([name, rows]) => [name, rows.size]).sort();
    expect(sizes(console)).toEqual(sizes(fresh));
  });

  test.each([
    ["an older console", ZIP, "2020.7.0.20201113144954", null],
    ["a console before its release", ZIP, "7.3.1.20180202182152", /does not go into 7.3.1/],
    [
      "a file that is no content",
      Buffer.from("<x/>"),
      "2021.6.10.20241008193358",
      /content export/,
    ],
    [
      "a zip without content",
      Buffer.from(zipSync({ "a.txt": Buffer.from("a") })),
      "2021.6.10.20241008193358",
      /must be a content export in the zip/,
    ],
  ] as const)("%s", async (_name, file, release, refusal) => {
    const taken = byCommandLine(emptyConsole(release), file, "import");
    if (refusal === null) await expect(taken).resolves.toBeUndefined();
    else await expect(taken).rejects.toThrow(refusal);
  });
});

describe("Extensions Management", () => {
  test("takes the zip once, and a newer version over it as the administrator chooses", async () => {
    for (const overwrite of [true, false]) {
      const console = emptyConsole();
      await byExtensionsManagement(console, OLDER, OVERWRITE);
      await byExtensionsManagement(console, ZIP, { overwrite });
      expect(nameOf(console, "av\0av")).toBe(overwrite ? "Mimecast AV Virus Found" : "Mimecast AV");
      await expect(byExtensionsManagement(console, ZIP, OVERWRITE)).rejects.toThrow(
        "is there already",
      );
    }
  });

  test("refuses what has no manifest, or one that says too little or wants too much", async () => {
    const taken = (file: Buffer, release?: "7.3.1.20180202182152") =>
      byExtensionsManagement(emptyConsole(release), file, OVERWRITE);
    const { "manifest.txt": _manifest, ...files } = unzipSync(ZIP);
    const bare = zipSync(files);
    await expect(taken(Buffer.from(bare))).rejects.toThrow("manifest.txt must be in the zip");
    const nameless = contentZip(XML, MANIFEST.replace('"extension_name"', '"other"'), REPORTS);
    await expect(taken(nameless)).rejects.toThrow("must have a name");
    await expect(taken(ZIP, "7.3.1.20180202182152")).rejects.toThrow("it wants QRadar 2020");
  });
});
