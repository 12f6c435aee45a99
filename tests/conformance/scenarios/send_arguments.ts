/** What send() and sendto() refuse, in which words and in which order. */
import { Buffer } from "node:buffer";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { AnySocket, Stage } from "../stage.ts";

const HOST = "127.0.0.1";
const PORT = 9;

/** Values of every kind that are no message, no port, no address. */
const messages: readonly (readonly [string, unknown])[] = [
  ["undefined", undefined],
  ["null", null],
  ["a number", 5],
  ["NaN", NaN],
  ["true", true],
  ["a bigint", 1n],
  ["a symbol", Symbol("s")],
  ["a function", { send() {} }.send],
  ["an object", {}],
  ["an object without a prototype", Object.create(null)],
  ["an ArrayBuffer", new ArrayBuffer(2)],
  ["a SharedArrayBuffer", new SharedArrayBuffer(2)],
  ["a date", new Date(0)],
  ["an object that looks like a Buffer", { length: 1, byteLength: 1, 0: 1 }],
];

const parts: readonly (readonly [string, unknown])[] = [
  ["undefined", [undefined]],
  ["null in the middle", ["a", null, "b"]],
  ["a number", [5]],
  ["a list", [["a"]]],
  ["an ArrayBuffer", [new ArrayBuffer(1)]],
  ["a hole", [, "a"]],
  ["an object", ["a", {}]],
];

const ports: readonly (readonly [string, unknown])[] = [
  ["undefined", undefined],
  ["null", null],
  ["0", 0],
  ["-0", -0],
  ["-1", -1],
  ["65536", 65_536],
  ["1.5", 1.5],
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["the string 0", "0"],
  ["the string x", "x"],
  ["an empty string", ""],
  ["a blank", " "],
  ["the string 65536", "65536"],
  ["the string 1.5", "1.5"],
  ["true", true],
  ["a bigint", 9n],
  ["an object", {}],
  ["an object with a value", { valueOf: () => 9 }],
  ["a list", [9]],
];

const addresses: readonly (readonly [string, unknown])[] = [
  ["0", 0],
  ["5", 5],
  ["false", false],
  ["true", true],
  ["NaN", NaN],
  ["a bigint", 1n],
  ["a symbol", Symbol("s")],
  ["an object", {}],
  ["a list", [HOST]],
  ["a String", Object(HOST)],
  ["a Buffer", Buffer.from(HOST)],
];

/** Calls on a bound socket; nothing may leave or follow. */
async function refusal(stage: Stage, call: (a: AnySocket) => unknown): Promise<void> {
  const a = await stage.bound("a");
  stage.call("call", () => call(a));
  await stage.settle();
}

export const sendArgumentScenarios: readonly Scenario[] = [
  ...messages.map(([shown, message]) =>
    scenario(`send() refuses ${shown} as a message`, { rows: [68, 135] }, (stage) => {
      return refusal(stage, (a) => a.send(message, PORT, HOST, stage.callback("cb")));
    })
  ),

  ...messages.map(([shown, message]) =>
    scenario(`send() refuses a part of ${shown}`, { rows: [68, 69] }, (stage) => {
      return refusal(stage, (a) => a.send(message, 0, 0, PORT, HOST, stage.callback("cb")));
    })
  ),

  scenario(
    "send() on a connected socket refuses the same messages",
    { rows: [68], needs: ["connect"] },
    async (stage) => {
      const peer = await stage.bound("peer");
      const a = await stage.connected("a", peer.address().port);
      for (const [shown, message] of [...messages, ...parts]) {
        stage.call(shown, () => a.send(message, stage.callback("cb")));
      }
      for (const [shown, message] of messages) stage.call(`a part of ${shown}`, () => a.send(message, 0, 0));
      await stage.quiet();
    },
  ),

  ...parts.map(([shown, list]) =>
    scenario(`send() refuses a list with ${shown}`, { rows: [68] }, (stage) => {
      return refusal(stage, (a) => a.send(list, PORT, HOST, stage.callback("cb")));
    })
  ),

  ...ports.map(([shown, port]) =>
    scenario(`send() refuses the port ${shown}`, { rows: [71, 127] }, (stage) => {
      return refusal(stage, (a) => a.send("x", port, HOST, stage.callback("cb")));
    })
  ),

  ...ports.filter(([, port]) => port).map(([shown, port]) =>
    scenario(`send() of a part refuses the port ${shown}`, { rows: [71, 127] }, (stage) => {
      return refusal(stage, (a) => a.send("x", 0, 1, port, HOST, stage.callback("cb")));
    })
  ),

  scenario("send() takes ports in every spelling of a number", { rows: [71] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    const { port } = peer.address();
    const spellings = [
      String(port),
      ` ${port} `,
      `${port}.0`,
      `0x${port.toString(16)}`,
      `+${port}`,
      `0b${port.toString(2)}`,
    ];
    for (const spelling of spellings) a.send("x", spelling, HOST, stage.callback("cb"));
    await stage.seen("peer 'message'", spellings.length);
  }),

  ...addresses.map(([shown, address]) =>
    scenario(`send() refuses ${shown} as an address`, { rows: [72] }, (stage) => {
      return refusal(stage, (a) => a.send("x", PORT, address, stage.callback("cb")));
    })
  ),

  ...addresses.filter(([, address]) => address).map(([shown, address]) =>
    scenario(`send() of a part refuses ${shown} as an address`, { rows: [72] }, (stage) => {
      return refusal(stage, (a) => a.send("x", 0, 1, PORT, address, stage.callback("cb")));
    })
  ),

  ...[
    { shown: "an offset behind the end", offset: 6, length: 0 },
    { shown: "a negative offset", offset: -1, length: 1 },
    { shown: "a length behind the end", offset: 0, length: 6 },
    { shown: "an offset and a length that together pass the end", offset: 3, length: 3 },
    { shown: "a negative length", offset: 0, length: -1 },
    { shown: "an infinite offset and a length behind the end", offset: Infinity, length: 6 },
  ].map(({ shown, offset, length }) =>
    scenario(`send() refuses ${shown}`, { rows: [69, 134] }, (stage) => {
      return refusal(stage, (a) => a.send("hello", offset, length, PORT, HOST, stage.callback("cb")));
    })
  ),

  scenario(
    "send() refuses an offset that is a symbol or a bigint as JavaScript does",
    { rows: [69] },
    async (stage) => {
      const a = await stage.bound("a");
      const name = (error: unknown): string => (error as Error).name;
      for (const value of [Symbol("s"), 1n]) {
        try {
          a.send("hello", value, 1, PORT, HOST);
          stage.note("nothing thrown");
        } catch (error) {
          stage.note("thrown", typeof value, name(error));
        }
      }
    },
  ),

  scenario("bad arguments are found in one order", { rows: [73] }, async (stage) => {
    const a = await stage.bound("a");
    stage.call("part, port and address", () => a.send("x", 2, 1, 70_000, 5));
    stage.call("message, port and address", () => a.send(5, 70_000, 5));
    stage.call("message of a part and its length", () => a.send(5, 2, 1, 70_000, 5));
    stage.call("list, port and address", () => a.send([5], 70_000, 5));
    stage.call("port and address", () => a.send("x", 70_000, 5));
    stage.call("address", () => a.send("x", PORT, 5));
    await stage.settle();
  }),

  scenario(
    "bad arguments are found before send() sees that the socket is closed",
    { rows: [73, 110] },
    async (stage) => {
      const a = stage.socket("a");
      a.close();
      stage.call("part", () => a.send("x", 2, 1, PORT, HOST));
      stage.call("message", () => a.send(5, PORT, HOST));
      stage.call("port", () => a.send("x", 0, HOST));
      stage.call("address", () => a.send("x", PORT, 5));
      stage.call("nothing", () => a.send("x", PORT, HOST, stage.callback("cb")));
      stage.call("nothing, to a name", () => a.send("x", PORT, "a.name", stage.callback("cb")));
      await stage.seen("a 'close'");
      stage.call("after 'close'", () => a.send("x", PORT, HOST, stage.callback("cb")));
      await stage.settle();
    },
  ),

  scenario("bad arguments are found before an unbound socket is bound", { rows: [73, 75] }, async (stage) => {
    const a = stage.socket("a");
    stage.call("part", () => a.send("x", 2, 1, PORT, HOST));
    stage.call("message", () => a.send(5, PORT, HOST));
    stage.call("port", () => a.send("x", 0, HOST));
    stage.call("address", () => a.send("x", PORT, 5));
    await stage.settle();
    stage.call("bind", () => a.bind(0, HOST));
    await stage.seen("a 'listening'");
  }),

  scenario("bad arguments on a connected socket are found in one order", { rows: [65, 73], needs: ["connect"] }, async (
    stage,
  ) => {
    const peer = await stage.bound("peer");
    const a = await stage.connected("a", peer.address().port);
    stage.call("part and port", () => a.send("x", 2, 1, PORT, HOST));
    stage.call("message of a part and port", () => a.send(5, 0, 1, PORT, HOST));
    stage.call("port", () => a.send("x", 0, 1, PORT, HOST));
    stage.call("message and port", () => a.send(5, "x", "y", PORT, HOST));
    stage.call("message", () => a.send(5, "x", "y"));
    await stage.quiet();
  }),

  ...[
    { shown: "no arguments", args: [] },
    { shown: "an offset that is a string", args: ["x", "0", "1", "9", 5] },
    { shown: "a length that is undefined", args: ["x", 0, undefined, "9", 5] },
    { shown: "a port that is a string", args: ["x", 0, 1, "9", 5] },
    { shown: "an address that is undefined", args: ["x", 0, 1, 9] },
    { shown: "an address that is a function", args: ["x", 0, 1, 9, () => {}] },
    { shown: "an offset behind the end", args: ["x", 2, 1, 9, HOST] },
    { shown: "the port 0", args: ["x", 0, 1, 0, HOST] },
    { shown: "a port of NaN", args: ["x", 0, 1, NaN, HOST] },
    { shown: "a list", args: [["x"], 0, 1, 9, HOST] },
    { shown: "a message that is a number", args: [5, 0, 1, 9, HOST] },
  ].map(({ shown, args }) =>
    scenario(`sendto() refuses ${shown}`, { rows: [89] }, (stage) => refusal(stage, (a) => a.sendto(...args)))
  ),

  scenario("sendto() on a closed socket looks at its arguments first", { rows: [89, 110] }, async (stage) => {
    const a = stage.socket("a");
    a.close();
    stage.call("offset", () => a.sendto("x", "0", 1, PORT, HOST));
    stage.call("address", () => a.sendto("x", 0, 1, PORT));
    stage.call("nothing", () => a.sendto("x", 0, 1, PORT, HOST));
    await stage.seen("a 'close'");
  }),
];
