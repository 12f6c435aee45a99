/** What is shown while something is measured: a live line on a terminal, with --json an object a second. */
import type { Report } from "../report.ts";

const LIVE_INTERVAL = 100;
const JSON_INTERVAL = 1000;
const LONGEST_BAR = 24;

/** How far it has come. */
export interface Progress {
  /** As a line for people, of so many characters at most where that is possible. */
  readonly text: (width: number) => string;
  /** As the event `progress`. */
  readonly fields: () => Readonly<Record<string, unknown>>;
}

/** A bar for the part that is done, 0 to 1. */
export function bar(part: number, room: number): string {
  const length = Math.min(LONGEST_BAR, Math.max(0, room));
  return "━".repeat(Math.round(length * part)).padEnd(length, "╌");
}

/** Shows it until `work` is done. */
export async function withProgress<T>(report: Report, { text, fields }: Progress, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {
    if (report.isLive) report.live(text(report.width));
    else report.tell("progress", fields());
  }, report.isLive ? LIVE_INTERVAL : JSON_INTERVAL);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    report.endLive();
  }
}
