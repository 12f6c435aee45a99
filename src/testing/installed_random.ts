/** The randomness of a network's seed in the place of the runtime's own, as long as somebody wants that. */
import { builtin } from "../core/builtins.ts";
import { nextTick } from "../core/process.ts";
import type { Random } from "./random.ts";
import { replace } from "./replace.ts";

/** That of the network which has it installed. A package may keep for good what it has found while that was so. */
let randomHere: (() => Random) | null = null;

type Named = Record<string, (...values: never[]) => unknown>;
type Done<Result> = (error: Error | null, result?: Result) => void;

/** @param here whose randomness it is: each host has its own */
export function installRandom(here: () => Random): (() => void)[] {
  randomHere = here;
  const crypto = builtin("crypto") as unknown as Named;
  const web = new Set([globalThis.crypto as unknown as Named | undefined, crypto.webcrypto as unknown as Named]);
  return [
    () => randomHere = null,
    replace(Math, "random", seeded(Math, Math.random, () => () => fraction())),
    ...[...web].flatMap((target) => target === undefined ? [] : replaceAll(target, OF_WEB)),
    ...replaceAll(crypto, { ...OF_WEB, ...OF_NODE }),
  ];
}

type Make = (real: (...values: never[]) => unknown) => (...values: never[]) => unknown;

/** Each calls the real one, which says what is wrong with its arguments. */
const OF_WEB: Record<string, Make> = {
  getRandomValues: (real) => <View extends ArrayBufferView>(view: View): View => fill(real(view as never) as View),
  randomUUID: () => uuid,
};

const OF_NODE: Record<string, Make> = {
  randomBytes: (real) => (size: number, done?: Done<unknown>) =>
    answer(fill(real(size as never) as ArrayBufferView), done),
  randomFillSync: (real) => (view: ArrayBufferView, ...range: number[]) => {
    real(view as never, ...range as never[]);
    return fill(view, ...range);
  },
  randomFill: () => (view: ArrayBufferView, ...values: unknown[]) => {
    const done = values.pop() as Done<unknown>;
    // As it is now, which is seeded.
    (builtin("crypto") as unknown as Named).randomFillSync(view as never, ...values as never[]);
    answer(view, done);
  },
  randomInt: (real) => (...values: [number, (number | Done<number>)?, Done<number>?]) => {
    const done = values.findLast((value) => typeof value === "function") as Done<number> | undefined;
    const numbers = values.filter((value) => typeof value !== "function") as number[];
    real(...numbers as never[]);
    const [least, end] = numbers.length > 1 ? numbers : [0, numbers[0]];
    return answer(least + Math.floor(fraction() * (end - least)), done);
  },
};

function replaceAll(target: Named, functions: Record<string, Make>): (() => void)[] {
  // Node's node:crypto has a getter for getRandomValues which can't be replaced, and calls that of the global crypto.
  return Object.entries(functions)
    .filter(([name]) => name in target && Object.getOwnPropertyDescriptor(target, name)?.configurable !== false)
    .map(([name, make]) => replace(target, name, seeded(target, target[name], make)));
}

function seeded<Real extends (...values: never[]) => unknown>(target: object, real: Real, make: Make): Real {
  const own = make((...values) => asItWas(() => Reflect.apply(real, target, values)));
  return function (this: unknown, ...values: Parameters<Real>): unknown {
    return Reflect.apply(randomHere === null ? real : own, this, values);
  } as unknown as Real;
}

/** Some of the runtimes' functions call others that are replaced: each runtime would take as many numbers as it likes. */
function asItWas<Result>(call: () => Result): Result {
  const here = randomHere;
  randomHere = null;
  try {
    return call();
  } finally {
    randomHere = here;
  }
}

function answer<Result>(result: Result, done?: Done<Result>): Result | undefined {
  if (done === undefined) return result;
  nextTick(done, null, result);
  return undefined;
}

/** 53 bits. */
function fraction(): number {
  const random = randomHere!();
  return ((random.uint32() >>> 5) * 0x400_0000 + (random.uint32() >>> 6)) / 0x20_0000_0000_0000;
}

/** @param offset the first element, and how many of them */
function fill<View extends ArrayBufferView>(view: View, offset = 0, size?: number): View {
  const { BYTES_PER_ELEMENT: width = 1 } = view as { BYTES_PER_ELEMENT?: number };
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const end = size === undefined ? bytes.length : (offset + size) * width;
  const random = randomHere!();
  for (let at = offset * width; at < end; at++) bytes[at] = random.uint32() >>> 24;
  return view;
}

function uuid(): string {
  const bytes = fill(new Uint8Array(16));
  bytes[6] = bytes[6] & 0x0f | 0x40;
  bytes[8] = bytes[8] & 0x3f | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
