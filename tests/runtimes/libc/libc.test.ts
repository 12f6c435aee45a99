/** The system calls under an adapter, on one socket: options, memberships, connections. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import type { AddressInfo } from "../../../src/core/backend.ts";
import { familyOf, fdType } from "../../../src/runtimes/libc/fd_type.ts";
import type { IntOption } from "../../../src/runtimes/libc/layout.ts";
import { ReceiveBatch } from "../../../src/runtimes/libc/receive_batch.ts";
import { collector, noCollector } from "../../support/collector.ts";
import { errnoOf } from "../../support/errno_of.ts";
import { LOOPBACK_SCOPE, noAddress } from "../../support/loopback.ts";
import { root } from "../../support/child.ts";
import { freePort } from "../../support/free_port.ts";
import { datagram, inspectSkip, libc, libcSkip, open, peerSkip, withPeer, withSocket } from "../../support/libc.ts";
import { isInTable, notLinux } from "../../support/proc.ts";
import { unique } from "../../support/wire.ts";

/** The loopback interface. */
const LOOPBACK6 = `::%${LOOPBACK_SCOPE}`;
const EACCES = errnoOf("EACCES");
const EINVAL = errnoOf("EINVAL");
const ENODEV = errnoOf("ENODEV");
const ENOPROTOOPT = errnoOf("ENOPROTOOPT");
const EADDRINUSE = errnoOf("EADDRINUSE");
const EADDRNOTAVAIL = errnoOf("EADDRNOTAVAIL");
const ECONNREFUSED = errnoOf("ECONNREFUSED");

const settings: readonly (readonly [IntOption, number])[] = [
  ["ttl", 77],
  ["multicastTTL", 0],
  ["multicastTTL", 255],
  ["multicastLoopback", 0],
  ["broadcast", 1],
  ["trafficClass", 0x2c],
];

for (const family of [4, 6] as const) {
  test(
    `the kernel has the options that an IPv${family} descriptor was given`,
    { skip: inspectSkip },
    () =>
      withPeer((peer) =>
        withSocket(family, async (socket) => {
          const inspect = (): Promise<Record<string, unknown>> =>
            peer.ask("options", { pid: process.pid, fd: socket.fd });
          for (const [option, value] of settings) {
            assertEquals(socket.set(option, value), 0, option);
            assertEquals((await inspect())[option], value, option);
            assertEquals(socket.get(option), value, option);
          }
          for (const option of ["recvBufferSize", "sendBufferSize"] as const) {
            assertEquals(socket.set(option, 20_480), 0);
            assertEquals((await inspect())[option], 40_960, "Linux doubles it");
            assertEquals(socket.get(option), 40_960);
          }
          const { address, port } = socket.address() as AddressInfo;
          assertEquals((await inspect()).name, [address, port]);
        })
      ),
  );
}

test("the multicast interface is the address's or the scope's", { skip: inspectSkip }, () =>
  withPeer(async (peer) => {
    const chosen = async (fd: number): Promise<unknown> =>
      (await peer.ask<Record<string, unknown>>("options", { pid: process.pid, fd })).multicastInterface;
    await withSocket(4, async (socket) => {
      assertEquals(socket.setMulticastInterface("127.0.0.1"), 0);
      assertEquals(await chosen(socket.fd), [127, 0, 0, 1]);
      assertEquals(socket.setMulticastInterface("0.0.0.0"), 0);
      assertEquals(await chosen(socket.fd), [0, 0, 0, 0]);
    });
    await withSocket(6, async (socket) => {
      assertEquals(socket.setMulticastInterface(LOOPBACK6), 0);
      assertEquals(await chosen(socket.fd), [1, 0, 0, 0]);
      assertEquals(socket.setMulticastInterface("::%nosuch"), 0);
      assertEquals(await chosen(socket.fd), [0, 0, 0, 0]);
    });
  }));

test("ss shows the buffer sizes that a descriptor was given", {
  skip: libcSkip || (spawnSync("ss", ["-V"]).status === 0 ? false : "ss is not installed"),
}, () =>
  withSocket(4, (socket, port) => {
    assertEquals([socket.set("recvBufferSize", 30_000), socket.set("sendBufferSize", 40_000)], [0, 0]);
    const { stdout } = spawnSync("ss", ["-uanm", "src", `127.0.0.1:${port}`], { encoding: "utf8" });
    assertEquals(/rb(\d+),t\d+,tb(\d+)/.exec(stdout)?.slice(1), ["60000", "80000"], stdout);
  }));

test("values out of range are EINVAL and change nothing", { skip: libcSkip }, () =>
  withSocket(4, (socket) => {
    const bad: [IntOption, number][] = [["ttl", 0], ["ttl", 256], ["multicastTTL", -1], ["multicastTTL", 256]];
    for (const [option, value] of [...bad, ["recvBufferSize", 2 ** 31] as const]) {
      const before = socket.get(option);
      assertEquals(socket.set(option, value), EINVAL, `${option} ${value}`);
      assertEquals(socket.get(option), before);
    }
    const size = socket.get("recvBufferSize");
    assertEquals([socket.set("recvBufferSize", 0), socket.get("recvBufferSize")], [0, size]);
  }));

test(
  "a peer sees the TTL, the multicast TTL and the traffic class",
  { skip: peerSkip },
  () =>
    withPeer(async (peer) => {
      await withSocket(4, async (socket) => {
        const port = await peer.open(4);
        assertEquals([socket.set("ttl", 77), socket.set("trafficClass", 0x2c)], [0, 0]);
        assertEquals(socket.send(datagram("a", "127.0.0.1", port)), 1);
        const [{ ttl, trafficClass }] = await peer.receive(port, 1);
        assertEquals([ttl, trafficClass], [77, 0x2c]);

        const group = await peer.open(4, { group: "239.255.77.1" });
        assertEquals([socket.setMulticastInterface("127.0.0.1"), socket.set("multicastTTL", 7)], [0, 0]);
        assertEquals(socket.send(datagram("b", "239.255.77.1", group)), 1);
        assertEquals((await peer.receive(group, 1)).map(({ text, ttl }) => [text, ttl]), [["b", 7]]);
      });
      await withSocket(6, async (socket) => {
        const port = await peer.open(6);
        assertEquals([socket.set("ttl", 78), socket.set("trafficClass", 0x30)], [0, 0]);
        assertEquals(socket.send(datagram("c", "::1", port)), 1);
        const [{ ttl, trafficClass }] = await peer.receive(port, 1);
        assertEquals([ttl, trafficClass], [78, 0x30]);
      });
    }),
);

test("memberships stand in the kernel's own tables until they are left", { skip: libcSkip || notLinux }, () => {
  const [high, low] = [unique >> 8, unique & 255];
  const hex = (...bytes: number[]): string => bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  withSocket(4, (socket) => {
    const any = { group: `239.252.${high}.${low}`, interface: "127.0.0.1", source: undefined };
    const one = { group: `232.252.${high}.${low}`, interface: "127.0.0.1", source: "127.0.0.2" };
    const [anyRow, oneRow] = [hex(low, high, 252, 239), `0x${hex(232, 252, high, low)}`];
    assertEquals([socket.join(any), socket.join(one)], [0, 0]);
    assert(isInTable("igmp", anyRow), "any source");
    assert(isInTable("mcfilter", `${oneRow} 0x7f000002`), "one source");
    assertEquals([socket.leave(any), socket.leave(one)], [0, 0]);
    assert(!isInTable("igmp", anyRow) && !isInTable("mcfilter", oneRow), "left");
  });
  withSocket(6, (socket) => {
    const any = { group: `ff01::77:${unique.toString(16)}`, interface: LOOPBACK6, source: undefined };
    const one = { group: `ff31::77:${unique.toString(16)}`, interface: LOOPBACK6, source: "::1" };
    const [anyRow, oneRow] = ["ff01", "ff31"].map((head) => `${head}${"0".repeat(20)}0077${hex(high, low)}`);
    assertEquals([socket.join(any), socket.join(one)], [0, 0]);
    assert(isInTable("igmp6", anyRow), "any source");
    assert(isInTable("mcfilter6", `${oneRow} 00000000000000000000000000000001`), "one source");
    assertEquals([socket.leave(any), socket.leave(one)], [0, 0]);
    assert(!isInTable("igmp6", anyRow) && !isInTable("mcfilter6", oneRow), "left");
  });
});

test(
  "a source-specific membership lets only its source through",
  { skip: peerSkip || noAddress("127.0.0.2") || noAddress("127.0.0.3") },
  () =>
    withPeer((peer) =>
      withSocket(4, async (socket, port) => {
        const group = "232.255.77.4";
        assertEquals(socket.join({ group, interface: "127.0.0.1", source: "127.0.0.2" }), 0);
        const wanted = await peer.open(4, { address: "127.0.0.2" });
        const other = await peer.open(4, { address: "127.0.0.3" });
        const multicastInterface = "127.0.0.1";
        await peer.send(other, group, port, ["other"], { multicastInterface });
        await peer.send(wanted, group, port, ["wanted"], { multicastInterface });
        const batch = new ReceiveBatch();
        assertEquals(socket.receive(batch), 1);
        assertEquals([String(batch.data[0]), batch.from[0].address], ["wanted", "127.0.0.2"]);
      }, { address: "0.0.0.0" })
    ),
);

// As node:dgram of Node 26.10.0 answered on Linux.
const memberships: readonly (readonly [4 | 6, string | undefined, string, string | undefined, number])[] = [
  [4, undefined, "224.0.0.114", "10.99.99.99", ENODEV],
  [4, undefined, "224.0.0.114", "lo", EINVAL],
  [4, undefined, "224.0.0.114", "", EINVAL],
  [4, undefined, "224.0.0.114", "127.1", EINVAL],
  [4, undefined, "127.0.0.1", "127.0.0.1", EINVAL],
  [4, undefined, "ff01::1", LOOPBACK6, ENOPROTOOPT],
  [4, undefined, "ff01::1", "127.0.0.1", EINVAL],
  [4, undefined, "xx", "127.0.0.1", EINVAL],
  [4, "::1", "232.1.1.1", "127.0.0.1", EINVAL],
  [4, "127.0.0.1", "ff31::1", LOOPBACK6, EINVAL],
  [4, "::1", "ff31::1", LOOPBACK6, ENOPROTOOPT],
  [4, "127.0.0.1", "1.1.1.1", "127.0.0.1", EINVAL],
  [6, undefined, "ff01::1", "lo", EINVAL],
  [6, undefined, "ff01::1", "127.0.0.1", EINVAL],
  [6, undefined, "::1", LOOPBACK6, EINVAL],
  [6, undefined, "224.0.0.114", "127.0.0.1", 0],
  [6, undefined, "224.0.0.114", LOOPBACK6, EINVAL],
  [6, "127.0.0.1", "ff31::1", LOOPBACK6, EINVAL],
  [6, "::1", "::2", LOOPBACK6, EINVAL],
];

test("a membership that cannot be fails with the errno that libuv gives", { skip: libcSkip }, () => {
  for (const [family, source, group, local, errno] of memberships) {
    withSocket(family, (socket) => {
      assertEquals(socket.join({ group, source, interface: local }), errno, `${family} ${source} ${group} ${local}`);
    });
  }
  withSocket(4, (socket) => {
    const any = { group: "239.255.77.5", interface: "127.0.0.1", source: undefined };
    assertEquals([socket.leave(any), socket.join(any), socket.join(any)], [EADDRNOTAVAIL, 0, EADDRINUSE]);
    assertEquals(socket.setMulticastInterface("10.99.99.99"), EADDRNOTAVAIL);
    assertEquals([socket.setMulticastInterface("::1"), socket.setMulticastInterface("x")], [ENOPROTOOPT, EINVAL]);
  });
});

test(
  "a connected descriptor hears its peer alone, and its port is free after disconnect",
  { skip: peerSkip },
  () =>
    withPeer((peer) =>
      withSocket(4, async (socket, port) => {
        const [friend, stranger] = [await peer.open(4), await peer.open(4)];
        assertEquals(socket.connect("127.0.0.1", friend), 0);
        assertEquals(socket.address(), { address: "127.0.0.1", family: "IPv4", port });
        assertEquals(socket.remoteAddress(), { address: "127.0.0.1", family: "IPv4", port: friend });
        await peer.send(stranger, "127.0.0.1", port, ["stranger"]);
        await peer.send(friend, "127.0.0.1", port, ["friend"]);
        const batch = new ReceiveBatch();
        assertEquals([socket.receive(batch), String(batch.data[0])], [1, "friend"]);
        // Linux sends it where it is to go; whether it may is the core's to say.
        assertEquals(socket.send(datagram("x", "127.0.0.1", stranger)), 1);
        assertEquals(socket.sendBatch([datagram("y", null), datagram("z", "127.0.0.1", stranger)], 0, 2), 2);
        assertEquals((await peer.receive(friend, 1)).map(({ text }) => text), ["y"]);
        assertEquals((await peer.receive(stranger, 2)).map(({ text }) => text), ["x", "z"]);
        assertEquals(socket.disconnect(), 0);
        assertEquals(socket.address(), { address: "0.0.0.0", family: "IPv4", port: 0 });
      }, { address: "0.0.0.0" })
    ),
);

test("a dead peer is ECONNREFUSED once, whoever asks first", { skip: libcSkip }, () => {
  const dead = withSocket(4, (_, port) => port);
  withSocket(4, (socket) => {
    assertEquals([socket.connect("127.0.0.1", dead), socket.send(datagram("a", null))], [0, 1]);
    const batch = new ReceiveBatch();
    assertEquals([socket.receive(batch), socket.receive(batch)], [ECONNREFUSED, 0]);
    assertEquals([socket.send(datagram("b", null)), socket.send(datagram("c", null))], [1, ECONNREFUSED]);
    socket.send(datagram("d", null));
    assertEquals([socket.pendingError(), socket.pendingError()], [ECONNREFUSED, 0]);
  });
});

test("a connect that cannot be fails with its errno", { skip: libcSkip }, () => {
  withSocket(4, (socket) => {
    assertEquals([socket.connect("255.255.255.255", 9), socket.connect("::1", 9)], [EACCES, EINVAL]);
  }, { address: "0.0.0.0" });
  withSocket(6, (socket) => {
    assertEquals([socket.connect("127.0.0.1", 9), socket.connect("fe80::1%nosuch", 9)], [EINVAL, EINVAL]);
  }, { address: "::" });
});

test("each of 20,000 failed calls tells its own errno, while garbage is collected", {
  skip: libcSkip || noCollector,
}, () => {
  const collect = collector();
  withSocket(4, (socket) => {
    const failing: readonly (readonly [() => unknown, number])[] = [
      [() => libc().getOption(-1, 1, 3), errnoOf("EBADF")],
      [() => socket.set("ttl", 256), EINVAL],
      [() => libc().setOption(socket.fd, 0, 9999, 1), ENOPROTOOPT],
      [() => libc().peerName(socket.fd), errnoOf("ENOTCONN")],
      [() => socket.send(datagram("x", "255.255.255.255", 9)), EACCES],
    ];
    const wrong: unknown[] = [];
    for (let call = 0; call < 20_000; call++) {
      if (call % 1001 === 0) collect();
      const [make, errno] = failing[call % failing.length];
      const told = make();
      if (told !== errno) wrong.push([call, told]);
    }
    assertEquals(wrong, []);
  }, { address: "0.0.0.0" });
});

test("a socket is opened with what must be set before bind", { skip: libcSkip }, async () => {
  // One that the kernel chooses for IPv6 alone may be somebody else's for IPv4.
  const own = await freePort("0.0.0.0");
  withSocket(6, (_, port) => assertEquals(open(4, { address: "0.0.0.0", port }), EADDRINUSE), { address: "::" });
  withSocket(6, (_, port) => {
    withSocket(4, (four) => assertEquals((four.address() as AddressInfo).port, port), { address: "0.0.0.0", port });
  }, { address: "::", port: own, ipv6Only: true });
  withSocket(4, (_, port) => {
    withSocket(4, (again) => assertEquals(again.get("reusePort"), 1), { port, reusePort: true });
    assertEquals(open(4, { port }), EADDRINUSE);
  }, { reusePort: true });
  withSocket(4, (_, port) => {
    withSocket(4, (again) => assertEquals(again.get("reuseAddr"), 1), { port, reuseAddr: true });
  }, { reuseAddr: true });
  assertEquals([open(4, { address: "192.0.2.199" }), open(4, { address: "::1" })], [EADDRNOTAVAIL, EINVAL]);
});

test("the kind of a descriptor is told", { skip: libcSkip }, () => {
  withSocket(4, (socket) => assertEquals([fdType(libc(), socket.fd), familyOf(libc(), socket.fd)], ["UDP", 4]));
  withSocket(6, (socket) => assertEquals([fdType(libc(), socket.fd), familyOf(libc(), socket.fd)], ["UDP", 6]));
  const stream = libc().calls.socket(libc().layout.inet, 1, 0);
  assertEquals(fdType(libc(), stream), "TCP");
  assertEquals([libc().close(stream), fdType(libc(), stream), fdType(libc(), -1)], [0, "UNKNOWN", "UNKNOWN"]);
  const file = openSync(resolve(root, "package.json"), "r");
  assertEquals(fdType(libc(), file), "FILE");
  closeSync(file);
});
