/** What the kernel says of a socket's memberships and options, asked in another process. */
import { assert, assertEquals } from "@std/assert";
import { createSocket, type Socket } from "@x/dgram";
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import type { Feature } from "../../../src/core/backend.ts";
import { notNative } from "../../network/needs.ts";
import { root } from "../../support/child.ts";
import type { JsonProcess } from "../../support/json_process.ts";
import { peersSkip, python, startPeer } from "../../support/python.ts";
import { close } from "../../support/close.ts";
import { bound, end, FAMILIES, type Family, GROUP, INTERFACE, lacking, LOOPBACK, unique } from "../../support/wire.ts";
import { within } from "../../support/within.ts";

/** How many sockets are members of a group. An adapter may take a while to get there: asks again for some time. */
async function members(inspector: JsonProcess, group: string, expected: number): Promise<number> {
  let count = 0;
  for (let attempt = 0; attempt < 200; attempt++) {
    inspector.send({ groups: group.includes(":") ? 6 : 4 });
    count = (await within(inspector.next<Record<string, number>>(), "the groups"))[group] ?? 0;
    if (count === expected) break;
  }
  return count;
}

const noProc = process.platform === "linux" ? peersSkip : "needs Linux's /proc";

for (const family of FAMILIES) {
  test(`the kernel lists a membership of udp${family} from joining to leaving, and to close()`, {
    skip: noProc || lacking("membership", family, (socket) => socket.addMembership(GROUP[family], INTERFACE[family])),
  }, async () => {
    const inspector = startPeer("inspector");
    const [first, second] = [bound(family), bound(family)];
    assertEquals(await members(inspector, GROUP[family], 0), 0);
    first.addMembership(GROUP[family], INTERFACE[family]);
    assertEquals(await members(inspector, GROUP[family], 1), 1);
    second.addMembership(GROUP[family], INTERFACE[family]);
    assertEquals(await members(inspector, GROUP[family], 2), 2);
    first.dropMembership(GROUP[family], INTERFACE[family]);
    assertEquals(await members(inspector, GROUP[family], 1), 1);
    await close(second);
    assertEquals(await members(inspector, GROUP[family], 0), 0);
    await close(first);
    await end(inspector);
  });

  test(`the kernel lists a source-specific membership of udp${family}`, {
    skip: noProc ||
      lacking("sourceSpecificMembership", family, (socket) => {
        socket.addSourceSpecificMembership(LOOPBACK[family], GROUP[family], INTERFACE[family]);
      }),
  }, async () => {
    const group = family === 4 ? `232.254.${unique >> 8}.${unique & 255}` : `ff35::7700:${unique.toString(16)}`;
    const inspector = startPeer("inspector");
    const socket = bound(family);
    assertEquals(await members(inspector, group, 0), 0);
    socket.addSourceSpecificMembership(LOOPBACK[family], group, INTERFACE[family]);
    assertEquals(await members(inspector, group, 1), 1);
    socket.dropSourceSpecificMembership(LOOPBACK[family], group, INTERFACE[family]);
    assertEquals(await members(inspector, group, 0), 0);
    await close(socket);
    await end(inspector);
  });
}

interface KernelOptions {
  readonly broadcast: number;
  readonly recvBufferSize: number;
  readonly sendBufferSize: number;
  readonly reuseAddr: number;
  readonly reusePort: number;
  readonly peer: [string, number] | null;
  readonly ttl: number;
  readonly multicastTTL: number;
  readonly multicastLoopback: number;
  readonly multicastInterface: string;
  readonly ipv6Only?: number;
}

const questionOf = (socket: Socket): object => ({
  pid: process.pid,
  family: socket.type === "udp4" ? 4 : 6,
  port: socket.address().port,
});

/** It takes longer to start than to ask. */
let inspector: JsonProcess | undefined;

after(async () => {
  if (inspector) await end(inspector);
});

/** What the kernel says of a socket, asked in another process. */
function inspect(socket: Socket): Promise<KernelOptions | { refused: string }> {
  inspector ??= startPeer("inspector");
  inspector.send(questionOf(socket));
  return within(inspector.next(), "the socket's options");
}

/** Not every system lets a process look at its parent's descriptors. */
function reasonNotToInspect(): string | false {
  if (noProc) return noProc;
  const socket = bound(4);
  const input = JSON.stringify(questionOf(socket));
  const { stdout } = spawnSync(python, [resolve(root, "tests", "peers", "inspector.py")], { input, encoding: "utf8" });
  socket.close();
  const answer: { refused?: string } = JSON.parse(stdout);
  return answer.refused === undefined ? false : `another process may not look at this one's sockets: ${answer.refused}`;
}

const noInspection = reasonNotToInspect();

interface Setting {
  readonly name: string;
  readonly feature: Feature;
  readonly families: readonly Family[];
  readonly options?: object;
  readonly address?: Readonly<Record<Family, string>>;
  readonly set?: (socket: Socket, family: Family) => void;
  readonly expected: (family: Family) => Partial<KernelOptions>;
}

const ANY = { 4: "0.0.0.0", 6: "::" } as const;

const settings: readonly Setting[] = [
  {
    name: "no option but its own defaults",
    feature: "bindSync",
    families: FAMILIES,
    expected: () => ({ broadcast: 0, reuseAddr: 0, reusePort: 0, multicastTTL: 1, multicastLoopback: 1, peer: null }),
  },
  {
    name: "setBroadcast(true)",
    feature: "broadcast",
    families: FAMILIES,
    set: (socket) => socket.setBroadcast(true),
    expected: () => ({ broadcast: 1 }),
  },
  {
    name: "setBroadcast(true) and then false",
    feature: "broadcast",
    families: FAMILIES,
    set: (socket) => {
      socket.setBroadcast(true);
      socket.setBroadcast(false);
    },
    expected: () => ({ broadcast: 0 }),
  },
  {
    name: "setTTL()",
    feature: "ttl",
    families: FAMILIES,
    set: (socket) => socket.setTTL(77),
    expected: () => ({ ttl: 77, multicastTTL: 1 }),
  },
  {
    name: "setMulticastTTL()",
    feature: "multicastTTL",
    families: FAMILIES,
    set: (socket) => socket.setMulticastTTL(77),
    expected: () => ({ multicastTTL: 77 }),
  },
  {
    name: "setMulticastTTL(0)",
    feature: "multicastTTL",
    families: FAMILIES,
    set: (socket) => socket.setMulticastTTL(0),
    expected: () => ({ multicastTTL: 0 }),
  },
  {
    name: "setMulticastLoopback(false)",
    feature: "multicastLoopback",
    families: FAMILIES,
    set: (socket) => socket.setMulticastLoopback(false),
    expected: () => ({ multicastLoopback: 0 }),
  },
  {
    name: "setMulticastLoopback(false) and then true",
    feature: "multicastLoopback",
    families: FAMILIES,
    set: (socket) => {
      socket.setMulticastLoopback(false);
      socket.setMulticastLoopback(true);
    },
    expected: () => ({ multicastLoopback: 1 }),
  },
  {
    name: "setMulticastInterface()",
    feature: "multicastInterface",
    families: FAMILIES,
    set: (socket, family) => socket.setMulticastInterface(INTERFACE[family]),
    expected: (family) => ({ multicastInterface: family === 4 ? "127.0.0.1" : "lo" }),
  },
  {
    name: "setMulticastInterface() and then the address for any",
    feature: "multicastInterface",
    families: FAMILIES,
    set: (socket, family) => {
      socket.setMulticastInterface(INTERFACE[family]);
      socket.setMulticastInterface(ANY[family]);
    },
    expected: (family) => ({ multicastInterface: family === 4 ? "0.0.0.0" : "" }),
  },
  {
    name: "setRecvBufferSize()",
    feature: "recvBufferSize",
    families: FAMILIES,
    set: (socket) => socket.setRecvBufferSize(20_000),
    expected: () => ({ recvBufferSize: 40_000 }),
  },
  {
    name: "setSendBufferSize()",
    feature: "sendBufferSize",
    families: FAMILIES,
    set: (socket) => socket.setSendBufferSize(20_000),
    expected: () => ({ sendBufferSize: 40_000 }),
  },
  {
    name: "the option recvBufferSize",
    feature: "recvBufferSize",
    families: FAMILIES,
    options: { recvBufferSize: 30_000 },
    expected: () => ({ recvBufferSize: 60_000 }),
  },
  {
    name: "the option sendBufferSize",
    feature: "sendBufferSize",
    families: FAMILIES,
    options: { sendBufferSize: 30_000 },
    expected: () => ({ sendBufferSize: 60_000 }),
  },
  {
    name: "the option reuseAddr",
    feature: "reuseAddr",
    families: FAMILIES,
    options: { reuseAddr: true },
    expected: () => ({ reuseAddr: 1, reusePort: 0 }),
  },
  {
    name: "the option reusePort",
    feature: "reusePort",
    families: FAMILIES,
    options: { reusePort: true },
    expected: () => ({ reuseAddr: 0, reusePort: 1 }),
  },
  {
    name: "the option ipv6Only",
    feature: "ipv6Only",
    families: [6],
    options: { ipv6Only: true },
    address: ANY,
    expected: () => ({ ipv6Only: 1 }),
  },
  {
    name: "no ipv6Only",
    feature: "bindSync",
    families: [6],
    address: ANY,
    expected: () => ({ ipv6Only: 0 }),
  },
  {
    name: "connectSync()",
    feature: "connect",
    families: FAMILIES,
    set: (socket, family) => socket.connectSync(9, LOOPBACK[family]),
    expected: (family) => ({ peer: [LOOPBACK[family], 9] }),
  },
  {
    name: "connectSync() and disconnect()",
    feature: "connect",
    families: FAMILIES,
    set: (socket, family) => {
      socket.connectSync(9, LOOPBACK[family]);
      socket.disconnect();
    },
    address: ANY,
    expected: () => ({ peer: null }),
  },
];

for (const { name, feature, families, options, address, set, expected } of settings) {
  for (const family of families) {
    // An emulated connect is the emulation's own business, and what it emulates is tested above.
    const emulated = ["connect", "recvBufferSize", "sendBufferSize"].includes(feature) && notNative(feature);
    test(`another process sees ${name} of udp${family}`, {
      skip: noInspection || emulated || lacking(feature, family, (socket) => set?.(socket, family)),
    }, async () => {
      const socket = name.endsWith("disconnect()")
        ? onPort(family, address?.[family] ?? LOOPBACK[family])
        : bound(family, options, address?.[family]);
      set?.(socket, family);
      const seen = await inspect(socket);
      assert(!("refused" in seen), JSON.stringify(seen));
      const wanted = expected(family);
      const picked = Object.fromEntries(Object.keys(wanted).map((key) => [key, seen[key as keyof KernelOptions]]));
      assertEquals(picked, { ...wanted });
      await close(socket);
    });
  }
}

/** On a port that was asked for: one that the kernel chose is lost by disconnect(). */
function onPort(family: Family, address: string): Socket {
  const other = bound(family);
  const { port } = other.address();
  other.close();
  const socket = createSocket(`udp${family}`);
  socket.bindSync({ address, port });
  return socket;
}
