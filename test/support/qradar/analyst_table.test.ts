import { expect, test } from "vitest";
import { analystDetails, analystTable } from "./analyst_table.ts";
import type { AnalystEvent } from "./console.ts";

const EVENT: AnalystEvent = {
  qid: 1_202_251_000,
  categoryId: 18006,
  eventName: "Mimecast Receipt Accepted",
  category: "Mail in Progress",
  severity: 2,
  timeMs: Date.UTC(2026, 2, 6, 12),
  username: null,
  sourceIp: "192.0.2.1",
  destinationIp: "127.0.0.1",
  logSource: "acme",
  properties: new Map([["Mimecast Sender", "a@example.com"]]),
  known: true,
};

test("analystTable() shows the newest event of each name and log source, and their number", () => {
  const later = { ...EVENT, timeMs: EVENT.timeMs + 1_000, username: "jo@example.com" };
  const long = { ...EVENT, logSource: "other", username: "x".repeat(50) };
  expect(analystTable([later, EVENT, long])).toEqual([
    "Log Source Time      Event Name                 Low Level Category  Sev  Username                              Source IP  Destination IP  Log Source  Count",
    "2026-03-06 12:00:01  Mimecast Receipt Accepted  Mail in Progress    2    jo@example.com                        192.0.2.1  127.0.0.1       acme        2",
    `2026-03-06 12:00:00  Mimecast Receipt Accepted  Mail in Progress    2    ${"x".repeat(35)}…  192.0.2.1  127.0.0.1       other       1`,
  ]);
});

test("analystDetails() shows every field and custom property", () => {
  expect(analystDetails(EVENT)).toEqual([
    "Log Source Time     2026-03-06 12:00:00",
    "Event Name          Mimecast Receipt Accepted",
    "Low Level Category  Mail in Progress",
    "Sev                 2",
    "Username            N/A",
    "Source IP           192.0.2.1",
    "Destination IP      127.0.0.1",
    "Log Source          acme",
    "Mimecast Sender     a@example.com",
  ]);
});
