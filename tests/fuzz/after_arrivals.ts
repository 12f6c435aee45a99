import process from "node:process";

/** A network in memory looks for what has come in an immediate that it asks for so many ticks after it has been given it. */
const TICKS = process.env.DGRAM_TEST_MEMORY ? 10 : 0;

/** Calls in an immediate: before it a loop has looked for what has come. */
export function afterArrivals(callback: () => void, ticks: number = TICKS): void {
  if (ticks === 0) setImmediate(callback);
  else process.nextTick(afterArrivals, callback, ticks - 1);
}
