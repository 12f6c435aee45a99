/** Calls whatever a subject has with hostile values, and tells what should not have come of it. */
import process from "node:process";
import timers from "node:timers";
import { inspect } from "node:util";
import type { Subject } from "./subjects.ts";
import { foreignSelves, hostileValues, Planted } from "./values.ts";

/** A call that went wrong. */
export interface Finding {
  readonly call: string;
  readonly outcome: string;
}

/** What is told of an attack. */
export interface Told {
  readonly calls: number;
  readonly findings: readonly Finding[];
}

/** As they are before a network in memory has put its own in their place. */
const { setImmediate, setTimeout, clearTimeout } = timers;

/** Milliseconds for what has to end. */
const PATIENCE = 10_000;

type Call = (...values: unknown[]) => unknown;

/** Attacks the subjects that `make` makes, one for each call. */
export async function attack(make: () => Promise<Subject>, only = ""): Promise<Told> {
  const findings: Finding[] = [];
  let calls = 0;
  const { target, usual = {}, options = {}, without = {}, waits = [], asNode = [], web = false, end } = await make();
  await end?.();

  const attempt = async (
    call: string,
    use: (target: object) => unknown,
    value?: () => unknown,
    isForeign = false,
  ): Promise<void> => {
    if (asNode.some((text) => call.includes(text)) || !call.includes(only)) return;
    calls++;
    const tell = (what: string, error?: unknown): void => {
      if (error !== undefined && (isAllowed(error, web, isForeign) || isOfItself(value, error))) return;
      findings.push({ call, outcome: error === undefined ? what : `${what} ${describe(error)}` });
    };
    const subject = await make();
    const uncaught = watchProcess((error) => tell("uncaught", error ?? new Error("nothing")));
    const ends: Promise<unknown>[] = [];
    try {
      const result = use(subject.target);
      if (isPromise(result) && !waits.some((name) => call.startsWith(`${name}()`))) {
        ends.push(result.catch((error) => tell("rejected with", error)));
      }
    } catch (error) {
      tell("threw", error ?? new Error("nothing"));
    }
    try {
      for (let turn = 0; turn < 2; turn++) await new Promise((done) => setImmediate(done));
      ends.push(Promise.resolve(subject.end?.()).catch((error) => tell("does not go on:", error)));
      // What never ends of itself ends with its subject.
      await within(Promise.all(ends));
    } catch (error) {
      tell("", error);
    } finally {
      uncaught.stop();
    }
  };

  for (const name of membersOf(target)) {
    if (String(name) in without) continue;
    const shown = String(name);
    const method = (self: object): Call => (self as Record<string | symbol, Call>)[name];
    if (typeof method(target) !== "function") continue;
    const values = usual[shown] ?? [];
    const places = Math.max(values.length, method(target).length, 1);
    for (const [what, value] of Object.entries(hostileValues)) {
      for (let place = 0; place < places; place++) {
        await attempt(`${shown}() with ${what} as argument ${place + 1}`, (self) => {
          const given = [...values];
          given[place] = value();
          return method(self).apply(self, given);
        }, value);
      }
      for (const option of Object.keys(options[shown] ?? {})) {
        await attempt(
          `${shown}() with ${what} as option ${option}`,
          (self) => method(self).call(self, { ...options[shown], [option]: value() }),
          value,
        );
      }
    }
    for (const option of Object.keys(options[shown] ?? {})) {
      await attempt(
        `${shown}() with an option ${option} that throws`,
        (self) =>
          method(self).call(
            self,
            withGetter(options[shown], option, () => {
              throw new Planted(option);
            }),
          ),
      );
      let reads = 0;
      await attempt(
        `${shown}() with an option ${option} that is another the second time`,
        (self) =>
          method(self).call(
            self,
            withGetter(options[shown], option, () => reads++ === 0 ? options[shown][option] : Object.create(null)),
          ),
      );
    }
    for (const [what, self] of Object.entries(foreignSelves)) {
      await attempt(`${shown}() on ${what}`, (own) => method(own).apply(self(own), [...values]), undefined, true);
    }
  }
  return { calls, findings };
}

function withGetter(options: object, name: string, get: () => unknown): object {
  return Object.defineProperty({ ...options }, name, { get, enumerable: true, configurable: true });
}

/** Functions of an object and of its classes, but for what every object and every EventEmitter has. */
function membersOf(target: object): (string | symbol)[] {
  const names = new Set<string | symbol>();
  for (let at: object | null = target; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    if (at !== target && Object.hasOwn(at, "removeAllListeners")) break;
    for (const name of Reflect.ownKeys(at)) if (name !== "constructor") names.add(name);
  }
  return [...names].filter((name) => typeof name === "string" ? !name.startsWith("_") : isWellKnown(name));
}

function isWellKnown(symbol: symbol): boolean {
  return symbol === Symbol.asyncIterator || symbol === Symbol.asyncDispose;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise;
}

const CODE = /^(ERR_[A-Z_]+|E[A-Z0-9]+)$/;
/** How engines word what a program has not thought of. */
const CARELESS =
  /Cannot read propert|is not a function|is not an object|not iterable|undefined|reading '|incompatible|detached/;
const REVOKED = /revoked/;

function isAllowed(error: unknown, web: boolean, isForeign: boolean): boolean {
  // A reason that a signal has.
  if (!(error instanceof Error)) return true;
  if (error instanceof Planted || error instanceof DOMException) return true;
  if (CODE.test(String((error as { code?: unknown }).code))) return true;
  if (!(error instanceof TypeError)) return false;
  // As a method of the language's own, or a private field, has it.
  if (isForeign || REVOKED.test(error.message)) return true;
  return web && !CARELESS.test(error.message);
}

/** What the language, or the runtime's own inspection, has against the value whoever uses it: Node's functions pass that on. */
function isOfItself(value: (() => unknown) | undefined, error: unknown): boolean {
  if (value === undefined || !(error instanceof Error)) return false;
  return uses.some((use) => {
    try {
      use(value() as never);
      return false;
    } catch (own) {
      return own instanceof Error && own.message === error.message;
    }
  });
}

const uses: readonly ((value: never) => unknown)[] = [
  (value: unknown) => `${value}`,
  (value: unknown) => (value as number) >>> 0,
  (value: unknown) => Number(value),
  (value: () => unknown) => value(),
  (value: unknown) => inspect(value),
  // Buffer's prototype has getters for Buffers alone.
  (value: object) => (value as { offset: unknown }).offset,
  (value: object) => (value as { aborted: unknown }).aborted,
];

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const at = error.stack?.split("\n").filter((line) => line.includes("/src/")).slice(0, 2).map((line) => line.trim());
  return `${error.name}: ${error.message} ${at?.join(" ") ?? ""}`;
}

function within(promise: Promise<unknown>): Promise<unknown> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error("it never ends")), PATIENCE);
    promise.then(done, fail).finally(() => clearTimeout(timer));
  });
}

/** What reaches the process is nobody's to catch. */
function watchProcess(tell: (error: unknown) => void): { stop(): void } {
  process.on("uncaughtException", tell);
  process.on("unhandledRejection", tell);
  return {
    stop: () => {
      process.off("uncaughtException", tell);
      process.off("unhandledRejection", tell);
    },
  };
}
