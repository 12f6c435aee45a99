import { invalidArgType, outOfRange } from "../core/errors.ts";
import { PER_MILLISECOND } from "./show_time.ts";

export { PER_MILLISECOND, showTime } from "./show_time.ts";

/**
 * A span of time: milliseconds, or a number with its unit: `"10s"`, `"1.5ms"`, `"250us"`, `"100ns"`, `"2m"`, `"1h"`,
 * `"7d"`.
 */
export type Duration = number | string;

const UNITS: Readonly<Record<string, number>> = {
  ns: 0.01,
  us: 10,
  ms: PER_MILLISECOND,
  s: 1000 * PER_MILLISECOND,
  m: 60_000 * PER_MILLISECOND,
  h: 3_600_000 * PER_MILLISECOND,
  d: 86_400_000 * PER_MILLISECOND,
};

/** The whole tenths of a microsecond of a span; the fraction is rounded. */
export function toTime(duration: unknown, name: string): number {
  const time = Math.round(read(duration, name));
  if (!(time >= 0 && time <= Number.MAX_SAFE_INTEGER)) {
    throw outOfRange(name, ">= 0 and less than 28 years", duration);
  }
  return time;
}

function read(duration: unknown, name: string): number {
  if (typeof duration === "number") return duration * PER_MILLISECOND;
  const text = typeof duration === "string" ? duration : "";
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/.exec(text) ?? [];
  if (!Object.hasOwn(UNITS, unit)) {
    throw invalidArgType(name, 'a number of milliseconds, or a string such as "10s" or "1.5ms"', duration);
  }
  return Number(number) * UNITS[unit];
}
