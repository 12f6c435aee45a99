/** What is used of `process`. To import node:process would open the standard streams: on Node 26 that takes 10 ms. */
interface Process {
  readonly arch: string;
  readonly execPath: string;
  readonly platform: string;
  readonly emitWarning: (message: string, options: { readonly type: string; readonly code: string }) => void;
  readonly send?: unknown;
  readonly versions: { readonly node: string };
  readonly getBuiltinModule?: (name: string) => unknown;
  readonly nextTick: <Values extends unknown[]>(callback: (...values: Values) => void, ...values: Values) => void;
}

/** The global of Node, Deno and Bun. Not looked at before: Deno 2.9.5 loads most of node:net for it, which takes 8 ms. */
export function getProcess(): Process {
  return (globalThis as unknown as { process: Process }).process;
}

/** Calls back in the tick queue. */
export let nextTick: Process["nextTick"] = (callback, ...values) => {
  nextTick = getProcess().nextTick;
  nextTick(callback, ...values);
};
