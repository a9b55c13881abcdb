import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { deadline, REQUEST_GRACE_MS } from "../../plugin/collect/deadline.ts";
import { StoppedError } from "../../plugin/errors.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each([
  [840_000, 840, 1_680],
  [60_000_000, 60_000, 86_400],
])("a run of %i ms ends with its grace, and names a time that may be enough", (...row) => {
  const [maxRunMs, secs, longerSecs] = row;
  const signal = deadline(maxRunMs);
  vi.advanceTimersByTime(maxRunMs + REQUEST_GRACE_MS - 1);
  expect(signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(signal.reason).toBeInstanceOf(StoppedError);
  expect(signal.reason).toMatchObject({
    message: expect.stringContaining(`poll.max_run_secs: ${secs})`),
    hint: expect.stringContaining(`poll.max_run_secs: ${longerSecs} or more`),
  });
});
