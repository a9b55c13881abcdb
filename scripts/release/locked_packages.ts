import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A package that is inside the bundled program, as package-lock.json has it. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly license: string;
  /** Subresource integrity, `sha512-…`. */
  readonly integrity: string;
  /** Folder below the project. */
  readonly folder: string;
  /** Names of the packages that it needs. */
  readonly needs: readonly string[];
}

interface LockFile {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** The packages in these folders, sorted by folder. Throws where the lock file knows no such folder or says too little of it. */
export function lockedPackages(lockText: string, folders: readonly string[]): LockedPackage[] {
  const { packages } = JSON.parse(lockText) as LockFile;
  return folders
    .map((folder) => {
      const name = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
      const { version, license, integrity, dependencies = {} } = packages[folder] ?? {};
      if (version === undefined || license === undefined || integrity === undefined) {
        throw new Error(`package-lock.json lacks version, license or integrity of ${folder}`);
      }
      const needs = Object.keys(dependencies);
      return { name, version, license: license, integrity, folder, needs };
    })
    .sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** The licenses of everything inside the program, as MIT, ISC and BSD ask of whoever passes the code on. */
export function thirdPartyLicenses(packages: readonly LockedPackage[], root: string): string {
  const texts = packages.map(({ name, version, license, folder }) => {
    const position = join(root, folder);
    const file = existsSync(position)
      ? readdirSync(position).find((each) => /^licen[cs]e(\.(md|txt))?$/i.test(each))
      : undefined;
    if (file === undefined) throw new Error(`Cannot find the license of ${name} in ${position}`);
    const text = readFileSync(join(position, file), "utf8").trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return `mimecast-input contains the following packages.\n\n${texts.join(`\n${"-".repeat(78)}\n\n`)}`;
}
