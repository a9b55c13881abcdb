import { offsetTime } from "../api_time.ts";
import type { Draw } from "./draw.ts";
import type { Fields } from "./fields.ts";
import { insider, subject } from "./names.ts";

/** An archive search that somebody made (reference 1.9). The searched text carries the id. */
export function archiveSearch(draw: Draw, id: string, atMs: number): Fields {
  const mailbox = insider(draw);
  const full = draw.chance(40) ? { searchPath: "/INBOX/", isAdmin: "true", museQuery: "[]" } : {};
  return {
    createTime: offsetTime(atMs),
    emailAddr: mailbox,
    source: "archive",
    searchText: draw.chance(50)
      ? `<${id}@mail.example.org>`
      : `{'mailbox':'${mailbox}','text':'${id}'}`,
    searchReason: "",
    description: draw.pick([
      "Message Tracking Search",
      "Audit [Page 1] - Depth 100",
      "Archive Mailbox",
    ]),
    ...full,
  };
}

/** A message that somebody opened in the archive (reference 1.9). The sender carries the id. */
export function archiveView(draw: Draw, id: string, atMs: number): Fields {
  return {
    viewer: insider(draw),
    source: "Message Tracking",
    viewed: offsetTime(atMs),
    from: `sender+${id}@example.org`,
    to: insider(draw),
    subject: subject(draw),
    messageDate: offsetTime(atMs - draw.int(86_400_000)),
    contentViewed: draw.chance(30),
    discoveryCase: false,
  };
}
