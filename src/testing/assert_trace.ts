import { invalidArgType } from "../core/errors.ts";
import type { NetworkLooks } from "./look_types.ts";

const AROUND = 4;
const ANY_LINES = "...";

/** A failed assertion, as test runners know it. */
export class TraceAssertionError extends Error {
  /** As that of `node:assert`. */
  override readonly name = "AssertionError";
  /** As that of `node:assert`. */
  readonly code = "ERR_ASSERTION";
  /** The lines of the trace where it differs. */
  readonly actual: string;
  /** The lines that were expected there. */
  readonly expected: string;
  /** What was asserted. */
  readonly operator = "assertTrace";
  /** As that of `node:assert`: true if the message was made of the difference. */
  readonly generatedMessage = true;

  /**
   * Says what differs.
   *
   * @param message what differs, with lines around it
   */
  constructor(message: string, actual: string, expected: string) {
    super(message);
    this.actual = actual;
    this.expected = expected;
  }
}

/**
 * Asserts that the trace of a network is as expected: that of an earlier run, byte for byte, or a list of lines in which
 * `*` stands for any text, and a line `...` for any number of lines. Spaces around lines and empty lines don't count.
 *
 * @param actual a network with a trace, or the text of one
 * @param expected what it has to be
 * @throws {TraceAssertionError} ERR_ASSERTION: it differs; the message shows the first lines that do
 * @throws {TypeError} ERR_INVALID_ARG_TYPE for what is neither
 *
 * @example
 * ```ts
 * import { assertTrace, createNetwork } from "@x/dgram/testing";
 *
 * const net = createNetwork({ trace: true });
 * const [a, b] = [net.host({ name: "a" }), net.host({ name: "b" })];
 * net.link(a, b, { loss: 1 });
 * a.dgram.createSocket("udp4").send("hello", 9, b.addresses[0]);
 * await net.idle();
 * assertTrace(net, `
 *   ...
 *   * a>b #1 * 5 bytes lost: the link lost it
 * `);
 * await net.close();
 * ```
 */
export function assertTrace(actual: NetworkLooks | string, expected: string): void {
  if (typeof expected !== "string") throw invalidArgType("expected", "of type string", expected);
  const text = typeof actual === "string" ? actual : actual?.traceText?.();
  if (typeof text !== "string") throw invalidArgType("actual", "a network or the text of a trace", actual);
  const [lines, wanted] = [linesOf(text), linesOf(expected)];
  const difference = findDifference(lines, wanted);
  if (difference === null) return;
  const [at, to] = difference;
  const shown = [
    ...lines.slice(Math.max(0, at - AROUND), at).map((line) => `    ${line}`),
    `  + ${lines[at] ?? "(the end of the trace)"}`,
    `  - ${wanted[to] ?? "(the end)"}`,
    ...lines.slice(at + 1, at + 1 + AROUND).map((line) => `    ${line}`),
  ];
  throw new TraceAssertionError(
    `The trace is not as expected. Line ${at + 1} (+) should be line ${to + 1} of what was expected (-):\n` +
      `${shown.join("\n")}\n`,
    lines.slice(at, at + AROUND).join("\n"),
    wanted.slice(to, to + AROUND).join("\n"),
  );
}

function linesOf(text: string): string[] {
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

/** Where the one first differs from the other, or null. */
function findDifference(lines: readonly string[], wanted: readonly string[]): [at: number, to: number] | null {
  let at = 0;
  let to = 0;
  let isAnchored = true;
  while (to < wanted.length) {
    if (wanted[to] === ANY_LINES) {
      isAnchored = false;
      to++;
      continue;
    }
    const next = wanted.indexOf(ANY_LINES, to);
    const group = wanted.slice(to, next < 0 ? wanted.length : next);
    // The last lines have to be the last of the trace.
    const last = lines.length - group.length;
    const first = isAnchored ? at : next < 0 ? Math.max(at, last) : at;
    const found = find(lines, group, first, isAnchored ? first : last);
    if (found.length < group.length) return [found.at + found.length, to + found.length];
    at = found.at + group.length;
    to += group.length;
    isAnchored = true;
  }
  return isAnchored && at < lines.length ? [at, to] : null;
}

/** The first place of a group of lines, or that where most of it is. */
function find(
  lines: readonly string[],
  group: readonly string[],
  from: number,
  to: number,
): { at: number; length: number } {
  let best = { at: from, length: 0 };
  for (let at = from; at <= to || at === from; at++) {
    let length = 0;
    while (length < group.length && at + length < lines.length && fits(lines[at + length], group[length])) length++;
    if (length === group.length) return { at, length };
    if (length > best.length) best = { at, length };
  }
  return best;
}

function fits(line: string, pattern: string): boolean {
  if (!pattern.includes("*")) return line === pattern;
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(line);
}
