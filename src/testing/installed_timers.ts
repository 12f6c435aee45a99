/** Virtual time in the place of the runtime's own, as long as somebody wants that. */
import { withEntry } from "./call_site.ts";
import { invalidArgValue } from "../core/errors.ts";
import { builtin } from "../core/builtins.ts";
import { nothingElse } from "../core/nothing_else.ts";
import { getProcess } from "../core/process.ts";
import { backendHere } from "../core/runtime_backend.ts";
import { validateAbortSignal, validateObject } from "../core/validate.ts";
import { type Change, changeOf } from "./change.ts";
import type { VirtualClock } from "./clock.ts";
import type { InstallOptions } from "./clock_types.ts";
import { PER_MILLISECOND } from "./duration.ts";
import { timersInstalled, timersNotReplaced } from "./errors.ts";
import { checkKnown, toBoolean } from "./read_options.ts";
import { importedTimers } from "./real_timers.ts";
import { replace } from "./replace.ts";

/** Two networks can't both have them. */
let isInstalled = false;

const NAMES = ["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate"] as const;

/** util.promisify.custom */
const PROMISIFIED = Symbol.for("nodejs.util.promisify.custom");

/** @throws {Error} ERR_NETWORK_TIMERS_INSTALLED, ERR_NETWORK_TIMERS_NOT_REPLACED */
export function installTimers(clock: VirtualClock, options: InstallOptions): Change {
  validateObject(options, "options");
  checkKnown(options, ["now", "imports"], "options");
  const { now = clock.now(), imports = false } = options;
  toBoolean(imports, "options.imports");
  const began = Number(now) - clock.now();
  if (!Number.isFinite(began)) throw invalidArgValue("options.now", "must be a Date or milliseconds", now);
  if (isInstalled) throw timersInstalled();
  isInstalled = true;
  const read = (): number => (backendHere()?.clock ?? clock).now();
  const modules = builtin("timers");
  const promises = promisesOf(clock);
  for (const name of ["setTimeout", "setImmediate"] as const) {
    Object.assign(clock[name], { [PROMISIFIED]: promises[name] });
  }
  const undo = [
    () => isInstalled = false,
    ...[globalThis, modules].flatMap((target) => NAMES.map((name) => replace(target, name, clock[name]))),
    ...Object.entries(promises).map(([name, value]) => replace(builtin("timers/promises"), name, value)),
    replace(globalThis, "Date", dateOf(() => Math.floor(began + read()))),
    replace(performance, "now", read),
    replace(getProcess(), "hrtime", hrtimeOf(read)),
  ];
  syncImports();
  undo.unshift(syncImports);
  const change = changeOf(...undo);
  if (imports && importedTimers.setTimeout !== clock.setTimeout) {
    change.undo();
    throw timersNotReplaced();
  }
  return change;
}

/** On Node, the names that ES modules import follow; on Deno and Bun they stay what they were, or it throws. */
export function syncImports(): void {
  try {
    builtin("module").syncBuiltinESMExports?.();
  } catch {
    // `imports` asks whether they have followed.
  }
}

function dateOf(now: () => number): DateConstructor {
  const virtual: DateConstructor = new Proxy(Date, {
    construct: (real, values, target) =>
      Reflect.construct(real, values.length > 0 ? values : [now()], target === virtual ? real : target),
    apply: (real) => new real(now()).toString(),
    get: (real, name) => name === "now" ? now : Reflect.get(real, name),
  });
  return virtual;
}

/** `process.hrtime`, of milliseconds that are exact to a tenth of a microsecond. */
function hrtimeOf(now: () => number): unknown {
  const tenths = (): number => Math.round(now() * PER_MILLISECOND);
  const hrtime = ([seconds, nanoseconds]: readonly [number, number] = [0, 0]): [number, number] => {
    const since = tenths() - seconds * 1000 * PER_MILLISECOND - nanoseconds / 100;
    const whole = Math.floor(since / (1000 * PER_MILLISECOND));
    return [whole, Math.round((since - whole * 1000 * PER_MILLISECOND) * 100)];
  };
  return Object.assign(hrtime, { bigint: (): bigint => BigInt(tenths()) * 100n });
}

interface Aborts {
  readonly signal?: AbortSignal | undefined;
}

function promisesOf(clock: VirtualClock) {
  const wait = <Value>(
    start: (done: () => void) => Parameters<typeof clock.clearTimeout>[0],
    value: Value,
    { signal }: Aborts = nothingElse({}),
  ): Promise<Value> =>
    new Promise((done, fail) => {
      if (signal !== undefined) validateAbortSignal(signal, "options.signal");
      if (signal?.aborted) throw aborted(signal);
      const abort = (): void => {
        clock.clearTimeout(timer);
        fail(aborted(signal!));
      };
      const timer = start(() => {
        signal?.removeEventListener("abort", abort);
        done(value);
      });
      signal?.addEventListener("abort", abort, { once: true });
    });
  const setTimeout = <Value>(delay?: number, value?: Value, options?: Aborts): Promise<Value | undefined> =>
    withEntry(setTimeout, () => wait((done) => clock.setTimeout(done, delay), value, options));
  const setImmediate = <Value>(value?: Value, options?: Aborts): Promise<Value | undefined> =>
    withEntry(setImmediate, () => wait((done) => clock.setImmediate(done), value, options));
  return {
    setTimeout,
    setImmediate,
    setInterval: async function* <Value>(delay?: number, value?: Value, options?: Aborts) {
      for (let at = clock.now();;) {
        at += Math.max(1, delay ?? 1);
        yield await setTimeout(at - clock.now(), value, options);
      }
    },
    scheduler: {
      wait: (delay: number, options?: Aborts): Promise<void> => setTimeout(delay, undefined, options),
      yield: (): Promise<void> => wait((done) => clock.setImmediate(done), undefined),
    },
  };
}

function aborted(signal: AbortSignal): Error {
  return Object.assign(new Error("The operation was aborted", { cause: signal.reason }), {
    name: "AbortError",
    code: "ABORT_ERR",
  });
}
