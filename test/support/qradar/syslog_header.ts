/** What a syslog header says: the log source identifier and the time. */
export interface SyslogHeader {
  readonly host: string;
  readonly timeMs: number;
}

const RFC_5424 =
  /^<\d{1,3}>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)) (\S+) /;
const RFC_3164 = /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\S+) /;
const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

/**
 * The header as IBM documents it for LEEF: RFC 5424, of which everything after the host may be missing, or RFC 3164,
 * whose year is that of the arrival. Null where there is none: then QRadar takes the address of the packet.
 */
export function syslogHeader(payload: string, receivedMs: number): SyslogHeader | null {
  const modern = RFC_5424.exec(payload);
  if (modern !== null) return { host: modern[2]!, timeMs: Date.parse(modern[1]!) };
  const old = RFC_3164.exec(payload);
  const month = old === null ? -1 : MONTHS.indexOf(old[1]!);
  if (old === null || month < 0) return null;
  const [day, hour, minute, second] = old.slice(2, 6).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const year = new Date(receivedMs).getUTCFullYear();
  return { host: old[6]!, timeMs: Date.UTC(year, month / 3, day, hour, minute, second) };
}
