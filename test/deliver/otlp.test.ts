import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isOtlpRetryable, otlpBody, otlpRejection } from "../../plugin/deliver/otlp.ts";
import { otlpRecord } from "../../plugin/deliver/otlp_record.ts";
import { bytesField, fieldsOf, varintField } from "../../plugin/deliver/protobuf.ts";
import { readOtlpRequest } from "../support/otlp_request.ts";

const NOW = Date.UTC(2026, 0, 2);
const LEEF =
  "<134>1 2026-01-01T12:03:24.000Z mimecast-acme LEEF:2.0|Mimecast|Email Security|2.0|audit_logon_success|^|cat=audit^sev=7^eventUid=1c4e6e4fb5667a8698accf4806512690^note=sev=1 é";
const EVENT = { id: "x", n: 3, big: 1e300, neg: -5, yes: true, none: null, list: ["a", { b: 1 }] };
const JSON_LINE = JSON.stringify({
  time: "2026-01-01T12:03:24.000Z",
  account: "acme",
  type: "audit",
  eventUid: "ab",
  event: EVENT,
});

describe("otlpRecord()", () => {
  it("takes time, host, event, severity and id of a LEEF line, and the line as its body", () => {
    expect(otlpRecord(LEEF)).toEqual({
      timeMs: Date.UTC(2026, 0, 1, 12, 3, 24),
      severityNumber: 17,
      severityText: "7",
      eventName: "mimecast.audit_logon_success",
      body: LEEF,
      attributes: {
        "log.record.uid": "1c4e6e4fb5667a8698accf4806512690",
        "host.name": "mimecast-acme",
      },
    });
  });

  it("takes them of a JSON line too, and its object as the body", () => {
    expect(otlpRecord(JSON_LINE)).toMatchObject({
      timeMs: Date.UTC(2026, 0, 1, 12, 3, 24),
      severityNumber: 9,
      eventName: "mimecast.audit",
      body: { event: EVENT },
      attributes: { "log.record.uid": "ab" },
    });
    const both = JSON.stringify({ ...JSON.parse(JSON_LINE), message: LEEF });
    expect(otlpRecord(both)).toMatchObject({ severityText: "7", body: { message: LEEF } });
  });

  it("has the attributes of a syslog exporter where they are wanted", () => {
    const { attributes } = otlpRecord(LEEF, true);
    const message = LEEF.slice(LEEF.indexOf("LEEF:"));
    expect(attributes).toMatchObject({ priority: "134", hostname: "mimecast-acme", message });
    const both = JSON.stringify({ ...JSON.parse(JSON_LINE), message: LEEF });
    expect(otlpRecord(both, true).attributes).toMatchObject({ priority: "134", message });
    expect(otlpRecord(JSON_LINE, true).attributes).toMatchObject({ message: JSON_LINE });
  });

  it("makes a record of any line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(otlpRecord(text, true).attributes.message).toBeTypeOf("string");
        expect(otlpRecord(text).severityNumber).toBeGreaterThan(0);
      }),
    );
  });
});

describe.each(["protobuf", "json"] as const)("otlpBody() as %s", (encoding) => {
  const read = (text: string) => {
    const { type, bytes } = otlpBody(Buffer.from(text), encoding, NOW);
    expect(type).toBe(encoding === "json" ? "application/json" : "application/x-protobuf");
    return readOtlpRequest(type, Buffer.from(bytes));
  };

  it("writes one record for each line", () => {
    expect(read(`${LEEF}\n${JSON_LINE}\n`)).toEqual([
      {
        timeUnixNano: `${Date.UTC(2026, 0, 1, 12, 3, 24)}000000`,
        observedTimeUnixNano: `${NOW}000000`,
        severityNumber: 17,
        severityText: "7",
        eventName: "mimecast.audit_logon_success",
        body: LEEF,
        attributes: {
          "log.record.uid": "1c4e6e4fb5667a8698accf4806512690",
          "host.name": "mimecast-acme",
        },
      },
      expect.objectContaining({ body: JSON.parse(JSON_LINE) }),
    ]);
  });

  it("keeps every text and every value of JSON", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ unit: "grapheme" }).map((text) => `x${text.replaceAll("\n", " ")}`),
            fc.json().map((text) => JSON.stringify({ event: JSON.parse(text) })),
          ),
          { minLength: 1, maxLength: 5 },
        ),
        (lines) => {
          const bodies = read(`${lines.join("\n")}\n`).map(({ body }) => body);
          expect(bodies).toEqual(
            lines.map((line) => (line.startsWith("{") ? JSON.parse(line) : line)),
          );
        },
      ),
    );
  });
});

describe("otlpRejection()", () => {
  it("is what the receiver says of records that it leaves out", () => {
    const partial = bytesField(1, [varintField(1, 3), bytesField(2, "too old")]);
    expect(otlpRejection(partial, "protobuf")).toContain(
      "3 records of the batch are rejected: too old",
    );
    const json = { partialSuccess: { rejectedLogRecords: "3", errorMessage: "too old" } };
    expect(otlpRejection(Buffer.from(JSON.stringify(json)), "json")).toContain("too old");
  });

  it("is null where all were taken, with a warning or any other answer", () => {
    const warning = bytesField(1, [bytesField(2, "slow down")]);
    for (const answer of [Buffer.alloc(0), warning, Buffer.from("garbage"), Buffer.from([0x0a])]) {
      expect(otlpRejection(answer, "protobuf")).toBeNull();
      expect(otlpRejection(answer, "json")).toBeNull();
    }
    expect(otlpRejection(Buffer.from('{"partialSuccess":{}}'), "json")).toBeNull();
  });

  it("comes to an end whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect([...fieldsOf(Buffer.from(bytes))].length).toBeLessThanOrEqual(60);
        otlpRejection(bytes, "protobuf");
      }),
    );
  });
});

it("isOtlpRetryable() follows the specification's list", () => {
  const all = Array.from({ length: 200 }, (_, index) => 400 + index);
  expect(all.filter(isOtlpRetryable)).toEqual([429, 502, 503, 504]);
});
