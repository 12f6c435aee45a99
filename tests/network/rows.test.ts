/**
 * Datagrams that leave as one message which the kernel cuts, over links that make it hard: what arrives, and what the
 * sender is told, is what it is without.
 */
import { assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { after, test } from "node:test";
import { root } from "../support/child.ts";
import { type JsonProcess, startProcess } from "../support/json_process.ts";
import { python, pythonSkip } from "../support/python.ts";
import { within } from "../support/within.ts";
import { filter, noFirewall } from "./firewall.ts";
import type { RemoteSocket } from "./host.ts";
import { ADDRESS, familySkip, slowLinkSkip } from "./namespaces.ts";
import { notNative } from "./needs.ts";
import { endNetwork, network } from "./network.ts";

const FAMILIES = [4, 6] as const;
type Family = typeof FAMILIES[number];
const ANY = { 4: "0.0.0.0", 6: "::" } as const;

/** Datagrams of one turn. */
const COUNT = 20;

interface Packet {
  readonly size: number;
  readonly port: number;
  readonly first: number | null;
}

const needs = (family: Family): string | false => familySkip(family) || pythonSkip || notNative("sendOffload");

/** Each text begins with another letter. */
function textsOf(size: number): string[] {
  return Array.from({ length: COUNT }, (_, i) => String.fromCharCode(65 + i).padEnd(size, "."));
}

/** How a turn's datagrams of a size end: null, or the first failure. */
async function sendAll(socket: RemoteSocket, size: number, to: object): Promise<unknown> {
  try {
    assertEquals(await socket.call("sendMany", textsOf(size).map((data) => ({ data, ...to }))), COUNT);
    return null;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** That all of a turn's datagrams come to a receiver that knows nothing of rows. */
async function allArrive(peer: JsonProcess, size: number, what: string): Promise<void> {
  const sizes: number[] = [];
  while (sizes.length < COUNT) {
    sizes.push((await within(peer.next<{ size: number }>(), `datagram ${sizes.length} ${what}`)).size);
  }
  assertEquals([what, sizes], [what, new Array<number>(COUNT).fill(size)]);
}

/** A receiver on `b` that knows nothing of rows, for all tests of a family. */
const plain = new Map<Family, Promise<{ peer: JsonProcess; port: number }>>();

async function plainReceiver(family: Family): Promise<{ peer: JsonProcess; port: number }> {
  const started = plain.get(family) ?? (await network()).peer("b", family, ANY[family]);
  plain.set(family, started);
  return await started;
}

async function end(): Promise<number[]> {
  const receivers = await Promise.all(plain.values());
  plain.clear();
  for (const { peer } of receivers) peer.end();
  for (const { peer } of receivers) await within(peer.result, "a receiver's end");
  return await endNetwork();
}

after(() => end());

/** Two sockets of `a`, with rows and without, and that receiver. */
async function stage(family: Family) {
  const { a, b, namespaces } = await network();
  const { peer, port } = await plainReceiver(family);
  const auto = await a.bound({ type: `udp${family}` }, { address: ANY[family] });
  const off = await a.bound({ type: `udp${family}`, segmentation: "off" }, { address: ANY[family] });
  const end = async (): Promise<void> => {
    for (const each of [auto, off]) await each.close();
  };
  return { a, b, namespaces, peer, to: { port, address: ADDRESS.b[family] }, auto, off, end };
}

async function watch(host: "a" | "b"): Promise<JsonProcess> {
  const { namespaces } = await network();
  const script = resolve(root, "tests", "peers", "packets.py");
  const watcher = startProcess(...namespaces.command(host, python, ["-u", script, "eth0"]));
  await within(watcher.next(), "the watcher");
  return watcher;
}

/** The sizes of the next packets to a port. */
async function packetsTo(watcher: JsonProcess, port: number, count: number): Promise<number[]> {
  const sizes: number[] = [];
  while (sizes.length < count) {
    const packet = await within(watcher.next<Packet>(), "a packet");
    if (packet.port === port) sizes.push(packet.size);
  }
  return sizes;
}

/** A row of 500 bytes each, by another program: UDP_SEGMENT of SOL_UDP. */
const ROW = `
import errno, socket, sys
sender = socket.socket(socket.AF_INET6 if sys.argv[1] == "6" else socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(17, 103, 500)
try:
    sender.sendto(bytes(500 * int(sys.argv[4])), (sys.argv[2], int(sys.argv[3])))
    print(0)
except OSError as error:
    print(errno.errorcode[error.errno])
`;

/** True if the kernel refuses a row, with what it says of a device that can't do it; else it sends one. */
async function refusesRows(host: "a", family: Family, to: { address: string; port: number }): Promise<boolean> {
  const { namespaces } = await network();
  const args = ["-c", ROW, `${family}`, to.address, `${to.port}`, `${COUNT}`];
  const { stdout, stderr } = spawnSync(...namespaces.command(host, python, args), { encoding: "utf8" });
  assertEquals(["0", "EIO"].includes(stdout.trim()), true, stdout + stderr);
  return stdout.trim() === "EIO";
}

for (const family of FAMILIES) {
  test(
    `on the wire a turn's datagrams are what they are one by one, IPv${family}`,
    { skip: needs(family) },
    async () => {
      const { namespaces, peer, to, auto, off, end } = await stage(family);
      const watcher = await watch("b");
      // As on a wire: a veth hands over uncut what it is given, unless it can't.
      for (const [cut, pieces] of [[true, COUNT], [false, 1]] as const) {
        namespaces.ip("a", `link set dev eth0 gso_max_segs ${cut ? 1 : 65535}`);
        for (const [socket, expected] of [[off, COUNT], [auto, pieces]] as const) {
          assertEquals(await sendAll(socket, 50, to), null);
          await allArrive(peer, 50, "cut on the way");
          const seen: Packet[] = [];
          while (seen.length < expected) {
            const packet = await within(watcher.next<Packet>(), "a packet");
            if (packet.port === to.port) seen.push(packet);
          }
          const one = (i: number): Packet => ({ size: 50 * COUNT / expected, port: to.port, first: 65 + i });
          assertEquals(seen, Array.from({ length: expected }, (_, i) => one(i)));
        }
      }
      watcher.end();
      await within(watcher.result, "the watcher's end");
      await end();
    },
  );

  test(`an MTU that is lowered below a turn's datagrams, and raised again, changes nothing, IPv${family}`, {
    skip: needs(family),
  }, async () => {
    const { namespaces, peer, to, auto, end } = await stage(family);
    for (const mtu of [1500, 1280, 1500]) {
      namespaces.ip("a", `link set dev eth0 mtu ${mtu}`);
      for (const size of [1400, 1000, 1400, 2000]) {
        assertEquals(await sendAll(auto, size, to), null);
        await allArrive(peer, size, `of ${size} bytes with an MTU of ${mtu}`);
      }
    }
    await end();
  });

  test(`what must not be fragmented and is too long is told of each datagram, and of no other, IPv${family}`, {
    skip: needs(family) || notNative("dontFragment"),
  }, async () => {
    const { peer, to, auto, off, end } = await stage(family);
    for (const socket of [auto, off]) {
      await socket.call("setDontFragment", true);
      const sizes = [1000, 2000, 1000, 2000, 2000, 1400];
      const ends = await Promise.all(sizes.map((size) => socket.send(size, to.port, to.address)));
      assertEquals(ends, [null, "EMSGSIZE", null, "EMSGSIZE", "EMSGSIZE", null]);
      for (const size of [1000, 1000, 1400]) {
        assertEquals((await within(peer.next<{ size: number }>(), "what fits")).size, size);
      }
      assertEquals(await sendAll(socket, 2000, to), "EMSGSIZE");
      assertEquals(await sendAll(socket, 1400, to), null);
      await allArrive(peer, 1400, "that fit");
    }
    await end();
  });

  test(`a firewall on the sending host that refuses large packets lets a turn's small datagrams pass, IPv${family}`, {
    skip: needs(family) || noFirewall(),
  }, async () => {
    const { namespaces, peer, to, auto, off, end } = await stage(family);
    filter(
      await network(),
      `table inet rows {
      chain out { type filter hook output priority 0; meta l4proto udp meta length > 900 drop; }
    }`,
    );
    try {
      for (const socket of [auto, off, auto]) {
        assertEquals(await sendAll(socket, 100, to), null);
        await allArrive(peer, 100, "that are small");
        assertEquals(await sendAll(socket, 1000, to), "EPERM");
      }
    } finally {
      filter({ namespaces }, "delete table inet rows");
    }
    await end();
  });

  test(`an interface that writes no checksums sends a turn's datagrams all the same, IPv${family}`, {
    skip: needs(family),
  }, async () => {
    const { a, peer, to, auto, end } = await stage(family);
    const [interfaces, watcher] = [await watch("a"), await watch("b")];
    const writeChecksums = async (checksum: 0 | 1): Promise<void> => {
      interfaces.send({ checksum });
      let answer: { checksum?: number };
      do answer = await within(interfaces.next<{ checksum?: number }>(), "the interface's answer"); while (
        answer.checksum === undefined
      );
      assertEquals(answer, { checksum: 0 });
    };
    await writeChecksums(0);
    assertEquals(await sendAll(auto, 500, to), null);
    await allArrive(peer, 500, "without checksums by the interface");
    // Whoever has cut the row, it is cut before the interface.
    assertEquals(await packetsTo(watcher, to.port, COUNT), new Array<number>(COUNT).fill(500));
    const refused = await refusesRows("a", family, to);
    if (!refused) {
      await allArrive(peer, 500, "of another program's row");
      await packetsTo(watcher, to.port, COUNT);
    }

    await writeChecksums(1);
    const later = await a.bound({ type: `udp${family}` }, { address: ANY[family] });
    // Linux 6.18 cuts it itself. Where an older one has refused that, the socket does without rows for a while.
    for (const [socket, pieces] of [[auto, refused ? COUNT : 1], [later, 1]] as const) {
      assertEquals(await sendAll(socket, 500, to), null);
      await allArrive(peer, 500, "with checksums by the interface");
      const sizes = new Array<number>(pieces).fill(500 * COUNT / pieces);
      assertEquals(await packetsTo(watcher, to.port, pieces), sizes);
    }
    await later.close();
    for (const each of [interfaces, watcher]) {
      each.end();
      await within(each.result, "a watcher's end");
    }
    await end();
  });

  test(`a firewall at the receiver that drops large packets drops a row unheard, and no datagram alone, IPv${family}`, {
    skip: needs(family) || noFirewall(),
  }, async () => {
    const { namespaces, peer, to, auto, off, end } = await stage(family);
    filter(
      await network(),
      `table inet rows {
      chain in { type filter hook input priority 0; meta l4proto udp meta length > 900 drop; }
    }`,
      "b",
    );
    try {
      // A veth hands over uncut what it is given, unless it can't.
      for (const uncut of [true, false]) {
        namespaces.ip("a", `link set dev eth0 gso_max_segs ${uncut ? 65535 : 1}`);
        assertEquals(await sendAll(auto, 100, to), null);
        if (!uncut) await allArrive(peer, 100, "cut before the interface");
        assertEquals(await sendAll(off, 101, to), null);
        // Had one of the others come it would have come first.
        await allArrive(peer, 101, "that left alone");
      }
    } finally {
      namespaces.ip("a", "link set dev eth0 gso_max_segs 65535");
      filter({ namespaces }, "delete table inet rows", "b");
    }
    await end();
  });

  test(`a slow link lets a turn's datagrams through one by one, IPv${family}`, {
    skip: needs(family) || slowLinkSkip(),
  }, async () => {
    const { namespaces, peer, to, auto, end } = await stage(family);
    // Less than a row has.
    namespaces.limitLink("a", "rate 4mbit burst 3000 limit 3000000");
    try {
      for (const size of [1000, 1000]) {
        assertEquals(await sendAll(auto, size, to), null);
        await allArrive(peer, size, "over the slow link");
      }
    } finally {
      namespaces.freeLink("a");
    }
    await end();
  });

  test(`a receiver with little room loses no more of a turn's datagrams than of single ones, IPv${family}`, {
    skip: needs(family),
  }, async () => {
    const { b, auto, off, end } = await stage(family);
    const counts: number[] = [];
    for (const socket of [off, auto]) {
      const small = await b.bound({ type: `udp${family}`, recvBufferSize: 8192 }, { address: ANY[family] });
      await small.call("pause");
      const { port } = await small.address();
      const to = { port, address: ADDRESS.b[family] };
      assertEquals(await sendAll(socket, 500, to), null);
      await small.call("resume");
      await small.call("setRecvBufferSize", 200_000);
      assertEquals(await socket.send("last", port, to.address), null);
      let count = 0;
      while ((await small.message("what there was room for")).text !== "last") count++;
      counts.push(count);
      await small.close();
    }
    // A receive that was under way at pause() may have made room for one more, of either.
    assertEquals(counts[1] >= counts[0] - 1, true, `${counts[1]} of a row, ${counts[0]} alone`);
    await end();
  });
}

test("the network ends", { skip: familySkip(4) }, async () => {
  assertEquals(await end(), []);
});
