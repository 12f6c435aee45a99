/** Numbers for people, and round-trip times for both. */
import type { Histogram } from "./histogram.ts";

/** `12,345`. */
export function grouped(value: number): string {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A number of things: `1 datagram`, `2 datagrams`. */
export function counted(value: number, what: string): string {
  return `${grouped(value)} ${what}${value === 1 ? "" : "s"}`;
}

/** Milliseconds to three significant digits. */
export function milliseconds(value: number): string {
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ms`;
}

/** The share of `part` in `whole`: `12.5 %`. */
export function share(part: number, whole: number): string {
  return `${whole === 0 ? 0 : Number((100 * part / whole).toFixed(2))} %`;
}

const PERCENTILES = { p50: 50, p90: 90, p99: 99, p999: 99.9 } as const;
const rounded = (value: number): number => Number(value.toFixed(6));

/** The times' figures in milliseconds, null where there are none. */
export function timesOf(times: Histogram): Record<string, number> | null {
  if (times.count === 0) return null;
  const percentiles = Object.entries(PERCENTILES).map(([name, percent]) => [name, rounded(times.percentile(percent))]);
  return {
    min: rounded(times.min),
    mean: rounded(times.mean),
    ...Object.fromEntries(percentiles),
    max: rounded(times.max),
  };
}

const BRIEF = ["min", "p50", "p99", "max"];

/** The same as one line; the brief one fits beside other figures. */
export function timesLine(times: Histogram, brief: boolean = false): string {
  const entries = Object.entries(timesOf(times) ?? {}).filter(([name]) => !brief || BRIEF.includes(name));
  return entries.map(([name, value]) => `${name === "p999" ? "p99.9" : name} ${milliseconds(value)}`).join("  ");
}

/** The bounds 1, 2, 5, 10, 20, … microseconds that cover the times, in milliseconds. */
function boundsFor(times: Histogram): number[] {
  const steps = Array.from({ length: 30 }, (_, step) => [1, 2, 5][step % 3] * 10 ** Math.floor(step / 3) / 1000);
  const first = steps.findIndex((bound) => bound > times.min);
  const last = steps.findIndex((bound) => bound > times.max);
  return steps.slice(Math.max(first, 0), last < 0 ? undefined : last + 1);
}

/** A row for each range of times, in JSON's form. */
export function rowsOf(times: Histogram): { below: number; count: number }[] {
  if (times.count === 0) return [];
  const bounds = boundsFor(times);
  return times.countsBelow(bounds).map((count, index) => ({ below: bounds[index], count }));
}

const LONGEST_BAR = 40;
/** What stands beside a bar. */
const BESIDE_BAR = "  <  10000 ms    12.34 %".length;

/** The rows drawn with bars, in lines that are no longer than `width` where that is possible. */
export function chart(times: Histogram, width: number): string {
  const longest = Math.min(LONGEST_BAR, Math.max(1, width - BESIDE_BAR));
  const rows = rowsOf(times);
  const most = Math.max(...rows.map(({ count }) => count), 1);
  return rows.map(({ below, count }) => {
    const bar = "█".repeat(Math.round(longest * count / most)).padEnd(longest);
    return `  < ${`${below} ms`.padStart(9)}  ${bar}  ${share(count, times.count)}`;
  }).join("\n");
}
