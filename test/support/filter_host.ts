/**
 * Calls the engine's filter function the way Fluent Bit does (src/wasm/flb_wasm.c): tag and record are copied into
 * memory from the module's malloc, each with a NUL behind it, and the answer is read up to its NUL.
 */
export class FilterHost {
  readonly #exports: FilterExports;

  constructor(wasm: Uint8Array) {
    this.#exports = new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports as FilterExports;
  }

  call(record: string, name: FilterFunction = "mimecast_leef"): string {
    const tag = this.#put("mimecast.siem");
    const address = this.#put(record);
    const answer = this.#answer(tag, address, Buffer.byteLength(record), name);
    this.#exports.free(tag);
    this.#exports.free(address);
    return answer;
  }

  /** With an address of the caller's: 0 is what a host has that got no room. */
  callAt(address: number, length: number): string {
    return this.#answer(this.#put("mimecast.siem"), address, length);
  }

  memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  #put(text: string): number {
    const bytes = Buffer.from(`${text}\0`);
    const address = this.#exports.malloc(bytes.length);
    if (address === 0) throw new Error(`Cannot get ${bytes.length} bytes`);
    Buffer.from(this.#exports.memory.buffer).set(bytes, address);
    return address;
  }

  #answer(
    tag: number,
    record: number,
    length: number,
    name: FilterFunction = "mimecast_leef",
  ): string {
    const address = this.#exports[name](tag, 13, 1767225600, 0, record, length);
    const memory = Buffer.from(this.#exports.memory.buffer);
    return memory.subarray(address, memory.indexOf(0, address)).toString("utf8");
  }
}

/** The functions that Fluent Bit can be told to call. */
export type FilterFunction = "mimecast_leef" | "mimecast_leef_only";

interface FilterExports extends Record<FilterFunction, Filter> {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(size: number): number;
  free(address: number): void;
}

type Filter = (
  tag: number,
  tagLength: number,
  seconds: number,
  nanoseconds: number,
  record: number,
  length: number,
) => number;

/** The part of the WebAssembly JavaScript interface that is used. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};
