/** The errors: their classes, names, codes, keys and words. */
import dns from "node:dns";
import { Buffer } from "node:buffer";
import { closeSync, openSync } from "node:fs";
import { BlockList } from "node:net";
import process from "node:process";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { AnySocket, Stage } from "../stage.ts";

const HOST = "127.0.0.1";

/** Bun 1.2.23 and 1.3.14, not 1.4.5, forget the message of a stack that is read after a garbage collection. */
const forgetsMessages = /^1\.[0-3]\./.test(process.versions.bun ?? "");

function firstLine({ stack = "", name, message }: Error): string {
  const [line] = stack.split("\n");
  return forgetsMessages && line === name ? `${name}: ${message}` : line;
}

/** Notes what a program can see of an error. */
function anatomy(stage: Stage, thrown: unknown): void {
  const error = thrown as Error & { code?: string };
  const classes = [TypeError, RangeError, SyntaxError, Error].filter((Class) => error instanceof Class);
  stage.note("error", error);
  stage.note("class", classes[0]?.name);
  stage.note("name and code", error.name, error.code, Object.hasOwn(error, "name"));
  stage.note("text", stage.text(String(error)));
  stage.note("first line", stage.text(firstLine(error)));
  stage.keys("error", error);
  const message = Object.getOwnPropertyDescriptor(error, "message");
  stage.note("message is enumerable", message?.enumerable);
  const code = Object.getOwnPropertyDescriptor(error, "code");
  stage.note("code is enumerable and writable", code?.enumerable, code?.writable, code?.configurable);
}

/** Calls, and notes what was thrown. */
function thrownBy(stage: Stage, call: () => unknown): void {
  try {
    call();
    stage.note("nothing was thrown");
  } catch (error) {
    anatomy(stage, error);
  }
}

interface Thrower {
  readonly code: string;
  readonly row: number;
  readonly call: (stage: Stage, socket: AnySocket) => unknown;
}

function closed(socket: AnySocket): AnySocket {
  socket.close();
  return socket;
}

/** Each coded error that is thrown by an unbound socket. */
const throwers: readonly Thrower[] = [
  { code: "ERR_SOCKET_BAD_TYPE", row: 126, call: (stage) => stage.dgram.createSocket("tcp4") },
  { code: "ERR_SOCKET_BAD_PORT", row: 127, call: (_, a) => a.send("x", 70_000, HOST) },
  { code: "ERR_SOCKET_BAD_PORT of bindSync()", row: 127, call: (_, a) => a.bindSync({ port: -1 }) },
  { code: "ERR_SOCKET_ALREADY_BOUND", row: 128, call: (_, a) => a.bind(0, HOST).bind(0) },
  { code: "ERR_SOCKET_DGRAM_NOT_CONNECTED", row: 130, call: (_, a) => a.disconnect() },
  { code: "ERR_SOCKET_DGRAM_NOT_RUNNING", row: 131, call: (_, a) => closed(a).address() },
  { code: "ERR_SOCKET_BAD_BUFFER_SIZE", row: 133, call: (_, a) => a.setRecvBufferSize(-1) },
  { code: "ERR_BUFFER_OUT_OF_BOUNDS", row: 134, call: (_, a) => a.send("x", 2, 1, 9, HOST) },
  { code: "ERR_INVALID_ARG_TYPE", row: 135, call: (_, a) => a.send(5, 9, HOST) },
  { code: "ERR_INVALID_ARG_VALUE", row: 136, call: (_, a) => a.bindSync({ address: "localhost" }) },
  { code: "ERR_MISSING_ARGS", row: 137, call: (_, a) => a.addMembership("") },
  {
    code: "ERR_OUT_OF_RANGE",
    row: 140,
    call: (stage) => stage.dgram.createSocket({ type: "udp4", recvBufferSize: -1 }),
  },
];

/** Names that a bundler leaves alone. */
const names = { Named: class {}, named() {}, async later() {}, *many() {} };

/** Something of every kind, for the words behind "Received". */
const values: readonly (readonly [shown: string, value: unknown])[] = [
  ["undefined", undefined],
  ["null", null],
  ["true", true],
  ["false", false],
  ["an empty string", ""],
  ["a string", "text"],
  ["a string with a single quote", "it's"],
  ["a string with both quotes", `it's "it"`],
  ["a string with all quotes", `it's "it" \`it\``],
  ["a string with a newline", "two\nlines"],
  ["a string with a backslash", "a\\b"],
  ["a string with a tab and a NUL", "a\tb\0"],
  ["a string beyond Latin", "żółć €"],
  ["25 characters", "x".repeat(25)],
  ["26 characters", "x".repeat(26)],
  ["28 characters", "x".repeat(28)],
  ["29 characters", "x".repeat(29)],
  ["100 characters", "abcdefghij".repeat(10)],
  ["a bigint", 1n],
  ["a negative bigint", -5n],
  ["a large bigint", 2n ** 70n],
  ["a symbol", Symbol("a")],
  ["a symbol without a description", Symbol()],
  ["a well-known symbol", Symbol.iterator],
  ["a named function", names.named],
  ["an anonymous function", (() => function () {})()],
  ["an anonymous arrow function", (() => () => {})()],
  ["an async function", names.later],
  ["a generator", names.many],
  ["a class", names.Named],
  ["a bound function", names.named.bind(null)],
  ["an object", {}],
  ["an object with keys", { a: 1 }],
  ["a list", []],
  ["a list with values", [1, 2]],
  ["an instance of a class", new names.Named()],
  ["an instance of a class without a name", new (class {})()],
  ["a date", new Date(0)],
  ["a regular expression", /x/],
  ["a Map", new Map()],
  ["an error", new TypeError("x")],
  ["a Promise", Promise.resolve()],
  ["a Buffer", Buffer.from("x")],
  ["a Uint8Array", new Uint8Array(1)],
  ["a boxed string", Object("x")],
  ["a boxed number", Object(5)],
  ["an object without a prototype", Object.create(null)],
  ["an object with keys and without a prototype", Object.assign(Object.create(null), { a: 1, b: { c: 2 } })],
  ["an object whose constructor is no function", { constructor: 5 }],
  ["an object whose constructor has no name", { constructor: {} }],
  ["an object whose constructor is undefined", { constructor: undefined }],
  ["an object whose constructor's name is empty", { constructor: { name: "" } }],
  ["the global object's Math", Math],
  ["JSON", JSON],
  ["a proxy of an object", new Proxy({}, {})],
];

const numbers: readonly (readonly [shown: string, value: unknown])[] = [
  ["5", 5],
  ["-0", -0],
  ["1.5", 1.5],
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["1e21", 1e21],
  ["2^53", 2 ** 53],
  ["1e-7", 1e-7],
];

const ranges: readonly unknown[] = [-1, 1.5, NaN, Infinity, -Infinity, 2 ** 32, 1e9 + 0.5, -(2 ** 33), 2 ** 53];

export const errorScenarios: readonly Scenario[] = [
  ...throwers.map(({ code, row, call }) =>
    scenario(`${code} is what it is on Node`, { rows: [row, 141] }, (stage) => {
      const a = stage.socket("a");
      thrownBy(stage, () => call(stage, a));
    })
  ),

  scenario("ERR_SOCKET_DGRAM_IS_CONNECTED is what it is on Node", { rows: [129, 141], needs: ["connect"] }, async (
    stage,
  ) => {
    const peer = await stage.bound("peer");
    const a = await stage.connected("a", peer.address().port);
    thrownBy(stage, () => a.connect(peer.address().port));
  }),

  scenario("ERR_SOCKET_BUFFER_SIZE is what it is on Node", { rows: [125, 132, 141] }, (stage) => {
    const a = stage.socket("a");
    thrownBy(stage, () => a.getRecvBufferSize());
    thrownBy(stage, () => a.setSendBufferSize(1024));
  }),

  scenario("ERR_INVALID_FD_TYPE is what it is on Node", { rows: [138, 141], needs: ["fd"] }, (stage) => {
    const a = stage.socket("a");
    const fd = openSync(process.execPath, "r");
    thrownBy(stage, () => a.bind({ fd }));
    closeSync(fd);
  }),

  scenario("ERR_IP_BLOCKED is what it is on Node", { rows: [139, 141] }, async (stage) => {
    const sendBlockList = new BlockList();
    sendBlockList.addAddress(HOST);
    const a = await stage.bound("a", { type: "udp4", sendBlockList });
    anatomy(stage, await new Promise((resolve) => a.send("x", 9, HOST, resolve)));
  }),

  scenario("the error of a failed system call is what it is on Node", { rows: [141, 143] }, (stage) => {
    const a = stage.socket("a");
    thrownBy(stage, () => a.address());
    thrownBy(stage, () => a.setBroadcast(true));
  }),

  scenario("the error of a failed send is what it is on Node", { rows: [82, 144] }, async (stage) => {
    const a = await stage.bound("a");
    anatomy(stage, await new Promise((resolve) => a.send(Buffer.alloc(65_508), 9, HOST, resolve)));
  }),

  scenario("the error of a failed bind is what it is on Node", { rows: [39, 144] }, async (stage) => {
    const a = await stage.bound("a");
    const b = stage.socket("b");
    anatomy(stage, await new Promise((resolve) => b.bind(a.address().port, HOST).once("error", resolve)));
    const c = stage.socket("c");
    anatomy(stage, await new Promise((resolve) => c.bind(0, "198.51.100.77").once("error", resolve)));
  }),

  scenario("the error of a failed look-up is what it is on Node", { rows: [38, 145] }, async (stage) => {
    const a = stage.socket("a");
    anatomy(stage, await new Promise((resolve) => a.bind(0, "a..b").once("error", resolve)));
  }),

  scenario("an error of another kind from node:dns keeps its code and number", { rows: [145] }, async (stage) => {
    const { lookup } = dns;
    const patched = dns as { lookup: unknown };
    const failure = Object.assign(new Error("getaddrinfo EAI_AGAIN some.name"), {
      errno: -3001,
      code: "EAI_AGAIN",
      syscall: "getaddrinfo",
      hostname: "some.name",
    });
    patched.lookup = (_: string, __: unknown, done: (error: Error) => void) => queueMicrotask(() => done(failure));
    try {
      const a = stage.socket("a");
      a.bind(0, "some.name");
      await stage.seen("a 'error'");
    } finally {
      patched.lookup = lookup;
    }
  }),

  scenario("the address of a send's error is always a key, its port only if there is one", { rows: [144] }, async (
    stage,
  ) => {
    const a = await stage.bound("a");
    const long = Buffer.alloc(65_508);
    for (const [label, ...args] of [["given", 9, HOST], ["not given", 9], ["digits", "9", HOST], ["empty", 9, ""]]) {
      stage.keys(String(label), await new Promise((resolve) => a.send(long, ...args, resolve)));
    }
  }),

  ...values.map(([shown, value]) =>
    scenario(`where a number is wanted, ${shown} is named in the error`, { rows: [142] }, (stage) => {
      const a = stage.socket("a");
      stage.call("setTTL", () => a.setTTL(value));
    })
  ),

  scenario("where a string is wanted, numbers are named in the error", { rows: [142] }, (stage) => {
    const a = stage.socket("a");
    for (const [shown, value] of numbers) stage.call(shown, () => a.send("x", 9, value));
  }),

  scenario("where a port is wanted, other values are named in the error", { rows: [127, 142] }, (stage) => {
    const a = stage.socket("a");
    for (const [shown, value] of [...numbers.slice(1), ...values]) stage.call(shown, () => a.connect(value, HOST));
  }),

  scenario("where a number of a range is wanted, others are named in the error", { rows: [16, 140, 142] }, (stage) => {
    for (const recvBufferSize of ranges) {
      stage.call(String(recvBufferSize), () => stage.dgram.createSocket({ type: "udp4", recvBufferSize }));
    }
  }),

  scenario("where an address is wanted, names are shown in the error", { rows: [136, 142] }, (stage) => {
    const a = stage.socket("a");
    for (const [shown, value] of values) {
      if (value && typeof value === "string") stage.call(shown, () => a.bindSync({ address: value }));
    }
    stage.call("200 characters", () => a.bindSync({ address: "abcdefghij".repeat(20) }));
  }),
];
