import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { signedHeaders } from "../../plugin/client/auth/auth_v1.ts";
import { failureOfError } from "../../plugin/client/failure.ts";
import { sourceNamed } from "../../plugin/sources/registry.ts";
import type { Cursor } from "../../plugin/sources/source.ts";
import { createFakeContext } from "../support/fake_context.ts";
import { linesOf } from "../support/source_driver.ts";

/** Public payloads of real tenants and of other collectors' mocks. They are not part of this project. */
const SAMPLES = join(dirname(fileURLToPath(import.meta.url)), "../../../shared/samples");
const NOW = Date.UTC(2026, 2, 1);

describe.skipIf(!existsSync(SAMPLES))("real payloads (skipped without the samples)", () => {
  const read = (path: string): string => readFileSync(join(SAMPLES, path), "utf8");
  /** One answer; some files hold a list of them. */
  const parsed = (path: string): Record<string, unknown> =>
    [JSON.parse(read(path))].flat()[0] as Record<string, unknown>;

  test.each([
    ["elastic/mock_bodies/v1/audit-get-audit-events.page1.json", "1.0", "audit", ""],
    ["demisto/MimecastEventCollectorV2/audit_raw_response.json", "2.0", "audit", ""],
    ["elastic/mock_bodies/v1/ttp-url-get-logs.page1.json", "1.0", "ttp_url", "clickLogs"],
    ["elastic/mock_bodies/v1/ttp-url-get-logs.page2.json", "1.0", "ttp_url", "clickLogs"],
    ["rapid7_v2/get_url_logs_pagination.json.resp", "2.0", "ttp_url", "clickLogs"],
    [
      "elastic/mock_bodies/v2/ttp-attachment-get-logs.page1.json",
      "2.0",
      "ttp_attachment",
      "attachmentLogs",
    ],
    [
      "elastic/mock_bodies/v2/ttp-attachment-get-logs.page3-empty.json",
      "2.0",
      "ttp_attachment",
      "attachmentLogs",
    ],
    [
      "elastic/mock_bodies/v2/ttp-impersonation-get-logs.page1.json",
      "2.0",
      "ttp_impersonation",
      "impersonationLogs",
    ],
    ["elastic/mock_bodies/v1/dlp-get-logs.page1.json", "1.0", "dlp", "dlpLogs"],
    ["demisto/MimecastV2/get_view_logs_response.json", "2.0", "archive_view", ""],
    ["demisto/MimecastV2/get_archive_search_logs_response.json", "2.0", "archive_search", "logs"],
    ["demisto/MimecastV2/get_search_logs_response.json", "2.0", "archive_search", "logs"],
  ] as const)("%s of API %s gives all records of %s", async (path, api, name, list) => {
    const json = parsed(path);
    const data = json.data as Record<string, unknown>[];
    const wanted = list === "" ? data : data.flatMap((each) => (each[list] as object[]) ?? []);
    const source = sourceNamed(api, name);
    const context = createFakeContext([{ json }]);
    context.nowMs = NOW;
    const start = source.start(name, NOW - 3_600_000, NOW);
    const opened = (await source.page(name, start, context)).next;
    const { items } = await source.page(name, opened, context);
    const lines = (await Promise.all(items.map(linesOf))).flat();
    expect(lines).toHaveLength(wanted.length);
    for (const line of lines) expect(wanted).toContainEqual(JSON.parse(line));
  });

  test("a real listing with the same link twice is one file", async () => {
    const json = parsed("rapid7_v2/monitor_siem_logs_batch_duplicates.json.resp");
    const source = sourceNamed("2.0", "siem");
    const context = createFakeContext([{ json }]);
    const start: Cursor = source.start("siem:receipt", NOW, NOW);
    const page = await source.page("siem:receipt", start, context);
    expect(page.items).toHaveLength(1);
    expect(page).toMatchObject({ more: false, next: { nextPage: "NDU1NA==" } });
  });

  test("the answer without more data ends the API 1.0 stream", async () => {
    const json = parsed("rapid7_v1/siem-no-more-data.json");
    const source = sourceNamed("1.0", "siem");
    const context = createFakeContext([{ json }]);
    const page = await source.page("siem", { token: "t", taken: [] }, context);
    expect(page).toMatchObject({ items: [], more: false, next: { token: "t" } });
  });

  test("a real 401 body is understood", () => {
    expect(failureOfError(parsed("rapid7_v1/util.py.siem-401.json"))).toMatchObject({
      code: "err_xdk_invalid_signature",
      message: "0004 Invalid Signature",
    });
  });

  test("the published signatures come out", () => {
    const vectors = JSON.parse(read("auth_vectors/api1-hmac.json")) as Record<string, string>[];
    expect(vectors.length).toBeGreaterThan(0);
    for (const vector of vectors) {
      const headers = signedHeaders(
        {
          api: "1.0",
          appId: "app",
          appKey: vector.appKey ?? "",
          accessKey: vector.accessKey ?? "",
          secretKey: vector.secretKey_base64 ?? "",
        },
        vector.uri ?? "",
        {
          nowMs: Date.parse((vector["x-mc-date"] ?? "").replace("UTC", "GMT")),
          requestId: vector["x-mc-req-id"] ?? "",
        },
      );
      expect(headers.authorization).toBe(vector.Authorization);
      expect(headers["x-mc-date"]).toBe(vector["x-mc-date"]);
    }
  });
});
