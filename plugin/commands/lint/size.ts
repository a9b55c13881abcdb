/** Powers of two, as Fluent Bit and syslog-ng read the suffixes; `kB` and the like of Vector are powers of ten. */
const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1024,
  kib: 1024,
  kb: 1000,
  m: 1024 ** 2,
  mib: 1024 ** 2,
  mb: 1000 ** 2,
  g: 1024 ** 3,
  gib: 1024 ** 3,
  gb: 1000 ** 3,
};

/** Bytes of a size such as `64k`, `10M`, `65536`; null for any other text (an environment variable, for example). */
export function sizeBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = UNITS[(match?.[2] ?? "?").toLowerCase()];
  return match === null || unit === undefined ? null : Number(match[1]) * unit;
}

/** True, false, or null for a text that is neither (an environment variable). */
export function truth(text: string): boolean | null {
  if (/^(on|true|yes|1)$/i.test(text.trim())) return true;
  return /^(off|false|no|0)$/i.test(text.trim()) ? false : null;
}
