/** A search in AQL. */
export interface Search {
  /** File name without ending. */
  readonly file: string;
  readonly title: string;
  readonly purpose: string;
  /** One line, as the search field of the console takes it. */
  readonly aql: string;
  /** True where it reads custom properties; the others work without any. */
  readonly properties: boolean;
}

/** The log sources, by the name that the administrator gives them: both ways of docs/qradar.md have it. */
export const LOG_SOURCE = "LOGSOURCENAME(logsourceid) ILIKE '%mimecast%'";

/** The time of the event at Mimecast. */
export const TIME = `DATEFORMAT(devicetime, 'yyyy-MM-dd HH:mm:ss') AS "Time"`;

/** How many events there were, coalesced ones included. */
export const EVENTS = `SUM(eventcount) AS "Events"`;

/**
 * That an attribute of the line has a value. No value holds a caret, a TAB or a pipe (docs/leef.md), so that no text of a mail
 * is taken for an attribute or an EventID; the pattern covers the payload as a whole, whatever MATCHES wants.
 */
export function hasAttribute(key: string, value: string): string {
  return `UTF8(payload) MATCHES '.*[\\^\\t|]${key}=${value}([\\^\\t].*)?'`;
}
