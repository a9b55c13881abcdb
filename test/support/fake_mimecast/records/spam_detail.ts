import type { Draw } from "./draw.ts";

/**
 * `spamProcessingDetail` of API 2.0 in its four encodings: null, JSON as a string, JSON as a string twice
 * over, and an object (reference 2.9).
 */
export function spamProcessingDetail(draw: Draw): unknown {
  const kind = draw.int(100);
  if (kind < 15) return null;
  const detail = draw.chance(35) ? withVerdict(draw) : checks(draw);
  if (kind < 70) return JSON.stringify(detail);
  if (kind < 82) return JSON.stringify(JSON.stringify(detail));
  return detail;
}

/** The object alone: API 1.0 receipts and held messages carry it in this form. */
export function checks(draw: Draw): Record<string, unknown> {
  return {
    rbl: { allow: true, info: "" },
    greyEmail: draw.chance(20),
    spf: { allow: true, info: draw.pick(["ALLOW", "SPF_FAIL", "NONE"]) },
    dkim: { allow: true, info: draw.pick(["ALLOW", "DKIM_UNKNOWN"]) },
    dmarc: { allow: true, info: draw.pick(["ALLOW", "UNKNOWN", "NONE"]) },
    permittedSender: { allow: true, info: "NONE" },
    managedSender: { allow: true, info: "UNKNOWN" },
  };
}

/** The checks and the verdict of the content scan. */
export function withVerdict(draw: Draw): Record<string, unknown> {
  const spam = draw.chance(40);
  return {
    ...checks(draw),
    verdict: {
      categories: [
        {
          name: spam ? "SPAM" : "CLEAN",
          score: draw.int(2_000) / 100,
          risk: spam ? "HIGH" : "NEGLIGIBLE",
          subcategories: [
            { name: "CONTENT", score: 0.8, risk: "NEGLIGIBLE", augmentations: [] },
            {
              name: "HEURISTIC",
              score: 2.5,
              risk: "LOW",
              augmentations: [{ name: "HEADER_POORLY_STRUCTURED", score: 0.8, risk: "NEGLIGIBLE" }],
            },
          ].slice(0, 1 + draw.int(2)),
        },
      ],
      decision: spam ? "SPAM" : "CLEAN",
      description: "",
      risk: spam ? "HIGH" : "NEGLIGIBLE",
    },
  };
}
