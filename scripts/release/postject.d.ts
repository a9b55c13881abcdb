/** The part of postject that is used; the package has no types of its own. */
declare module "postject" {
  /** Puts `content` into the ELF file as a note named `resource`. */
  export function inject(
    file: string,
    resource: string,
    content: Buffer,
    options: { sentinelFuse: string },
  ): Promise<void>;
}
