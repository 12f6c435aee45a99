/** What was asked for and what the kernel has, seen outside our own code: by ss, by /proc, and by Python. */
import { assert, assertEquals } from "@std/assert";
import { capabilities } from "@x/dgram";
import { test } from "node:test";
import { besideKernel, kernelSkip, statisticsSkip } from "../../network/beside_kernel.ts";
import { runtime } from "../../support/child.ts";
import { lacking, notNative } from "../../network/needs.ts";

const FAMILIES = [4, 6] as const;
type Family = typeof FAMILIES[number];

/** Seen on Node 18 to 26. */
const ADOPTED_UDP6 = "libuv takes an adopted socket for an IPv4 one, and sets IPv4's options on it";

const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;

/** The cases that are not skipped: one process for each IP version plays them all. */
const wanted: Record<Family, string[]> = { 4: [], 6: [] };
const played: Partial<Record<Family, Promise<Record<string, { result: unknown } | { error: string }>>>> = {};

/** The `skip` option of a case's test. */
function unless(name: string, family: Family, reason: string | false): string | false {
  if (reason === false) wanted[family].push(name);
  return reason;
}

async function outcome<T>(name: string, family: Family): Promise<T> {
  const sockets = { count: 4, family, address: LOOPBACK[family] };
  const playing = besideKernel<Record<string, { result: unknown } | { error: string }>>;
  played[family] ??= playing("runtimes/kernel/truth", [JSON.stringify(wanted[family]), String(family)], { sockets });
  const told = (await played[family])[name];
  if ("error" in told) throw new Error(told.error);
  return told.result as T;
}

/** An address as ss writes it. */
function shown(family: Family, port: number): string {
  return family === 4 ? `127.0.0.1:${port}` : `[::1]:${port}`;
}

for (const family of FAMILIES) {
  const type = `udp${family}`;

  test(`ss shows the buffer sizes of ${type} as the getters do: doubled, and no larger than the system's limit`, {
    skip: unless("buffer sizes", family, statisticsSkip || notNative("recvBufferSize") || notNative("sendBufferSize")),
  }, async () => {
    const { sizes, limits } = await outcome<{ sizes: unknown[]; limits: number[] }>("buffer sizes", family);
    const expected = [[60_000, 80_000], [100_000, 120_000], limits.map((limit) => 2 * limit)];
    assertEquals(sizes, expected.flatMap((each) => [each, each]));
  });

  test(`ss shows two ${type} sockets that are connected to each other, until one disconnects`, {
    skip: unless("a pair", family, statisticsSkip || notNative("connect")),
  }, async () => {
    const result = await outcome<{ ports: [number, number]; connected: unknown; disconnected: unknown }>(
      "a pair",
      family,
    );
    const [a, b] = result.ports.map((port) => shown(family, port));
    assertEquals(result.connected, [["ESTAB", a, b], ["ESTAB", b, a]]);
    // An address that was asked for stays.
    assertEquals(result.disconnected, [["UNCONN", a, family === 4 ? "0.0.0.0:*" : "[::1]:*"], ["ESTAB", b, a]]);
  });

  // What ss shows is IPv4's flag.
  if (family === 4) {
    test(`ss shows whether multicast of ${type} loops back, and no queue of errors`, {
      skip: unless("flags", family, statisticsSkip || lacking("multicastLoopback")),
    }, async () => {
      const flags = await outcome<string[][]>("flags", family);
      const picked = flags.map((each) => [each.includes("mc_loop"), each.includes("recverr")]);
      assertEquals(picked, [[true, false], [false, false]]);
    });
  }

  test(`/proc lists each source of a source-specific membership of ${type}, with its number of sockets`, {
    skip: unless(
      "sources",
      family,
      kernelSkip || lacking("sourceSpecificMembership", family, (socket) => {
        const group = family === 4 ? "232.251.0.0" : "ff32::77:0";
        socket.addSourceSpecificMembership(LOOPBACK[family], group, family === 4 ? "127.0.0.1" : "::1%lo");
      }),
    ),
  }, async () => {
    const { sources: [first, second], seen } = await outcome<{ sources: string[]; seen: unknown }>("sources", family);
    const row = (source: string, included: number): object => ({ source, included, excluded: 0 });
    assertEquals(seen, [
      { users: 1, rows: [row(first, 1)] },
      { users: 2, rows: [row(first, 1), row(second, 2)] },
      { users: 2, rows: [row(second, 2)] },
      { users: 1, rows: [row(second, 1)] },
      { users: 0, rows: [] },
    ]);
  });

  test(`who shares an adopted ${type} descriptor reads each option that is set`, {
    skip: unless(
      "a shared descriptor's options",
      family,
      kernelSkip || lacking("fd") || (family === 6 && runtime === "node" && ADOPTED_UDP6),
    ),
  }, async () => {
    const seen = await outcome<[string, unknown, unknown][]>("a shared descriptor's options", family);
    assertEquals(seen.map(([name, , kernel]) => [name, kernel]), seen.map(([name, value]) => [name, value]));
    const features = capabilities.features as Readonly<Record<string, string>>;
    const notes = capabilities.notes as Readonly<Record<string, string | undefined>>;
    for (const [name, value] of seen) {
      const limited = features[name] === "unavailable" || notes[name] !== undefined || notNative("fd");
      assert(value !== "unavailable" || limited, `${name} is unavailable`);
    }
  });

  test(`who shares an adopted ${type} descriptor sees that the kernel joins datagrams where it was asked to`, {
    skip: unless("a shared descriptor's offload", family, kernelSkip || lacking("fd") || notNative("receiveOffload")),
  }, async () => {
    assertEquals(await outcome("a shared descriptor's offload", family), 1);
  });

  test(`who shares an adopted ${type} descriptor sees its connection come and go`, {
    skip: unless("a shared descriptor's ends", family, kernelSkip || lacking("fd") || notNative("connect")),
  }, async () => {
    interface End {
      readonly address: string;
      readonly port: number;
    }
    const { own, other, seen } = await outcome<{ own: End; other: End; seen: unknown }>(
      "a shared descriptor's ends",
      family,
    );
    const [name, peer] = [[own.address, own.port], [other.address, other.port]];
    // disconnect() gives back a port that the kernel chose.
    assertEquals(seen, [[name, null], [name, peer], [[own.address, 0], null]]);
  });

  test(`datagrams come and go over an adopted ${type} descriptor, which outlives close()`, {
    skip: unless("a shared descriptor's datagrams", family, kernelSkip || lacking("fd")),
  }, async () => {
    interface Result {
      readonly ports: number[];
      readonly heard: unknown;
      readonly left: unknown;
      readonly answeredPort: number;
    }
    const { ports, heard, left, answeredPort } = await outcome<Result>("a shared descriptor's datagrams", family);
    assertEquals(ports, [ports[0], ports[0], ports[0]]);
    assertEquals(heard, ["to the adopted", true]);
    assertEquals(left, { text: "to who is left", port: answeredPort });
  });

  test(`the kernel itself refuses a stranger's datagram to a connected ${type} socket`, {
    skip: unless("a stranger", family, kernelSkip || notNative("connect")),
  }, async () => {
    assertEquals(await outcome("a stranger", family), { connected: "ECONNREFUSED", heard: ["from the peer"] });
  });

  test(`threads with reusePort share a port of ${type}: each datagram reaches one of them, and each gets some`, {
    skip: unless("one port for all", family, statisticsSkip || lacking("reusePort")),
  }, async () => {
    const result = await outcome<{ sockets: number; shares: number[]; once: boolean }>("one port for all", family);
    assertEquals([result.sockets, result.once], [3, true]);
    assertEquals(result.shares.filter((share) => share === 0), [], `shares: ${result.shares.join()}`);
  });
}
