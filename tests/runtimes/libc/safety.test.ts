/** What must never happen under an adapter: another's descriptor touched, a wrong layout believed, a prompt. */
import { closeSync, existsSync, openSync } from "node:fs";
import { test } from "node:test";
import process from "node:process";
import { setImmediate as turn } from "node:timers/promises";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type AddressInfo, capabilities, createSocket, type Socket, type SocketOptions } from "@x/dgram";
import { kState, type StatefulSocket } from "../../../src/core/state.ts";
import type { Channel } from "../../../src/handoff/channel.ts";
import { kernelOf } from "../../../src/handoff/kernel.ts";
import { Letterbox, post } from "../../../src/handoff/letterbox.ts";
import { openPassage } from "../../../src/handoff/passage.ts";
import { Descriptor, isHeld } from "../../../src/runtimes/libc/descriptor.ts";
import type { Layout } from "../../../src/runtimes/libc/layout.ts";
import { Libc } from "../../../src/runtimes/libc/libc.ts";
import { openSocket } from "../../../src/runtimes/libc/open_socket.ts";
import { ReceiveBatch } from "../../../src/runtimes/libc/receive_batch.ts";
import { selfTest, SHORTAGE, testBatches } from "../../../src/runtimes/libc/self_test.ts";
import { isWatched } from "../../../src/runtimes/libc/watched.ts";
import { errnoOf } from "../../support/errno_of.ts";
import { lacks } from "../../../src/runtimes/kernel/optional_features.ts";
import { runtime, selfCommand } from "../../support/child.ts";
import { startProcess } from "../../support/json_process.ts";
import { datagram, libc, libcSkip, open, withSocket } from "../../support/libc.ts";
import { within } from "../../support/within.ts";

const EBADF = errnoOf("EBADF");

const linuxSkip = libcSkip || (process.platform === "linux" ? false : "epoll is Linux's");

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

const kernelSkip = libcSkip ||
  (/ffi|bun/.test(capabilities.backend) ? false : `libc is not below the sockets of ${capabilities.backend}`);

const adoptSkip =
  linuxSkip || (["fd", "receiveOffload"] as const).some((name) => capabilities.features[name] !== "native")
    ? "no descriptors are adopted, or nothing is joined"
    : false;

test("from a descriptor on which somebody has had rows joined each datagram is told by itself", {
  skip: adoptSkip,
}, async () => {
  const exclusive = { reuseAddr: false, reusePort: false, ipv6Only: false };
  const fd = openSocket(libc(), { family: 4, address: "127.0.0.1", port: 0, ...exclusive });
  const kernel = new Descriptor(libc(), fd, 4, false);
  assertEquals(kernel.set("receiveOffload", 1), 0);
  const { port } = kernel.address() as AddressInfo;
  kernel.close();
  const from = createSocket("udp4");
  await from.sendMany([{ data: "onetwosix", segmentSize: 3, port, address: "127.0.0.1" }]);
  const socket = createSocket("udp4");
  const heard: string[] = [];
  const all = new Promise<void>((resolve) =>
    socket.on("message", (message) => {
      heard.push(`${message}`);
      if (heard.join("").length >= 9) resolve();
    })
  );
  socket.bind({ fd });
  await within(all, "the datagrams");
  assertEquals(heard, ["one", "two", "six"]);
  for (const each of [from, socket]) each.close();
});

/** A number of this module's that is closed by somebody else, and given out again: whose it is then. */
function giveAway(fd: number): { readonly fd: number; isIntact(): boolean } {
  libc().binding.calls.close(fd);
  assertEquals(open(4), fd, "the number was given out again");
  const cookie = libc().cookie(fd);
  return { fd, isIntact: () => libc().cookie(fd) === cookie && libc().nameAsNumber(fd) > 1 << 16 };
}

function bound(options: SocketOptions = { type: "udp4" }): { readonly socket: Socket; readonly kernel: Descriptor } {
  const socket = createSocket(options);
  socket.bindSync({ address: "127.0.0.1" });
  return { socket, kernel: (socket as StatefulSocket)[kState].handle!.kernel as Descriptor };
}

/** Or says why not. */
function pause(socket: Socket): void {
  try {
    socket.pause();
  } catch (error) {
    const none = capabilities.features.pause === "unavailable";
    assertEquals((error as { code?: string }).code, none ? "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM" : "EBADF");
  }
}

/** Waits for what a turn brings, and for the end of the socket: another's number is left alone by both. */
async function leavesAlone(other: ReturnType<typeof giveAway>, socket: Socket): Promise<void> {
  await turn();
  await turn();
  assertEquals(other.isIntact(), true);
  await new Promise<void>((done) => void socket.close(done));
  assertEquals(other.isIntact(), true);
  libc().close(other.fd);
}

test(
  "a send of a connected socket whose number has become another's fails by its callback, and is not told of it again and again",
  {
    skip: kernelSkip || (capabilities.features.receiveInfo !== "native" && "the runtime sends by itself"),
  },
  async () => {
    // All goes by libc then, on Bun too.
    const { socket, kernel } = bound({ type: "udp4", receiveInfo: true });
    socket.connectSync(9, "127.0.0.1");
    const other = giveAway(kernel.fd);
    const errors: unknown[] = [];
    socket.on("error", (error) => errors.push(error));
    const error = await new Promise<Error | null>((done) => socket.send("x", done));
    assertEquals((error as { code?: string } | null)?.code, "EBADF");
    // When its peer's error would be looked for: at once, and after 1, 10 and 100 ms.
    await new Promise((done) => setTimeout(done, 30));
    await leavesAlone(other, socket);
    // A receive may have met it too, and the socket is deaf.
    assert(errors.length <= 1, String(errors));
  },
);

test(
  "a pause() of a socket whose number has become another's leaves that one alone",
  { skip: kernelSkip },
  async () => {
    const { socket, kernel } = bound();
    const other = giveAway(kernel.fd);
    pause(socket);
    await leavesAlone(other, socket);
  },
);

test("a number that becomes another's while its socket begins to be paused is left alone", {
  skip: kernelSkip,
}, async () => {
  for (const resumes of [false, true]) {
    const { socket, kernel } = bound();
    const { fd } = kernel;
    pause(socket);
    // Bun's has another number from now on: what stands at this one is for a turn only.
    const other = giveAway(fd);
    socket.on("error", (error) => assertEquals((error as { code?: string }).code, "EBADF"));
    if (resumes) socket.resume();
    await leavesAlone(other, socket);
  }
});

test("nothing of a number that has become another's is handed off, and none is closed", { skip: kernelSkip }, () => {
  const { socket, kernel } = bound();
  const end = kernelOf(socket as StatefulSocket)!;
  const duplicated = openPassage(socket as StatefulSocket, { feature: "handoffToThread" } as Channel, {} as never);
  socket.close();
  const { calls, layout: { descriptors } } = libc();
  const file = openSync(process.execPath, "r");
  // Who had it has closed it, and the number is a file's.
  calls.close(duplicated.fd!);
  const again = calls.fcntl(file, descriptors.duplicate, duplicated.fd!);
  closeSync(file);
  assertEquals(again, duplicated.fd, "the number was given out again");
  duplicated.lost!();
  assertEquals(calls.fcntl(again, descriptors.getDescriptorFlags, 0), descriptors.closeOnExec, "it is open still");
  libc().close(again);
  assertEquals(end.fd, -1);
  const { socket: stale, kernel: itsKernel } = bound();
  const other = giveAway(itsKernel.fd);
  assertEquals(kernelOf(stale as StatefulSocket), null);
  stale.close();
  assertEquals([other.isIntact(), kernel.isOurs()], [true, false]);
  libc().close(other.fd);
});

test(
  "of the letters of strangers nothing is left open, however many descriptors they bring",
  { skip: linuxSkip },
  () => {
    const box = new Letterbox(libc() as never);
    const count = (): number => Array.from({ length: 256 }, (_, fd) => fd).filter((fd) => libc().isUDP(fd)).length;
    withSocket(4, ({ fd }) => {
      const before = count();
      for (const descriptors of [1, 2, 3]) sendLetter(box.name, fd, descriptors);
      post(libc() as never, fd, box.name, "token");
      const taken = box.take("token");
      assertEquals(libc().cookie(taken), libc().cookie(fd));
      libc().close(taken);
      assertEquals(count(), before);
      assertThrows(() => box.take("token"), Error, "EAGAIN");
    });
    box.close();
  },
);

/** What a stranger sends to a letterbox whose name it has seen: a descriptor so many times. */
function sendLetter(name: string, fd: number, count: number): void {
  const { binding, calls, layout } = libc();
  const from = calls.socket(1, layout.datagram, 0);
  const bytes = new Uint8Array(new ArrayBuffer(512));
  const view = new DataView(bytes.buffer);
  const at = (offset: number): bigint => binding.address(bytes) + BigInt(offset);
  view.setUint16(256, 1, true);
  for (let i = 0; i < name.length / 2; i++) bytes[259 + i] = parseInt(name.slice(2 * i, 2 * i + 2), 16);
  view.setBigUint64(0, at(256), true);
  view.setUint32(8, 3 + name.length / 2, true);
  view.setBigUint64(16, at(64), true);
  view.setBigUint64(24, 1n, true);
  view.setBigUint64(32, at(128), true);
  view.setBigUint64(40, BigInt(16 + 4 * count), true);
  view.setBigUint64(64, at(400), true);
  view.setBigUint64(72, 32n, true);
  view.setBigUint64(128, BigInt(16 + 4 * count), true);
  view.setInt32(136, 1, true);
  view.setInt32(140, 1, true);
  for (let i = 0; i < count; i++) view.setInt32(144 + 4 * i, fd, true);
  assertEquals(calls.sendmmsg(from, binding.pointer(bytes), 1, 0), 1);
  assertEquals(bytes[511], 0, "it lives until here");
  libc().close(from);
}

/** The next millisecond of the clock. */
function laterMillisecond(): void {
  for (const start = Date.now(); Date.now() === start;);
}

for (const [what, cookies] of [["by its number in the kernel", true], ["by its port", false]] as const) {
  test(`a number that somebody else closed and that became another's is known ${what}`, { skip: libcSkip }, () => {
    const { binding, layout } = libc();
    const { getsockopt } = binding.calls;
    const withoutCookies = (...values: Parameters<typeof getsockopt>): number =>
      values[2] === layout.linux?.cookie ? -1 : getsockopt(...values);
    const own = new Libc({
      ...binding,
      calls: cookies ? binding.calls : { ...binding.calls, getsockopt: withoutCookies },
    }, layout);
    const fd = open(4);
    const stale = new Descriptor(own, fd, 4, false);
    withSocket(4, (receiver, port) => {
      const one = datagram("x", "127.0.0.1", port);
      assertEquals(stale.send(one), 1);
      binding.calls.close(fd);
      const other = open(4);
      try {
        assertEquals(other, fd, "the number was given out again");
        laterMillisecond();
        assertEquals([stale.send(one), stale.sendBatch([one, one], 0, 2)], [EBADF, EBADF]);
        assertEquals([stale.receive(new ReceiveBatch()), stale.set("ttl", 70), stale.isOurs()], [EBADF, EBADF, false]);
        const owned = new Descriptor(own, other, 4, true);
        binding.calls.close(other);
        assertEquals(open(4), other);
        owned.close();
        assertEquals(own.isUDP(other), true, "nobody closed it");
      } finally {
        libc().close(other);
      }
      assertEquals(receiver.receive(new ReceiveBatch()), 1);
    });
  });
}

test("what this module opens and closes is looked at before the next send", { skip: libcSkip }, () => {
  const fd = open(4);
  const stale = new Descriptor(libc(), fd, 4, false);
  withSocket(4, (receiver, port) => {
    const one = datagram("x", "127.0.0.1", port);
    for (let i = 0; i < 20; i++) {
      assertEquals(stale.send(one), i === 0 ? 1 : EBADF);
      libc().close(fd);
      assertEquals(open(4), fd);
    }
    libc().close(fd);
    assertEquals(receiver.receive(new ReceiveBatch()), 1);
  });
});

test("a descriptor is held from its opening to its end", { skip: libcSkip }, () => {
  const socket = new Descriptor(libc(), open(4), 4, true);
  const { fd } = socket;
  assertEquals(isHeld(libc(), fd), true);
  socket.close();
  assertEquals(isHeld(libc(), fd), false);
});

test(
  "whether something waits for a descriptor is found out, and changes nothing",
  { skip: linuxSkip },
  () =>
    withSocket(4, ({ fd }) => {
      const { calls, request, layout } = libc();
      const { flags, add, remove } = layout.linux!.epoll;
      assertEquals(isWatched(libc(), fd), false);
      const epoll = calls.epoll_create1(flags);
      request.bytes.fill(0, 0, 16);
      for (const [operation, watched] of [[add, true], [remove, false]] as const) {
        assertEquals(calls.epoll_ctl(epoll, operation, fd, request.pointer), 0);
        assertEquals([isWatched(libc(), fd), isWatched(libc(), fd)], [watched, watched]);
      }
      libc().close(epoll);
    }),
);

/** A kernel that has no descriptor left, while it is told so. */
function scarce(): { readonly libc: Libc; readonly shortage: { errno: number } } {
  const { binding, layout } = libc();
  const shortage = { errno: 24 };
  const { socket } = binding.calls;
  const calls = {
    ...binding.calls,
    socket: (...values: Parameters<typeof socket>) => shortage.errno === 0 ? socket(...values) : -1,
  };
  return { libc: new Libc({ ...binding, calls, errno: () => shortage.errno || binding.errno() }, layout), shortage };
}

test("what can't be found out for want of descriptors or memory is found out later", { skip: linuxSkip }, () => {
  for (const errno of [12, 23, 24]) {
    const { libc: asked, shortage } = scarce();
    shortage.errno = errno;
    assertEquals([selfTest(asked), testBatches(asked)], [SHORTAGE, SHORTAGE]);
    assertEquals([asked.batches, asked.offloads], [false, { send: false, receive: false }]);
    shortage.errno = 0;
    assertEquals([selfTest(asked), asked.batches, asked.offloads], [null, true, libc().offloads]);
    shortage.errno = errno;
    assertEquals([asked.batches, asked.offloads], [true, libc().offloads]);
  }
  const { libc: decided, shortage } = scarce();
  shortage.errno = 97;
  assertEquals(selfTest(decided), "socket: errno 97");
});

test("batches that a sandbox refuses are found missing, and each datagram then goes and comes by itself", {
  skip: linuxSkip,
}, () => {
  const { binding, layout } = libc();
  for (const [name, errno] of [["sendmmsg", 38], ["recvmmsg", 38], ["recvmmsg", 1]] as const) {
    const calls = { ...binding.calls, [name]: () => -1 };
    let refused = false;
    const asked = new Libc({ ...binding, calls, errno: () => refused ? binding.errno() : errno }, layout);
    assertEquals([testBatches(asked), asked.batches, asked.offloads.send], [name, false, false]);
    refused = true;
    withSocket(4, ({ fd }, port) => {
      const socket = new Descriptor(asked, fd, 4, false);
      const one = datagram("x", "127.0.0.1", port);
      assertEquals([socket.sendBatch([one, one], 0, 2), socket.receive(new ReceiveBatch())], [2, 2]);
      socket.close();
    });
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
];

for (const [what, spoil] of mistakes) {
  test(`the self-test finds a wrong ${what}`, { skip: libcSkip }, () => {
    const { binding, layout } = libc();
    assertEquals(selfTest(new Libc(binding, layout)), null);
    assert(typeof selfTest(new Libc(binding, spoil(layout))) === "string");
  });
}

test("an option whose numbers name nothing takes away its own feature", { skip: libcSkip }, () => {
  const { binding, layout } = libc();
  const options = { ...layout.options, broadcast: [0xffff, 0x20, 0xffff, 0x20] } as const;
  const without = new Libc(binding, { ...layout, options });
  assertEquals(selfTest(without), null);
  assertEquals([lacks(without, "broadcast"), lacks(without, "ttl")], [true, false]);
});

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
  const [command, [verb, ...rest]] = selfCommand("runtimes/libc/libc");
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
