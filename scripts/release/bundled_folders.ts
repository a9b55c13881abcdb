/** The part of esbuild's metafile that is used (https://esbuild.github.io/api/#metafile). */
interface Metafile {
  readonly outputs: Readonly<Record<string, Output>>;
}

interface Output {
  readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>;
}

/**
 * The folders of the packages with code in the bundle, sorted, as package-lock.json names them (`node_modules/a`). A package that
 * was read and of which nothing is left is not among them. Throws where the metafile tells of no package at all.
 */
export function bundledFolders(metafileText: string): string[] {
  const { outputs } = JSON.parse(metafileText) as Metafile;
  const files = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [file] : [],
    ),
  );
  const folders = new Set(files.flatMap((file) => packageFolder(file) ?? []));
  if (folders.size === 0) throw new Error("Cannot find a package in the build's metafile");
  return [...folders].sort();
}

/** `node_modules/a/node_modules/@b/c` of `node_modules/a/node_modules/@b/c/lib/file.js`; undefined for a file of our own. */
function packageFolder(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
}
