/** Where a program has called this module. */

type Called = (...values: never[]) => unknown;

let entry: Called | undefined;

/** Calls something whose call sites are those where a function of ours was called. */
export function withEntry<Result>(called: Called, call: () => Result): Result {
  const before = entry;
  entry ??= called;
  try {
    return call();
  } finally {
    entry = before;
  }
}

/**
 * Remembers where a function was called, without finding out yet.
 *
 * @param called the one that the program has called, unless `withEntry` says another
 */
export function callSite(called: Called): () => string | undefined {
  const held: { stack?: string } = {};
  (Error as unknown as { captureStackTrace(on: object, below: unknown): void }).captureStackTrace(
    held,
    entry ?? called,
  );
  return () => {
    const frames = (held.stack ?? "").split("\n").flatMap((line) => /^\s+at (.*)$/.exec(line)?.[1] ?? []);
    return frames.find((frame) => /[/\\]/.test(frame) && !/(^|\()(node|ext|native|bun):/.test(frame));
  };
}
