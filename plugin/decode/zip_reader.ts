import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import * as yauzl from "yauzl";
import { stateError } from "../disk/state_error.ts";

const PIECE_BYTES = 256 * 1024;

/**
 * Lets yauzl read a spooled archive. No archive can make it read outside of the file. A refusal of the system is a
 * `StateError`, not damage; and an error that yauzl throws in a callback ends the reading, not the process.
 */
export class ZipReader extends yauzl.RandomAccessReader {
  readonly size: number;
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #fail: (error: unknown) => void;

  /** `fail` takes errors for which nobody waits. */
  static async open(path: string, fail: (error: unknown) => void): Promise<ZipReader> {
    try {
      const file = await open(path, "r");
      return new ZipReader(file, (await file.stat()).size, path, fail);
    } catch (error) {
      throw stateError("read", path, error);
    }
  }

  private constructor(
    file: FileHandle,
    size: number,
    path: string,
    fail: (error: unknown) => void,
  ) {
    super();
    this.#file = file;
    this.size = size;
    this.#path = path;
    this.#fail = fail;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    const answer = (error: Error | null, bytesRead?: number): void => {
      try {
        callback(error, bytesRead);
      } catch (thrown) {
        this.#fail(thrown);
      }
    };
    this.#readAt(buffer.subarray(offset, offset + length), position).then(
      (bytesRead) => answer(null, bytesRead),
      (error) => answer(error),
    );
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#pieces(start, end), { objectMode: false });
  }

  override close(callback: (error: Error | null) => void): void {
    this.#file.close().then(
      () => callback(null),
      (error) => callback(error),
    );
  }

  async *#pieces(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end; ) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - at));
      const bytesRead = await this.#readAt(piece, at);
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  /** Fills `target` as far as the file goes. */
  async #readAt(target: Uint8Array, position: number): Promise<number> {
    if (!Number.isSafeInteger(position) || position < 0 || position > this.size) {
      throw new RangeError("an offset is outside of the archive");
    }
    try {
      let done = 0;
      while (done < target.length) {
        const { bytesRead } = await this.#file.read(
          target,
          done,
          target.length - done,
          position + done,
        );
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    } catch (error) {
      throw stateError("read", this.#path, error);
    }
  }
}
