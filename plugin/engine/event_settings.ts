import { same } from "./bytes.ts";
import { SETTINGS } from "./memory.ts";
import { EVENT_COUNT, EVENTS, TEXT } from "./tables.ts";
import { number } from "./words.ts";

/** The settings of single EventIDs: another severity, or no line at all. */
const SEVERITIES: usize = SETTINGS + 0xa00;
const LEFT_OUT: usize = SETTINGS + 0xb00;

export function resetEvents(): void {
  for (let event: u32 = 0; event < EVENT_COUNT; event++) {
    store<u8>(SEVERITIES + event, load<u8>(EVENTS + event * 12, 3));
    store<u8>(LEFT_OUT + event, 0);
  }
}

/** Sets the severity of an EventID; false if the EventID or the severity is not valid. */
export function takeSeverity(name: usize, nameEnd: usize, value: usize, end: usize): bool {
  const severity = number(value, end);
  const event = eventNamed(name, nameEnd);
  if (event == EVENT_COUNT) return false;
  // The high bit marks a severity that counts whatever the record says.
  store<u8>(SEVERITIES + event, severity | 0x80);
  return severity - 1 < 10;
}

/** Leaves out records with this EventID; false if it is not known. */
export function leaveOut(name: usize, nameEnd: usize): bool {
  const event = eventNamed(name, nameEnd);
  if (event == EVENT_COUNT) return false;
  store<u8>(LEFT_OUT + event, 1);
  return true;
}

/** The number of an EventID; EVENT_COUNT for an unknown one. */
function eventNamed(name: usize, nameEnd: usize): u32 {
  const length = <u32>(nameEnd - name);
  for (let event: u32 = 0; event < EVENT_COUNT; event++) {
    const row = EVENTS + event * 12;
    if (load<u8>(row, 2) == length && same(TEXT + load<u16>(row), name, length)) return event;
  }
  return EVENT_COUNT;
}

/** True if records with this EventID make no line. */
// @ts-ignore: decorator
@inline
export function isLeftOut(event: u32): bool {
  return load<u8>(LEFT_OUT + event) != 0;
}

/** The severity of an EventID, with the high bit if the settings fix it. */
export function usualSeverity(event: u32): u32 {
  return load<u8>(SEVERITIES + event);
}
