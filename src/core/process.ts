/** What is used of `process`. To import node:process would open the standard streams: on Node 26 that takes 10 ms. */
interface Process {
  readonly arch: string;
  readonly execPath: string;
  readonly platform: string;
  readonly emitWarning: (message: string, options: { readonly type: string; readonly code: string }) => void;
  readonly send?: unknown;
  readonly versions: { readonly node: string };
  readonly getBuiltinModule?: (name: string) => unknown;
  readonly nextTick: NextTick & { readonly clock?: { readonly _nextTick?: NextTick } };
}

type NextTick = <Values extends unknown[]>(callback: (...values: Values) => void, ...values: Values) => void;

/** The global of Node, Deno and Bun. Not looked at before: Deno 2.9.5 loads most of node:net for it, which takes 8 ms. */
export function getProcess(): Process {
  return (globalThis as unknown as { process: Process }).process;
}

/** Calls back in the tick queue. */
export let nextTick: NextTick = (callback, ...values) => {
  const found = getProcess().nextTick;
  // Fake timers of a test, those of Jest too, keep there what they stand for (@sinonjs/fake-timers 15.5).
  nextTick = found.clock?._nextTick ?? found;
  nextTick(callback, ...values);
};

/** Raises an error outside the caller's stack, where it becomes an `uncaughtException` and takes nothing with it. */
export const throwLater = (error: unknown): void =>
  nextTick(() => {
    throw error;
  });

const settled = Promise.resolve();

/**
 * Calls back, what throws nothing, in the microtask queue. A test's fake timers stand for queueMicrotask, too, which costs
 * half as much again on Node 26.
 */
export function microtask(callback: () => void): void {
  settled.then(callback);
}
