/** Tells where a program on a host reads real time or real randomness. */
import type { Backend } from "../core/backend.ts";
import { invalidArgType } from "../core/errors.ts";
import { backendHere } from "../core/runtime_backend.ts";
import { notRepeatable } from "./errors.ts";
import { replace } from "./replace.ts";

/** What a program reads that no seed repeats. */
export interface RealRead {
  /** What it has called: `"Date.now"`, `"Math.random"` and so on. */
  readonly what: string;
  /** The name of the host that it runs on. */
  readonly host: string;
  /** The line of the stack where it did so. */
  readonly where: string;
}

/** Whether that is an error where it is read, or who is told of it. */
export type Strict = boolean | ((read: RealRead) => void);

interface Watcher {
  readonly strict: Strict;
  /** The name of the host of a backend; undefined for others'. */
  readonly hostOf: (backend: Backend) => string | undefined;
}

const watchers: Set<Watcher> = new Set();
let undo: (() => void)[] = [];

/** Until the answer is called. */
export function watch(strict: unknown, hostOf: Watcher["hostOf"]): () => void {
  if (typeof strict !== "boolean" && typeof strict !== "function") {
    throw invalidArgType("options.strict", "of type boolean or function", strict);
  }
  if (strict === false) return () => {};
  const watcher = { strict, hostOf } as Watcher;
  if (watchers.size === 0) undo = wrapAll();
  watchers.add(watcher);
  return () => {
    watchers.delete(watcher);
    if (watchers.size === 0) { while (undo.length > 0) undo.pop()!(); }
  };
}

function wrapAll(): (() => void)[] {
  const { Date, Math, performance, crypto } = globalThis;
  const wrapped: (readonly [object | undefined, string, readonly string[]])[] = [
    [globalThis, "", ["setTimeout", "setInterval", "setImmediate"]],
    [Math, "Math.", ["random"]],
    [performance, "performance.", ["now"]],
    // Node 18 has no such global.
    [crypto, "crypto.", ["getRandomValues", "randomUUID"]],
  ];
  const undone = wrapped.flatMap(([target, prefix, names]) =>
    target === undefined
      ? []
      : names.map((name) => replace(target, name, wrap(`${prefix}${name}`, Reflect.get(target, name))))
  );
  const now = wrap("Date.now", Date.now);
  const watched: DateConstructor = new Proxy(Date, {
    construct(real, values, target) {
      if (values.length === 0) tell("new Date()", this.construct!);
      return Reflect.construct(real, values, target === watched ? real : target);
    },
    apply(real) {
      tell("Date()", this.apply!);
      return real();
    },
    get: (real, name) => name === "now" ? now : Reflect.get(real, name),
  });
  return [...undone, replace(globalThis, "Date", watched)];
}

function wrap<Called extends (...values: never[]) => unknown>(what: string, real: Called): Called {
  return new Proxy(real, {
    apply(target, self, values) {
      tell(what, this.apply!);
      return Reflect.apply(target, self, values);
    },
  });
}

/** @param caller whose caller it was */
function tell(what: string, caller: (...values: never[]) => unknown): void {
  const backend = backendHere();
  if (backend === undefined) return;
  for (const { strict, hostOf } of watchers) {
    const host = hostOf(backend);
    if (host === undefined) continue;
    const stack: { stack?: string } = {};
    (Error as unknown as { captureStackTrace(on: object, below: unknown): void }).captureStackTrace(stack, caller);
    // JavaScriptCore has a line for the proxy as well.
    const where = /^\s+at (?!unknown$)(.*)$/m.exec(stack.stack ?? "")?.[1] ?? "";
    if (strict === true) throw notRepeatable(what, host, where);
    if (typeof strict === "function") strict({ what, host, where });
  }
}
