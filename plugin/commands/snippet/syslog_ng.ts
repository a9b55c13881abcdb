import type { SnippetSettings } from "./settings.ts";
import { comment } from "./steps.ts";

const DISK_BYTES = 1024 ** 3;

/** The block for syslog-ng.conf. Needs the modules afprog, afsocket and disk-buffer (syslog-ng-core of Debian). */
export function syslogNgSnippet(settings: SnippetSettings): string {
  const { tls, args, lineRoomBytes, expected, bufferDir } = settings;
  const ca = tls?.caFile == null ? "" : `ca-file("${tls.caFile}") `;
  const transport =
    tls === null ? 'transport("tcp")' : `transport("tls") tls(${ca}peer-verify(required-trusted))`;
  const dir = bufferDir === null ? "" : ` dir("${bufferDir}")`;
  return `${comment(settings.steps)}source s_mimecast {
  # no-parse: $MSG is our whole line. log-msg-size, for this source only: our lines have up to ${expected.longestLineBytes} bytes.
  program("mimecast-input poll --follow ${args.join(" ")}" flags(no-parse) log-msg-size(${lineRoomBytes}));
};

destination d_qradar {
  network(
    "${settings.host}" port(${settings.port})
    ${transport}
    template("$MSG\\n")
    # A line is on disk before it counts as taken: in /var/lib/syslog-ng, unless dir() names another folder.
    disk-buffer(reliable(yes) disk-buf-size(${DISK_BYTES}) mem-buf-size(16777216)${dir})
    time-reopen(5)
  );
};

log {
  source(s_mimecast);
  destination(d_qradar);
  # When the buffer is full, mimecast-input waits. Without it lines are dropped.
  flags(flow-control);
};
`;
}
