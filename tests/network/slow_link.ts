/** What slow_link.test.ts and its child both know. */

/** Datagrams of a burst: a default send buffer has room for a third of them. */
export const COUNT = 400;

/** The text of each: it is told which one is which, and that nothing is missing. */
export function textOf(index: number): string {
  return `${index} `.padEnd(950, String(index));
}

/** How the datagrams of a burst ended. */
export interface Ends {
  /** Their numbers, in the order of their callbacks. */
  readonly order: readonly number[];
  readonly sent: number;
  /** The codes of the others. */
  readonly failures: readonly string[];
}
