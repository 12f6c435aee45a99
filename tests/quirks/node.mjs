// Quirks of Node.
import { spawnSync } from "node:child_process";
import process from "node:process";
import { bound, NotHere, soon } from "./ask.mjs";

/** The order in which two datagrams, what a listener asks for, and its exception come. */
async function orderAroundAnException() {
  const socket = await bound();
  const order = [];
  const told = new Promise((resolve) => {
    socket.on("message", (message) => {
      order.push(`${message}`);
      if (order.filter((entry) => /\d/.test(entry)).length === 2) setImmediate(resolve);
      process.nextTick(() => order.push("tick"));
      if (order.length === 1) throw new Error("of the listener");
    });
  });
  process.on("uncaughtException", () => order.push("exception"));
  const sender = await bound();
  for (const text of ["1", "2"]) sender.send(text, socket.address().port, "127.0.0.1");
  await soon(told);
  return order;
}

/** How often an exception is told to a Node whose cleared immediate comes after a tick that throws: five are all. */
function exceptionsOfAClearedImmediate() {
  const { status, stdout } = spawnSync(process.execPath, [
    "-e",
    `
    let count = 0;
    process.on("uncaughtException", () => ++count < 5 || process.exit());
    process.on("exit", () => require("fs").writeSync(1, String(count)));
    setImmediate(() => process.nextTick(() => {
      clearImmediate(second);
      throw new Error("of a tick");
    }));
    const second = setImmediate(() => {});
  `,
  ], { encoding: "utf8", timeout: 5000 });
  if (status !== 0) throw new NotHere(`it ended with ${status}`);
  return Number(stdout);
}

export const nodeQuirks = [
  {
    name: "an immediate that was cleared in a tick that throws comes for ever",
    does:
      "Where a tick between two immediates clears the second and throws, Node tells an exception of its own without end.",
    seen: "18.20, 20.20, 26.12",
    where: ["src/core/one_immediate.ts"],
    isThere: () => exceptionsOfAClearedImmediate() > 1,
  },
  {
    name: "an exception of a listener puts the ticks off, and receiving goes on",
    does: "What a 'message' listener throws ends the turn of its ticks; the next datagram is delivered before them.",
    seen: "26.10, 26.12",
    where: ["src/runtimes/kernel/handle.ts"],
    isThere: async () => {
      const order = await orderAroundAnException();
      return order.indexOf("2") < order.indexOf("tick");
    },
  },
  {
    name: "ICMP errors that the kernel keeps are taken for datagrams",
    does: "With IP_RECVERR libuv 1.52 reads the queue of errors as if it had received it, and the process is aborted.",
    seen: "24.22, 26.12",
    where: ["src/ancillary/support.ts"],
    untold: "the answer would be the end of the process, and to ask takes libc",
  },
  {
    name: "a connection that fails is told a tick later",
    does:
      "Without `connectSync()` the reason why a connection failed is an event; the kernel is asked for it once more.",
    seen: "18, 20, 22",
    upstream: "https://github.com/nodejs/node/pull/63932",
    where: ["src/runtimes/node/handle.ts"],
    mended: "26.4.0",
  },
  {
    name: "eleven listeners of one AbortSignal are taken for a leak",
    does: "A warning comes for a signal that many requests wait for, so that they share one listener.",
    seen: "18, 20",
    where: ["src/promises/on_abort.ts"],
    mended: "22.0.0",
  },
];
