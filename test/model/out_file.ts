/** A regular file on stdout: a process's death loses nothing written, a machine's what was not synced. */
export interface OutFile {
  append(bytes: Uint8Array): void;
  sync(): void;
  /** `cut` (0..1) says how much of what was not synced had reached the disk. */
  crash(cut: number): void;
  text(): string;
}

/** An empty file. */
export function createOutFile(): OutFile {
  let now: Buffer = Buffer.alloc(0);
  let synced = 0;
  return {
    append(bytes) {
      now = Buffer.concat([now, bytes]);
    },
    sync() {
      synced = now.length;
    },
    crash(cut) {
      now = now.subarray(0, synced + Math.floor(cut * (now.length - synced)));
      synced = now.length;
    },
    text: () => now.toString("latin1"),
  };
}
