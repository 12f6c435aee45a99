/**
 * The network counts time in tenths of a microsecond: a number has those of 28 years exactly, and a byte takes more than
 * one of them up to 80 Mbit/s; what is faster is counted by the link, which keeps the fraction.
 */
export const PER_MILLISECOND = 10_000;

/** A time as text: seconds with all of their digits. */
export function showTime(time: number): string {
  const second = 1000 * PER_MILLISECOND;
  return `${Math.floor(time / second)}.${String(time % second).padStart(7, "0")}`;
}
