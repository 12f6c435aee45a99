/** Which addresses a socket takes, and how it writes them: scopes, the port 0. What is expected is Node's. */
import { assertEquals } from "@std/assert";
import type { AddressInfo } from "@x/dgram";
import { resolve } from "node:path";
import { spawnSync } from "node:child_process";
import { after, test } from "node:test";
import { root, runtime } from "../support/child.ts";
import { python, pythonSkip } from "../support/python.ts";
import type { Host } from "./host.ts";
import { ADDRESS, familySkip, namespacesSkip } from "./namespaces.ts";
import { lacking } from "./needs.ts";
import { endNetwork, network } from "./network.ts";

after(() => endNetwork());

/** What a call on a new udp6 socket of host a answers as an address, or the code of what it throws. */
async function outcome(host: Host, bind: string, connect?: string): Promise<string> {
  const socket = await host.socket("udp6");
  try {
    await socket.call("bindSync", { address: bind });
    if (connect === undefined) return (await socket.address()).address;
    await socket.call("connectSync", 9, connect);
    return (await socket.call<AddressInfo>("remoteAddress")).address;
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await socket.close();
  }
}

async function outcomes(host: Host, addresses: readonly string[], connects: boolean): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const address of addresses) {
    all[address] = await (connects ? outcome(host, "::", address) : outcome(host, address));
  }
  return all;
}

const BOUND = {
  "::%eth0": "::",
  "::1%eth0": "::1",
  "::1%1": "::1",
  "::1%nosuch": "::1",
  "::ffff:127.0.0.1%lo": "::ffff:127.0.0.1",
  "fd77:1::2%eth0": "fd77:1::2",
  "fd77:1::2%nosuch": "fd77:1::2",
  "2001:db8::1%eth0": "EADDRNOTAVAIL",
  "2001:db8::1%nosuch": "EADDRNOTAVAIL",
  "fe80::2%eth0": "fe80::2%eth0",
  "FE80:0::2%eth0": "fe80::2%eth0",
  "fe80::2%nosuch": "EINVAL",
  "fe80::2%1": "EINVAL",
  "fe80::2%999": "EINVAL",
  "ff02::1%nosuch": "EINVAL",
  "ff02::1%1": "EINVAL",
  "ff05::2%eth0": "ff05::2",
  "ff05::2%nosuch": "ff05::2",
};

const CONNECTED = {
  "::": "::1",
  "::%eth0": "::1",
  "::1%nosuch": "::1",
  "0:0::1": "::1",
  "::ffff:0.0.0.0": "::ffff:127.0.0.1",
  "::ffff:0:0": "::ffff:127.0.0.1",
  "::ffff:127.0.0.1%lo": "::ffff:127.0.0.1",
  "fd77:1::3%eth0": "fd77:1::3",
  "FD77:1:0::3%nosuch": "fd77:1::3",
  "fe80::3%eth0": "fe80::3%eth0",
  "fe80::3%nosuch": "EINVAL",
  "fe80::3%1": "EINVAL",
  "ff02::1%eth0": "ff02::1",
  "ff02::1%nosuch": "EINVAL",
};

test("bind() takes a scope where it is part of the address, and leaves it out elsewhere", {
  skip: familySkip(6),
}, async () => {
  assertEquals(await outcomes((await network()).a, Object.keys(BOUND), false), BOUND);
});

test("a peer is written as the kernel writes it, with a scope where it is part of the address", {
  skip: familySkip(6) || lacking("connect"),
}, async () => {
  assertEquals(await outcomes((await network()).a, Object.keys(CONNECTED), true), CONNECTED);
});

test("bind() takes the scope of an interface without a carrier, and of one without a link-local address", {
  skip: familySkip(6),
}, async () => {
  const { a, namespaces } = await network();
  // What is up at one end alone has no carrier.
  namespaces.ip(
    "a",
    "link add name dark0 type veth peer name dark1",
    ...["dark0", "dark1"].map((name) => `link set dev ${name} addrgenmode none`),
    "link set dev dark0 up",
    "addr add fe80::77/64 dev dark0 nodad",
  );
  const bound = { "fe80::77%dark0": "fe80::77%dark0", "ff02::77%dark0": "ff02::77", "ff02::77%dark1": "ff02::77" };
  assertEquals(await outcomes(a, Object.keys(bound), false), bound);
  namespaces.ip("a", "link del dev dark0");
});

test("addresses are the same on Bun where there is no libc", {
  skip: familySkip(6) || runtime !== "bun" && "it is about Bun",
}, async () => {
  const host = await (await network()).withoutLibc("a");
  const socket = await host.bound("udp6", { address: "::1" });
  assertEquals(await socket.refusal("getRecvBufferSize"), "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM");
  await socket.close();
  assertEquals(await outcomes(host, Object.keys(BOUND), false), BOUND);
  assertEquals(await outcomes(host, Object.keys(CONNECTED), true), CONNECTED);
  await host.end();
});

/** What reaches a socket of host a that a peer on it sends from port 0, and after that from another. */
async function heardFromPorts(options: object): Promise<unknown[]> {
  const { a, namespaces } = await network();
  const socket = await a.bound(options, { address: ADDRESS.a[4] });
  const script = resolve(root, "tests", "network", "raw_datagram.py");
  const { port } = await socket.address();
  const { status, stderr } = spawnSync(...namespaces.command("a", python, [script, ADDRESS.a[4], String(port)]));
  assertEquals([status, String(stderr)], [0, ""]);
  const heard: unknown[] = [];
  for (let last = 0; last !== 7;) {
    const { text, port } = await socket.message("a datagram of the raw socket");
    heard.push([text, port]);
    last = port;
  }
  await socket.close();
  return heard;
}

const FROM_ZERO = ["from port 0", 0];
const FROM_SEVEN = ["from port 7", 7];

test("a datagram from port 0 is heard, or the capabilities say that it is not", {
  skip: namespacesSkip || pythonSkip,
}, async () => {
  const expected = lacking("sourcePortZero") ? [FROM_SEVEN] : [FROM_ZERO, FROM_SEVEN];
  assertEquals(await heardFromPorts({ type: "udp4" }), expected);
});

test("a datagram from port 0 is heard by a socket with receiveInfo", {
  skip: namespacesSkip || pythonSkip || lacking("receiveInfo"),
}, async () => {
  assertEquals(await heardFromPorts({ type: "udp4", receiveInfo: true }), [FROM_ZERO, FROM_SEVEN]);
});

test("nothing is left of the network of addresses", { skip: namespacesSkip }, async () => {
  assertEquals(await endNetwork(), []);
});
