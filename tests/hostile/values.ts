/** What a caller may give that is not what it seems. Each is made anew for each call. */
import { Buffer } from "node:buffer";
import { BlockList } from "node:net";

/** Thrown by the values themselves, when they are looked at: the caller's own, whoever passes it on. */
export class Planted extends Error {
  /** What was looked at. */
  constructor(what: string) {
    super(`planted in ${what}`);
  }
}

const plant = (what: string) => (): never => {
  throw new Planted(what);
};

/** With getters that throw, of these names. */
function mined<Value extends object>(value: Value, ...names: (string | number | symbol)[]): Value {
  for (const name of names) Object.defineProperty(value, name, { get: plant(String(name)), configurable: true });
  return value;
}

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** A list that says something else of its length. */
function lyingList(length: unknown): unknown {
  return new Proxy(["a"], { get: (list, name, self) => name === "length" ? length : Reflect.get(list, name, self) });
}

/** Something else each time that it is asked. */
function fickle(): unknown {
  let asked = 0;
  const answers = [5, "x", undefined, null, {}, () => {}];
  return new Proxy({}, {
    get: (_, name) => typeof name === "symbol" ? undefined : answers[asked++ % answers.length],
    has: () => asked++ % 2 === 0,
  });
}

function detached(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return bytes;
}

/** Not in the types of Node. */
type Resizable = ArrayBuffer & { resize(size: number): void };
const resizable = ArrayBuffer as unknown as new (size: number, options: { maxByteLength: number }) => Resizable;
const growable = SharedArrayBuffer as unknown as new (
  size: number,
  options: { maxByteLength: number },
) => SharedArrayBuffer;

/** Behind the end of what is left of its memory. */
function cutOff(): Uint8Array {
  const memory = new resizable(8, { maxByteLength: 16 });
  const bytes = new Uint8Array(memory, 4);
  // Not on Node 18.
  memory.resize?.(2);
  return bytes;
}

const TYPED = ["length", "byteLength", "byteOffset", "buffer"] as const;

class OddArray extends Array {
  static override get [Symbol.species](): ArrayConstructor {
    return plant("species")();
  }
}

/** By name. */
export const hostileValues: Readonly<Record<string, () => unknown>> = {
  "undefined": () => undefined,
  "null": () => null,
  "a symbol": () => Symbol("s"),
  "a bigint": () => 5n,
  "a function": () => () => {},
  "NaN": () => NaN,
  "-1": () => -1,
  "a huge number": () => 1e300,
  "0.5": () => 0.5,
  "an empty text": () => "",
  "a text": () => "x",
  "a text with a NUL": () => "a\0b",
  "a lone surrogate": () => "\ud800",
  "an empty object": () => ({}),
  "an object without a prototype": () => Object.create(null),
  "a revoked proxy": () => revoked({}),
  "a revoked proxy of a function": () => revoked(() => {}),
  "a revoked proxy of a list": () => revoked([]),
  "a proxy all of whose traps throw": () =>
    new Proxy({}, new Proxy({}, { get: (_, name) => plant(`the trap ${String(name)}`) })),
  "an object that answers otherwise each time": fickle,
  "an object whose conversions throw": () => ({ toString: plant("toString"), valueOf: plant("valueOf") }),
  "an object that converts to a symbol": () => ({ [Symbol.toPrimitive]: () => Symbol() }),
  "an object whose constructor throws": () => mined({}, "constructor"),
  "a function whose name throws": () => mined(function () {}, "name"),
  "an object that throws when it is inspected": () => ({
    constructor: undefined,
    [Symbol.for("nodejs.util.inspect.custom")]: plant("inspect"),
  }),
  "an object whose tag throws": () => mined(Object.create(null) as object, Symbol.toStringTag),
  "an object whose then throws": () => mined({}, "then"),
  "a thenable that never settles": () => ({ then: () => {} }),
  "detached memory": () => detached(4),
  "memory that was cut off": cutOff,
  "memory that can grow": () => new Uint8Array(new growable(4, { maxByteLength: 8 })),
  "bytes that lie about all that they are": () =>
    Object.defineProperties(new Uint8Array(4), {
      length: { value: 1e6 },
      byteLength: { value: 1e6 },
      byteOffset: { value: 5 },
      buffer: { value: null },
    }),
  "bytes that throw when they are asked": () => mined(new Uint8Array(4), ...TYPED),
  "a DataView that throws when it is asked": () => mined(new DataView(new ArrayBuffer(4)), ...TYPED),
  "a list with holes": () => Object.assign(new Array(3), { 1: "a" }),
  "a list with an item that throws": () => mined(["a"], 0),
  "a list whose iteration throws": () => mined(["a"], Symbol.iterator),
  "a list that iterates without end": () =>
    Object.assign(["a"], {
      *[Symbol.iterator]() {
        for (let i = 0; i < 1e6; i++) yield "a";
        throw new Error("it would go on for ever");
      },
    }),
  "a list that is longer than it is": () => lyingList(3),
  "a list of a negative length": () => lyingList(-3),
  "a list of no length": () => lyingList(NaN),
  "a list of a class of its own": () => OddArray.of("a", "b"),
  "a list of hostile messages": () => [mined({}, "data"), mined({ data: "x" }, "port"), fickle(), null],
  "a boxed text": () => Object("127.0.0.1"),
  "a boxed number": () => Object(5),
  "an ArrayBuffer": () => new ArrayBuffer(4),
  "a SharedArrayBuffer": () => new SharedArrayBuffer(4),
  "a proxy of a Buffer": () => new Proxy(Buffer.from("x"), {}),
  "a proxy of a function": () => new Proxy(() => {}, {}),
  "a class": () => class {},
  "what only has the prototype of an Array": () => Object.create(Array.prototype),
  "what only has the prototype of a Uint8Array": () => Object.create(Uint8Array.prototype),
  "what only has the prototype of a Buffer": () => Object.create(Buffer.prototype),
  "what only has the prototype of a BlockList": () => Object.create(BlockList.prototype),
  "what only has the prototype of an AbortSignal": () => Object.create(AbortSignal.prototype),
  "what is like an AbortSignal": () => ({ aborted: false }),
  "what is like an AbortSignal and throws": () => mined({}, "aborted"),
};

/** What a method may be called on that it is not of. `own` is an object that it is of. */
export const foreignSelves: Readonly<Record<string, (own: object) => unknown>> = {
  "nothing": () => undefined,
  "a number": () => 5,
  "an empty object": () => ({}),
  "what only has its prototype": (own) => Object.create(Object.getPrototypeOf(own)),
  "a revoked proxy": () => revoked({}),
  "a proxy all of whose traps throw": () =>
    new Proxy({}, new Proxy({}, { get: (_, name) => plant(`the trap ${String(name)}`) })),
};
