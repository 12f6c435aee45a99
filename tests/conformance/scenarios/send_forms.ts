/** The forms of send(): how its positional arguments are read, unconnected and connected, and what arrives. */
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { Loose, Stage } from "../stage.ts";

/** Arguments of send() for a peer's port, and what they look like. */
interface Form {
  readonly shown: string;
  readonly arrives: boolean;
  readonly args: (port: number, callback: Loose) => readonly unknown[];
}

const HOST = "127.0.0.1";

const unconnected: readonly Form[] = [
  { shown: "message, port", arrives: true, args: (port) => ["hello", port] },
  { shown: "message, port, callback", arrives: true, args: (port, cb) => ["hello", port, cb] },
  { shown: "message, port, address", arrives: true, args: (port) => ["hello", port, HOST] },
  { shown: "message, port, address, callback", arrives: true, args: (port, cb) => ["hello", port, HOST, cb] },
  { shown: "message, port, undefined, callback", arrives: true, args: (port, cb) => ["hello", port, undefined, cb] },
  { shown: "message, port, null, callback", arrives: true, args: (port, cb) => ["hello", port, null, cb] },
  { shown: "message, port, empty string, callback", arrives: true, args: (port, cb) => ["hello", port, "", cb] },
  { shown: "message, digits, address, callback", arrives: true, args: (port, cb) => ["hello", `${port}`, HOST, cb] },
  { shown: "message, port, callback, callback", arrives: true, args: (port, cb) => ["hello", port, cb, () => {}] },
  {
    shown: "message, port, address, undefined",
    arrives: true,
    args: (port) => ["hello", port, HOST, undefined],
  },
  { shown: "message, offset, length, port", arrives: true, args: (port) => ["hello", 1, 3, port] },
  { shown: "message, offset, length, port, callback", arrives: true, args: (port, cb) => ["hello", 1, 3, port, cb] },
  { shown: "message, offset, length, port, address", arrives: true, args: (port) => ["hello", 1, 3, port, HOST] },
  {
    shown: "message, offset, length, port, address, callback",
    arrives: true,
    args: (port, cb) => ["hello", 1, 3, port, HOST, cb],
  },
  {
    shown: "message, offset, length, port, undefined, callback",
    arrives: true,
    args: (port, cb) => ["hello", 1, 3, port, undefined, cb],
  },
  {
    shown: "message, offset, length, port, address, no function",
    arrives: true,
    args: (port) => ["hello", 1, 3, port, HOST, "no function"],
  },
  { shown: "message, port, address, no function", arrives: false, args: (port) => ["hello", port, HOST, "nothing"] },
  { shown: "message, port, length, callback, address", arrives: false, args: (port, cb) => ["hi", port, 1, cb, HOST] },
  { shown: "message", arrives: false, args: () => ["hello"] },
  { shown: "message, callback", arrives: false, args: () => ["hello", () => {}] },
  { shown: "message, offset, length", arrives: false, args: () => ["hello", 0, 5] },
  { shown: "message, offset, length, callback", arrives: false, args: (_, cb) => ["hello", 0, 5, cb] },
  { shown: "list, port, address, callback", arrives: true, args: (port, cb) => [["he", "llo"], port, HOST, cb] },
  { shown: "list, port, callback", arrives: true, args: (port, cb) => [["he", "llo"], port, cb] },
  {
    shown: "list, offset, length, port, address, callback",
    arrives: false,
    args: (port, cb) => [["he", "llo"], 0, 2, port, HOST, cb],
  },
];

const connected: readonly Form[] = [
  { shown: "message", arrives: true, args: () => ["hello"] },
  { shown: "message, callback", arrives: true, args: (_, cb) => ["hello", cb] },
  { shown: "message, no function", arrives: true, args: () => ["hello", "no function"] },
  { shown: "message, undefined", arrives: true, args: () => ["hello", undefined] },
  { shown: "message, port", arrives: true, args: (port) => ["hello", port] },
  { shown: "message, port, callback", arrives: true, args: (port, cb) => ["hello", port, cb] },
  { shown: "message, port, address", arrives: true, args: (port) => ["hello", port, HOST] },
  { shown: "message, port, address, callback", arrives: false, args: (port, cb) => ["hello", port, HOST, cb] },
  { shown: "message, negative number", arrives: true, args: () => ["hello", -1] },
  { shown: "message, offset, length", arrives: true, args: () => ["hello", 1, 3] },
  { shown: "message, offset, length, callback", arrives: true, args: (_, cb) => ["hello", 1, 3, cb] },
  {
    shown: "message, offset, length, undefined, undefined, callback",
    arrives: true,
    args: (_, cb) => ["hello", 1, 3, undefined, undefined, cb],
  },
  {
    shown: "message, offset, length, 0, empty string, callback",
    arrives: true,
    args: (_, cb) => ["hello", 1, 3, 0, "", cb],
  },
  { shown: "message, offset, length, port", arrives: false, args: (port) => ["hello", 1, 3, port] },
  {
    shown: "message, offset, length, port, address, callback",
    arrives: false,
    args: (port, cb) => ["hello", 1, 3, port, HOST, cb],
  },
  {
    shown: "message, offset, length, undefined, address, callback",
    arrives: false,
    args: (_, cb) => ["hello", 1, 3, undefined, HOST, cb],
  },
  { shown: "list", arrives: true, args: () => [["he", "llo"]] },
  { shown: "list, callback", arrives: true, args: (_, cb) => [["he", "llo"], cb] },
  { shown: "list, offset, length, callback", arrives: false, args: (_, cb) => [["he", "llo"], 0, 2, cb] },
];

async function arrival(stage: Stage, arrives: boolean): Promise<void> {
  if (arrives) await stage.seen("peer 'message'");
  else await stage.quiet();
  await stage.settle();
}

export const sendFormScenarios: readonly Scenario[] = [
  ...unconnected.map(({ shown, arrives, args }) =>
    scenario(`an unconnected socket reads send(${shown})`, { rows: [64, 66, 67, 69, 71, 72, 74] }, async (stage) => {
      const peer = await stage.bound("peer");
      const a = await stage.bound("a");
      stage.call("send", () => a.send(...args(peer.address().port, stage.callback("cb"))));
      await arrival(stage, arrives);
    })
  ),

  ...connected.map(({ shown, arrives, args }) =>
    scenario(
      `a connected socket reads send(${shown})`,
      { rows: [65, 66, 69, 74], needs: ["connect"] },
      async (stage) => {
        const peer = await stage.bound("peer");
        const { port } = peer.address();
        const a = await stage.connected("a", port);
        stage.call("send", () => a.send(...args(port, stage.callback("cb"))));
        await arrival(stage, arrives);
      },
    )
  ),
];
