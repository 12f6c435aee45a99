/** What must never happen under an adapter: another's descriptor touched, a wrong layout believed, a prompt. */
import { existsSync } from "node:fs";
import { test } from "node:test";
import process from "node:process";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Descriptor } from "../src/runtimes/libc/descriptor.ts";
import type { Layout } from "../src/runtimes/libc/layout.ts";
import { Libc } from "../src/runtimes/libc/libc.ts";
import { ReceiveBatch } from "../src/runtimes/libc/receive_batch.ts";
import { selfTest, testBatches } from "../src/runtimes/libc/self_test.ts";
import { runtime, selfCommand } from "./support/child.ts";
import { startProcess } from "./support/json_process.ts";
import { datagram, libc, libcSkip, open, withSocket } from "./support/libc.ts";

const EBADF = -9;

test("a closed descriptor answers EBADF to everything", { skip: libcSkip }, () => {
  const socket = new Descriptor(libc(), open(4), 4, true);
  socket.close();
  socket.close();
  const membership = { group: "239.255.77.9", interface: "127.0.0.1", source: undefined };
  const one = datagram("x", "127.0.0.1", 9);
  assertEquals([
    socket.address(),
    socket.remoteAddress(),
    socket.get("ttl"),
    socket.set("ttl", 7),
    socket.setMulticastInterface("127.0.0.1"),
    socket.join(membership),
    socket.leave(membership),
    socket.connect("127.0.0.1", 9),
    socket.disconnect(),
    socket.send(one),
    socket.sendBatch([one, one], 0, 2),
    socket.receive(new ReceiveBatch()),
    socket.pendingError(),
    socket.bindToDevice("lo"),
  ], new Array(14).fill(EBADF));
});

test("a runtime's descriptor that became another's is not touched", { skip: libcSkip }, () => {
  const fd = open(4);
  const stale = new Descriptor(libc(), fd, 4, false);
  assertEquals([stale.set("ttl", 70), stale.get("ttl")], [0, 70]);
  libc().close(fd);
  const other = new Descriptor(libc(), open(4), 4, true);
  try {
    assertEquals(other.fd, fd, "the number was given out again");
    assertEquals([stale.set("ttl", 71), stale.get("ttl"), stale.set("recvBufferSize", 5000)], [EBADF, EBADF, EBADF]);
    assertEquals([stale.connect("127.0.0.1", 9), stale.setMulticastInterface("127.0.0.1")], [EBADF, EBADF]);
    stale.close();
    assertEquals(other.get("ttl"), 64);
  } finally {
    other.close();
  }
});

/** Ways in which a layout can be wrong. */
const mistakes: readonly (readonly [string, (layout: Layout) => Layout])[] = [
  ["option name", (layout) => ({ ...layout, options: { ...layout.options, type: [1, 999, 1, 999] } })],
  ["address family", (layout) => ({ ...layout, inet: 10, inet6: 2 })],
  ["socket type", (layout) => ({ ...layout, datagram: 1 })],
  ["length byte", (layout) => ({ ...layout, lengthByte: true })],
  ["TTL", (layout) => ({ ...layout, options: { ...layout.options, ttl: layout.options.multicastTTL } })],
  ["multicast TTL", (layout) => ({ ...layout, options: { ...layout.options, multicastTTL: [0, 34, 41, 19] } })],
  ["buffer size", (layout) => ({ ...layout, options: { ...layout.options, recvBufferSize: [1, 9, 1, 9] } })],
  [
    "option level",
    (layout) => ({ ...layout, options: { ...layout.options, broadcast: [0xffff, 0x20, 0xffff, 0x20] } }),
  ],
];

for (const [what, spoil] of mistakes) {
  test(`the self-test finds a wrong ${what}`, { skip: libcSkip }, () => {
    const { binding, layout } = libc();
    assertEquals(selfTest(new Libc(binding, layout)), null);
    assert(typeof selfTest(new Libc(binding, spoil(layout))) === "string");
  });
}

test("the self-test finds batches that bring something else", { skip: libcSkip }, () => {
  const { binding, layout } = libc();
  assertEquals(testBatches(new Libc(binding, layout)), null);
  const { recvmmsg } = binding.calls;
  // As if the message's length stood elsewhere: the kernel reports one datagram more than it filled.
  const calls = { ...binding.calls, recvmmsg: (...values: Parameters<typeof recvmmsg>) => recvmmsg(...values) + 1 };
  assert(typeof testBatches(new Libc({ ...binding, calls }, layout)) === "string");
});

test("failed self-tests leave no descriptor behind", { skip: libcSkip }, () => {
  const { binding, layout } = libc();
  const lowest = (): number => withSocket(4, ({ fd }) => fd);
  const before = lowest();
  for (const [, spoil] of mistakes) selfTest(new Libc(binding, spoil(layout)));
  assertEquals(lowest(), before);
});

const denoSkip = runtime === "deno" ? false : "only Deno has permissions for FFI";

/** Asks a Deno with these flags whether it has system calls. */
function askWith(flags: readonly string[]): Promise<unknown> {
  const [command, [verb, ...rest]] = selfCommand("libc");
  const others = rest.filter((flag) => !/^(-A|--allow-all|--allow-ffi.*)$/.test(flag));
  const child = startProcess(command, [verb, ...flags, ...others], { timeout: 30_000 });
  child.end();
  return child.next();
}

test("without --allow-ffi the calls are absent, and the note names the flag", { skip: denoSkip }, async () => {
  const answer = await askWith([]);
  assert(typeof answer === "string");
  assertStringIncludes(answer, "--allow-ffi");
});

test("a permission for libc's own path is enough", { skip: libcSkip || denoSkip }, async () => {
  const { libraries } = libc().layout;
  const paths = libraries[process.arch].filter((path) => existsSync(path));
  assert(paths.length > 0);
  for (const path of paths.slice(0, 2)) assertEquals(await askWith([`--allow-ffi=${path}`]), true, path);
  assert(typeof await askWith(["--allow-ffi=/nonexistent/libc.so.6"]) === "string");
});
