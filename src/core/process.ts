/** What is used of `process`. To import node:process would open the standard streams: on Node 26 that takes 10 ms. */
interface Process {
  readonly arch: string;
  readonly execPath: string;
  readonly platform: string;
  readonly send?: unknown;
  readonly getBuiltinModule?: (name: string) => unknown;
  readonly nextTick: <Values extends unknown[]>(callback: (...values: Values) => void, ...values: Values) => void;
}

/** The global of Node, Deno and Bun. */
export const process: Process = (globalThis as unknown as { process: Process }).process;

/** Calls back in the tick queue. */
export const nextTick: Process["nextTick"] = process.nextTick;
