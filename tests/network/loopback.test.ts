/** A host whose loopback carries nothing: it is down, or drops what is sent over it, as a firewall would. */
import { assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { after, test } from "node:test";
import { close, type Host, type RemoteSocket, texts } from "./host.ts";
import { ADDRESS, familySkip, namespacesSkip } from "./namespaces.ts";
import { lacking } from "./needs.ts";
import { endNetwork, type Network, network } from "./network.ts";

after(() => endNetwork());

const SOCKETS = [
  ["udp4", "0.0.0.0", {}],
  ["udp6", "::", {}],
  ["udp6", ADDRESS.a[6], {}],
  ["udp4", "0.0.0.0", { receiveInfo: true }],
  ["udp6", "::", { receiveInfo: true }],
  ["udp4", "0.0.0.0", { receiveOffload: true }],
  ["udp6", "::", { receiveOffload: true }],
] as const;

/** In a token bucket of one byte no datagram fits. */
const DROP = ["qdisc", "add", "dev", "lo", "root", "tbf", "rate", "1kbit", "burst", "1", "limit", "1"];
const PASS = ["qdisc", "del", "dev", "lo", "root"];

function tc({ namespaces }: Network, args: readonly string[]): string | false {
  const { status, error, stderr } = spawnSync(...namespaces.command("a", "tc", args), { encoding: "utf8" });
  return status === 0 ? false : `tc can't drop what is sent over lo: ${error?.message ?? stderr.trim()}`;
}

/** Why nothing can be dropped here, or false. */
const dropSkip = namespacesSkip || spawnSync("tc", ["-V"]).error?.message ||
  (spawnSync("unshare", ["--net", "tc", ...DROP]).status === 0 ? false : "tc has no tbf here");

/** Datagrams of b arrive one by one, and some at once; the answers too. */
async function talk(socket: RemoteSocket, peer: RemoteSocket, family: 4 | 6): Promise<void> {
  const { port } = await socket.address();
  const { port: from } = await peer.address();
  for (const text of ["1", "2", "3"]) {
    assertEquals(await peer.send(text, port, ADDRESS.a[family]), null);
    assertEquals(await texts(socket, 1, text), [text]);
  }
  const messages = ["4", "5", "6"].map((data) => ({ data, port, address: ADDRESS.a[family] }));
  assertEquals(await peer.call("sendMany", messages), 3);
  assertEquals(await texts(socket, 3, "a burst"), ["4", "5", "6"]);
  const answers = messages.map(({ data }) => ({ data, port: from, address: ADDRESS.b[family] }));
  assertEquals(await socket.call("sendMany", answers), 3);
  assertEquals(await texts(peer, 3, "the answers"), ["4", "5", "6"]);
}

async function withoutLoopback(host: Host, peers: Host, at: number): Promise<void> {
  const [type, address, options] = SOCKETS[at];
  const family = type === "udp4" ? 4 : 6;
  const socket = await host.bound({ type, ...options }, { address });
  const peer = await peers.bound(type, { address: ADDRESS.b[family] });
  await talk(socket, peer, family);
  if (lacking("pause") === false) {
    await socket.call("pause");
    await socket.call("resume");
    await talk(socket, peer, family);
  }
  await close(socket, peer);
}

SOCKETS.forEach(([type, address, options], at) => {
  const [option = "no option"] = Object.keys(options);
  const what = `${type} on ${address} with ${option}`;
  const family = type === "udp4" ? 4 : 6;
  const skip = familySkip(family) || (option === "receiveInfo" && lacking("receiveInfo"));

  test(`${what} hears and answers where the loopback interface is down`, { skip }, async () => {
    const all = await network();
    all.namespaces.ip("a", "link set dev lo down");
    try {
      const host = await all.another("a");
      await withoutLoopback(host, all.b, at);
      await host.end();
    } finally {
      all.namespaces.ip("a", "link set dev lo up");
    }
  });

  test(`${what} hears and answers where the loopback interface drops everything`, {
    skip: skip || dropSkip,
  }, async () => {
    const all = await network();
    assertEquals(tc(all, DROP), false);
    try {
      const host = await all.another("a");
      await withoutLoopback(host, all.b, at);
      await host.end();
    } finally {
      assertEquals(tc(all, PASS), false);
    }
  });
});

test("no process of this file's network is left", { skip: namespacesSkip }, async () => {
  assertEquals(await endNetwork(), []);
});
