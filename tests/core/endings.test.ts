/** How a process ends with its sockets open: as with node:dgram's, and nothing of them is left. */
import process from "node:process";
import { test } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import dgram, { capabilities } from "@x/dgram";
import type { Socket } from "@x/dgram";
import { type JsonProcess, type ProcessResult, startSelf } from "../support/child.ts";
import { descriptorsOf, inodeAt, notLinux } from "../support/proc.ts";

const { features, notes } = capabilities;
const isOracle = capabilities.backend === "node" && process.versions.node.startsWith("26.");
/** Node 26 plays each end on its own node:dgram, too. */
const subjects = isOracle ? ["ours", "oracle"] : ["ours"];

function start(name: string, subject: string, port: number): JsonProcess {
  return startSelf("core/endings", [name, subject, String(port)], { timeout: 60_000 });
}

interface Ended {
  readonly lines: readonly string[];
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

function endOf({ stdout, code, signal, stderr }: ProcessResult): Ended {
  return { lines: stdout.split("\n").filter((line) => line !== "" && !line.startsWith("{")), code, signal, stderr };
}

/** Plays an end with each subject, and answers how it was and what was heard here, which has to come to `messages`. */
async function play(name: string, messages = 0): Promise<(Ended & { readonly heard: readonly string[] })[]> {
  const results = [];
  for (const subject of subjects) {
    const { socket, heard, enough } = await listener(messages);
    try {
      const child = start(name, subject, socket.address().port);
      child.end();
      const ended = endOf(await child.result);
      await enough;
      results.push({ ...ended, heard });
    } finally {
      socket.close();
    }
  }
  return results;
}

async function listener(
  count: number,
): Promise<{ readonly socket: Socket; readonly heard: string[]; readonly enough: Promise<void> }> {
  const socket = dgram.createSocket("udp4");
  const heard: string[] = [];
  const enough = new Promise<void>((done) => {
    if (count === 0) done();
    socket.on("message", (message) => heard.push(String(message)) === count && done());
  });
  await new Promise<void>((done, fail) => socket.once("error", fail).bind(0, "127.0.0.1", done));
  return { socket, heard, enough };
}

const places = [
  "'listening'",
  "'message'",
  "'connect'",
  "'error'",
  "'close'",
  "a send's callback",
  "a failed send's callback",
  "a look-up",
  "a signal's listener",
];

test("process.exit() in whatever is called ends the process with its code, and nothing more is called", async () => {
  await Promise.all(places.map(async (place) => {
    for (const { lines, code, signal, stderr } of await play(`exit: ${place}`)) {
      assertEquals({ lines, code, signal }, { lines: [place, "exit 7"], code: 7, signal: null }, stderr);
    }
  }));
});

test("an exception in whatever is called ends the process with code 1, and is told", async () => {
  await Promise.all(places.map(async (place) => {
    for (const { lines, code, signal, stderr } of await play(`throw: ${place}`)) {
      assertEquals({ lines, code, signal }, { lines: [place], code: 1, signal: null }, stderr);
      assertStringIncludes(stderr, "thrown on purpose");
    }
  }));
});

test("exceptions of callbacks that are handled keep no other callback, nor 'close', from being called", async () => {
  for (const { lines, code, stderr } of await play("callbacks that throw")) {
    const expected = ["callback 0", "callback 1", "callback 2", "closed"];
    assertEquals({ lines, code }, { lines: expected, code: 0 }, stderr);
  }
});

/** What leaves a turn later does not leave a process that has ended. */
const noTurn = features.sendInTurn === "unavailable" && (notes.sendInTurn ?? "nothing is sent within the turn");
const five = ["m0", "m1", "m2", "m3", "m4"];

for (
  const [what, name, messages, expected] of [
    ["a connected socket has sent before process.exit() arrives", "sends and exit", five, 7],
    ["a connected socket sends while the process exits arrives", "a send while it exits", ["farewell"], 7],
    ["a connected socket has sent before an exception arrives", "sends and a throw", five, 1],
  ] as const
) {
  test(`what ${what}`, { skip: noTurn }, async () => {
    for (const { heard, code, stderr } of await play(name, messages.length)) {
      assertEquals({ heard, code }, { heard: [...messages], code: expected }, stderr);
    }
  });
}

const noPause = features.pause === "unavailable" && (notes.pause ?? "pause is unavailable");

for (
  const [name, signal, skip] of [
    ["a bound socket", "SIGINT", false],
    ["a bound socket", "SIGTERM", false],
    ["a bound socket", "SIGKILL", false],
    ["a socket that sends", "SIGINT", false],
    ["a paused socket", "SIGTERM", noPause],
  ] as const
) {
  test(`${signal} ends a process with ${name}, whose port is free then`, { skip: notLinux || skip }, async () => {
    const { socket } = await listener(0);
    try {
      const child = start(name, "ours", socket.address().port);
      const { port } = await child.next<{ port: number }>();
      const inode = inodeAt(port, "127.0.0.1");
      const isThere = inode !== undefined;
      process.kill(child.pid!, signal);
      const { code, signal: by, stderr } = await child.result;
      // Another process may have the port by now: by a socket of its own.
      const isLeft = inodeAt(port, "127.0.0.1") === inode;
      assertEquals({ code, by, isThere, isLeft }, { code: null, by: signal, isThere: true, isLeft: false }, stderr);
    } finally {
      socket.close();
    }
  });
}

test("a program that closes its socket on SIGINT hears 'close' and ends by itself", { skip: notLinux }, async () => {
  const child = start("a socket that its program closes", "ours", 9);
  await child.next();
  // Deno 2.9.6 says of a process that it has sent a signal that this has ended it.
  process.kill(child.pid!, "SIGINT");
  const { lines, code, signal, stderr } = endOf(await child.result);
  assertEquals({ lines, code, signal }, { lines: ["SIGINT", "closed"], code: 0, signal: null }, stderr);
});

test("a child process inherits no socket, so that none holds the port of one that is closed", {
  skip: notLinux,
}, async () => {
  const sockets = [{}, {}, { receiveOffload: true }, { receiveOffload: true }, {}].map((options) =>
    dgram.createSocket({ type: "udp4", ...options })
  );
  try {
    const inodes = sockets.map((socket) => inodeAt(socket.bindSync({ address: "127.0.0.1" }).port, "127.0.0.1"));
    for (const i of [1, 3]) if (features.pause !== "unavailable") sockets[i].pause();
    await new Promise<void>((done) => sockets[4].connect(9, "127.0.0.1", () => done()));
    const open = (pid: number | "self"): number => {
      const list = descriptorsOf(pid);
      return inodes.filter((inode) => list.includes(`socket:[${inode}]`)).length;
    };
    assertEquals({ own: open(process.pid), child: open("self") }, { own: 5, child: 0 });
  } finally {
    for (const socket of sockets) socket.close();
  }
});
