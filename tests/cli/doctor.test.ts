/** `dgram doctor`: what it says of the host, beside what the kernel says itself. */
import { assert, assertEquals } from "@std/assert";
import { capabilities, createSocket } from "@x/dgram";
import { capabilities as withFfi } from "@x/dgram/ffi";
import { spawnSync } from "node:child_process";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { parseSnmp, parseSnmp6 } from "../../src/cli/host_counters.ts";
import { parseSockets } from "../../src/observe/proc.ts";
import { runtime } from "../support/child.ts";
import { type Line, runMain } from "../support/cli.ts";
import { freePort } from "../support/free_port.ts";
import { notLinux } from "../support/proc.ts";

const HOST = "127.0.0.1";

async function doctor(...flags: string[]): Promise<Line[]> {
  const { code, stdout } = await runMain(["doctor", "--json", ...flags]).result;
  assertEquals(code, 0);
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

interface DenoGlobal {
  permissions: { querySync(descriptor: { name: string; path: string }): { state: string } };
}

/** Deno 2.9.6 lets nobody read there without every permission, and says "granted" to who has --allow-read. */
const unreadable = notLinux || (runtime === "deno" && "Deno reads nothing in /proc without --allow-all");

function cat(path: string): string {
  return spawnSync("cat", [path], { encoding: "utf8" }).stdout;
}

test("cli: doctor names the limits of the kernel's buffers", { skip: unreadable }, async () => {
  const limits = (await doctor()).find(({ event }) => event === "limits");
  const names = ["rmem_max", "rmem_default", "wmem_max", "wmem_default", "netdev_max_backlog"];
  // The last is not there in a network namespace.
  const there = names.filter((name) => name !== "netdev_max_backlog" || cat(`/proc/sys/net/core/${name}`) !== "");
  const expected = there.map((name) => [name, Number(cat(`/proc/sys/net/core/${name}`))]);
  assertEquals(limits, { event: "limits", ...Object.fromEntries(expected) });
  const { stdout } = await runMain(["doctor"]).result;
  assert(/ \(net\.core\.rmem_max\),\n.* \(net\.core\.wmem_max\)\n/.test(stdout), stdout);
});

test(
  "cli: doctor tells what the kernel has counted as lost, and which socket lost it",
  { skip: unreadable },
  async () => {
    const countersOf = (lines: Line[]) => lines.find(({ event, family }) => event === "counters" && family === "IPv4")!;
    const before = countersOf(await doctor());
    const nobody = await freePort();
    const full = createSocket({ type: "udp4", recvBufferSize: 1 });
    const { port } = full.bindSync({ address: HOST });
    full.pause();
    const sender = createSocket("udp4");
    sender.bindSync({ address: HOST });
    const data = Buffer.alloc(1000);
    for (let sent = 0; sent < 40; sent++) {
      await new Promise<void>((done) => sender.send(data, sent % 2 ? nobody : port, HOST, () => done()));
    }
    const isOfPort = (line: Line) => line.event === "drops" && line.port === port;
    let lines = await doctor();
    // The kernel may leave out a row while others close theirs.
    for (let again = 0; again < 8 && !lines.some(isOfPort); again++) lines = await doctor();
    full.close();
    sender.close();
    const rise = (name: string) => (countersOf(lines)[name] as number) - (before[name] as number);
    assert(rise("NoPorts") >= 20, `NoPorts rose by ${rise("NoPorts")}`);
    const drops = lines.find(isOfPort);
    assert(drops !== undefined && drops.address === HOST && (drops.drops as number) > 0, JSON.stringify(drops));
    assert(rise("RcvbufErrors") >= (drops.drops as number), `RcvbufErrors rose by ${rise("RcvbufErrors")}`);
  },
);

test("cli: doctor --json names every socket that has lost something, and in words the worst ten", {
  skip: unreadable,
}, async () => {
  const sender = createSocket("udp4");
  const full = Array.from({ length: 12 }, () => createSocket({ type: "udp4", recvBufferSize: 1 }));
  const ports = full.map((socket) => socket.bindSync({ address: HOST }).port);
  for (const socket of full) socket.pause();
  const messages = ports.flatMap((port) =>
    Array.from({ length: 30 }, () => ({ data: Buffer.alloc(1000), port, address: HOST }))
  );
  await sender.sendMany(messages);
  const told: unknown[] = [];
  for (let again = 0; again < 8 && !ports.every((port) => told.includes(port)); again++) {
    told.push(...(await doctor()).filter(({ event }) => event === "drops").map(({ port }) => port));
  }
  const { stdout } = await runMain(["doctor"]).result;
  for (const socket of [sender, ...full]) socket.close();
  assertEquals(ports.filter((port) => !told.includes(port)), []);
  assertEquals(stdout.match(/^the socket at /gm)?.length, 10);
});

test(
  "cli: doctor says where the host's counters can't be read",
  { skip: unreadable ? false : "they can here" },
  async () => {
    const host = (await doctor()).find(({ event }) => event === "host");
    assert(typeof host?.unknown === "string" && host.unknown !== "");
  },
);

test("cli: doctor --ffi tells of the sockets of the ffi entry", {
  skip: withFfi.features.trafficClass === "native" ? false : "there is no FFI here",
}, async () => {
  const lines = await doctor("--ffi");
  const features = lines.filter(({ event }) => event === "feature");
  assertEquals(Object.fromEntries(features.map(({ feature, support }) => [feature, support])), withFfi.features);
  assertEquals(lines.find(({ event }) => event === "runtime")!.backend, withFfi.backend);
  const { tryFfi } = (await doctor()).at(-1)!;
  assertEquals(tryFfi, capabilities.features.trafficClass !== "native");
});

test("cli: the kernel's counters are read by their names, in whatever order", () => {
  const snmp = "Ip: A B\nIp: 1 2\nUdp: NoPorts InErrors New\nUdp: 3 4 5\nUdpLite: NoPorts\nUdpLite: 9\n";
  assertEquals(parseSnmp(snmp), { NoPorts: 3, InErrors: 4, New: 5 });
  assertEquals(parseSnmp("Ip: A\nIp: 1\n"), undefined);
  assertEquals(parseSnmp6("Ip6InReceives \t1\nUdp6NoPorts                     \t7\nUdpLite6NoPorts \t9\n"), {
    NoPorts: 7,
  });
  assertEquals(parseSnmp6(""), undefined);
});

test("cli: the kernel's table of sockets is read", { skip: notLinux }, () => {
  const head =
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n";
  const row = (address: string, drops: number) =>
    `  317: ${address} 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 22410 2 00000000 ${drops}\n`;
  const [one, two] = new Uint8Array(Uint16Array.of(1).buffer);
  assertEquals([one, two], [1, 0], "this test is written for the byte order of x64 and arm64");
  assertEquals(parseSockets(head + row("0100007F:1F90", 12), "IPv4"), [
    { family: "IPv4", address: "127.0.0.1", port: 8080, drops: 12 },
  ]);
  assertEquals(parseSockets(head + row("B80D0120000000000000000001000000:0035", 3), "IPv6"), [
    { family: "IPv6", address: "2001:db8::1", port: 53, drops: 3 },
  ]);
});
