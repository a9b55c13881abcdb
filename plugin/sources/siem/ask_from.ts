import { answerDate } from "../../client/mimecast_clock.ts";
import { isRefused } from "../restarts.ts";
import type { SourceContext } from "../source.ts";

/** Two clocks that differ by less agree. */
const AGREE_MS = 5 * 60_000;

/**
 * Asks by date, not further back than the `keptMs` for which Mimecast keeps data. Before the first answer this host's
 * clock may be wrong: if the answer shows this and another start follows, it asks again from there. `startFrom` returns the
 * start of the range, in a form that sorts by time, if Mimecast has nothing older than `oldestMs`.
 */
export async function askFrom<T extends { readonly headers: Readonly<Record<string, string>> }>(
  context: Pick<SourceContext, "now">,
  keptMs: number,
  startFrom: (oldestMs: number) => string,
  ask: (start: string) => Promise<T>,
): Promise<{ readonly start: string; readonly answer: T }> {
  const nowMs = context.now();
  const start = startFrom(nowMs - keptMs);
  const corrected = (mimecastMs: number): string =>
    Math.abs(mimecastMs - nowMs) < AGREE_MS ? start : startFrom(mimecastMs - keptMs);
  const first = await refusedOr(() => ask(start));
  if ("refusal" in first) {
    const other = corrected(context.now());
    if (other === start) throw first.refusal;
    return { start: other, answer: await ask(other) };
  }
  const other = corrected(answerDate(first.answer.headers) ?? nowMs);
  // By a clock that is behind, the answer holds everything.
  if (other >= start) return { start, ...first };
  const second = await refusedOr(() => ask(other));
  return "refusal" in second ? { start, ...first } : { start: other, ...second };
}

async function refusedOr<T>(ask: () => Promise<T>) {
  try {
    return { answer: await ask() };
  } catch (error) {
    if (!isRefused(error)) throw error;
    return { refusal: error };
  }
}
