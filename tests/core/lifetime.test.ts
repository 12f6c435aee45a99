/** What keeps a process alive, and how it ends. */
import { test } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import dgram from "@x/dgram";
import type { Socket } from "@x/dgram";
import { spawnSelf, startSelf } from "../support/child.ts";

const IDLE = "nothing left to do";
const TIMEOUT = 20_000;

/** Lives that need nothing from outside: what is printed, all of it. */
const lonely: readonly (readonly [name: string, life: string, lines: readonly string[]])[] = [
  ["an unbound socket does not keep the process alive", "an unbound socket", []],
  ["a socket unreferenced before bind() does not keep the process alive", "unref before bind", ["listening"]],
  ["a socket unreferenced after bind() does not keep the process alive", "unref after bind", ["port *"]],
  ["a socket unreferenced after a message does not keep the process alive", "unref after a message", ["heard x"]],
  ["a closed socket does not keep the process alive", "a socket closed after a message", ["heard x", "closed"]],
  ["a socket closed while binding does not keep the process alive", "a socket closed in the turn of bind", ["closed"]],
  ["an aborted socket does not keep the process alive", "an aborted socket", ["closed"]],
  ["a closed unreferenced socket still emits 'close'", "a close of an unreferenced socket", ["closed"]],
  ["a socket whose bind failed does not keep the process alive", "a failed bind", ["error"]],
];

for (const [name, life, lines] of lonely) {
  test(name, async () => {
    const { stdout, stderr, code, timedOut } = await spawnSelf("core/lifetime", [life], { timeout: TIMEOUT });
    assertEquals(
      { lines: linesOf(stdout), code, timedOut },
      { lines: [...lines, IDLE], code: 0, timedOut: false },
      stderr,
    );
  });
}

/** Lives that go on until they hear from this process. They tell where by a datagram, or else by a line. */
const waiting: readonly (readonly [name: string, life: string, sends: boolean])[] = [
  ["a bound socket keeps the process alive", "a bound socket", false],
  ["a socket bound by bindSync() keeps the process alive", "a socket bound by bindSync", false],
  ["a socket that is referenced again keeps the process alive", "unref, then ref", false],
  ["a socket bound by send() keeps the process alive", "a socket bound by a send", true],
  ["a connected socket keeps the process alive", "a connected socket", true],
];

for (const [name, life, sends] of waiting) {
  test(name, async () => {
    const here = await boundSocket();
    try {
      const heard = new Promise<number>((resolve) => here.on("message", (_, { port }) => resolve(port)));
      const child = startSelf("core/lifetime", [life, String(here.address().port)], { timeout: TIMEOUT });
      child.end();
      const port = sends ? await heard : (await child.next<{ port: number }>()).port;
      here.send("stop", port, "127.0.0.1");
      const { stdout, stderr, code, timedOut } = await child.result;
      assertEquals({ code, timedOut }, { code: 0, timedOut: false }, stderr);
      assertEquals(linesOf(stdout).slice(-2), ["heard stop", IDLE]);
      assert(!linesOf(stdout).slice(0, -2).includes(IDLE), "it had nothing left to do before the message");
    } finally {
      here.close();
    }
  });
}

/** Lives that send to this process. */
const sending:
  readonly (readonly [name: string, life: string, lines: readonly string[], messages: readonly string[]])[] = [
    ["a pending send of an unreferenced socket is carried out and told", "a send of an unreferenced socket", [
      "sent null 5",
    ], [
      "hello",
    ]],
    [
      "a send without a callback of an unreferenced socket is carried out",
      "a send without a callback of an unreferenced socket",
      [],
      ["hello"],
    ],
    ["a send before close() is carried out before the process ends", "a send and close", ["sent null 5", "closed"], [
      "hello",
    ]],
    [
      "a thousand sends before close() are told before 'close'",
      "a thousand sends and close",
      ["closed after 1000"],
      [],
    ],
    ["an unreferenced connected socket does not keep the process alive", "unref while connected", ["connected"], []],
  ];

for (const [name, life, lines, messages] of sending) {
  test(name, async () => {
    const here = await boundSocket();
    try {
      const heard: string[] = [];
      const enough = new Promise<void>((resolve) => {
        here.on("message", (message) => {
          heard.push(String(message));
          if (heard.length >= messages.length) resolve();
        });
        if (messages.length === 0) resolve();
      });
      const args = [life, String(here.address().port)];
      const { stdout, stderr, code, timedOut } = await spawnSelf("core/lifetime", args, { timeout: TIMEOUT });
      assertEquals(
        { lines: linesOf(stdout), code, timedOut },
        { lines: [...lines, IDLE], code: 0, timedOut: false },
        stderr,
      );
      await enough;
      if (messages.length > 0) assertEquals(heard, messages);
    } finally {
      here.close();
    }
  });
}

test("a rejected listener of messages that nobody handles ends the process with code 1", async () => {
  const { stderr, code, timedOut } = await spawnSelf("core/lifetime", ["a rejected listener of messages"], {
    timeout: TIMEOUT,
  });
  assertEquals({ code, timedOut }, { code: 1, timedOut: false }, stderr);
  assertStringIncludes(stderr, "thrown on purpose");
});

test("a failed bind that nobody handles ends the process with code 1", async () => {
  const args = ["a failed bind without an 'error' listener"];
  const { stderr, code, timedOut } = await spawnSelf("core/lifetime", args, { timeout: TIMEOUT });
  assertEquals({ code, timedOut }, { code: 1, timedOut: false }, stderr);
  assertStringIncludes(stderr, "EADDRINUSE");
});

test("after a throw that is handled the next message is heard", async () => {
  const { stdout, stderr, code } = await spawnSelf("core/lifetime", ["a throw that is handled"], { timeout: TIMEOUT });
  assertEquals(linesOf(stdout), [
    "uncaught number 1",
    "uncaught number 2",
    "uncaught number 3",
    "closed",
    IDLE,
  ], stderr);
  assertEquals(code, 0);
});

function boundSocket(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket("udp4");
    socket.on("error", reject);
    socket.bind(0, "127.0.0.1", () => resolve(socket));
  });
}

function linesOf(stdout: string): string[] {
  return stdout.split("\n").filter((line) => line !== "").map((line) => line.replace(/^\{"port":\d+\}$/, "port *"));
}
