/** `@x/dgram/web`: multicast. */
import { assert, assertEquals } from "@std/assert";
import { createSocket } from "@x/dgram";
import { UDPSocket } from "@x/dgram/web";
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { root } from "../support/child.ts";
import { python } from "../support/python.ts";
import { bytes, codeOf, lacks, LOOPBACK, noIPv6, readText, rejection, staged } from "../support/web_stage.ts";
import { within } from "../support/within.ts";

/** Others may be testing on this machine at the same time. */
const unique = process.pid % 65_000 + 1;
const GROUP = `239.254.${unique >> 8}.${unique & 255}`;
const GROUP6 = `ff02::7701:${unique.toString(16)}`;

/** What the kernel says of a socket's multicast options, asked in another process. */
function inspect(port: number): Record<string, unknown> {
  const input = JSON.stringify({ pid: process.pid, family: 4, port });
  const inspector = resolve(root, "tests", "peers", "inspector.py");
  const { stdout } = spawnSync(python, [inspector], { input, encoding: "utf8" });
  return stdout ? JSON.parse(stdout) : { refused: "there is no python3" };
}
/** Not every system lets a process look at its parent's descriptors. */
function reasonNotToInspect(): string | false {
  const socket = createSocket("udp4");
  const { refused } = inspect(socket.bindSync({ address: LOOPBACK }).port);
  socket.close();
  return refused === undefined ? false : `another process may not look at this one's sockets: ${refused}`;
}

const onLoopback = { localAddress: "0.0.0.0", multicastInterface: LOOPBACK };
const noMulticast = lacks("membership", "multicastInterface");

test("a multicastInterface that this runtime can't set is a NetworkError", {
  skip: lacks("multicastInterface") ? false : "this runtime can",
}, async () => {
  const error = await rejection(new UDPSocket(onLoopback).opened);
  assertEquals([error.name, codeOf(error)], ["NetworkError", "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM"]);
});

staged("a group's datagrams arrive between joinGroup() and leaveGroup()", async (stage) => {
  const member = await stage.open(onLoopback);
  const sender = await stage.open(onLoopback);
  const { joinedGroups, joinGroup: _ } = member.multicastController!;
  assert(Object.isFrozen(joinedGroups));
  assertEquals(await within(member.multicastController!.joinGroup(GROUP), "joinGroup()"), undefined);
  assertEquals([...member.multicastController!.joinedGroups], [GROUP]);
  assertEquals(joinedGroups.length, 0);
  const send = (data: string, remoteAddress: string): Promise<void> =>
    sender.writer.write({ data: bytes(data), remoteAddress, remotePort: member.localPort });
  await send("news", GROUP);
  assertEquals(await readText(member), "news");
  await within(member.multicastController!.leaveGroup(GROUP), "leaveGroup()");
  assertEquals([...member.multicastController!.joinedGroups], []);
  await send("more news", GROUP);
  await send("end", LOOPBACK);
  assertEquals(await readText(member), "end");
}, noMulticast);

staged("the multicast options are those that the kernel has", async (stage) => {
  const options = { multicastTimeToLive: 7, multicastLoopback: false, multicastAllowAddressSharing: true };
  const { localPort } = await stage.open({ ...onLoopback, ...options });
  const { multicastTTL, multicastLoopback, multicastInterface, reuseAddr } = inspect(localPort);
  assertEquals(
    { multicastTTL, multicastLoopback, multicastInterface, reuseAddr },
    { multicastTTL: 7, multicastLoopback: 0, multicastInterface: LOOPBACK, reuseAddr: 1 },
  );
}, noMulticast || lacks("multicastLoopback", "multicastTTL", "reuseAddr") || reasonNotToInspect());

staged("with multicastAllowAddressSharing each member of a group gets a copy", async (stage) => {
  const first = await stage.open({ ...onLoopback, multicastAllowAddressSharing: true });
  const { localPort } = first;
  const second = await stage.open({ ...onLoopback, localPort, multicastAllowAddressSharing: true });
  for (const { multicastController } of [first, second]) await multicastController!.joinGroup(GROUP);
  const { writer } = await stage.open(onLoopback);
  await writer.write({ data: bytes("both"), remoteAddress: GROUP, remotePort: localPort });
  assertEquals([await readText(first), await readText(second)], ["both", "both"]);
  const alone = await rejection(new UDPSocket({ ...onLoopback, localPort }).opened);
  assertEquals(codeOf(alone), "EADDRINUSE");
}, noMulticast || lacks("reuseAddr"));

staged("the multicast controller names what is wrong", async (stage) => {
  const { socket, reader, writer, multicastController } = await stage.bound();
  const controller = multicastController!;
  for (const address of ["", "group.test", LOOPBACK, "ff02::1%lo"]) {
    assert(await rejection(controller.joinGroup(address)) instanceof TypeError);
    assert(await rejection(controller.leaveGroup(address)) instanceof TypeError);
  }
  assertEquals((await rejection(controller.leaveGroup(GROUP))).name, "InvalidStateError");
  const error = await rejection(controller.joinGroup("ff02::7"));
  assertEquals([error.name, codeOf(error)], ["NetworkError", "ENOPROTOOPT"]);
  assertEquals([...controller.joinedGroups], []);
  await reader.cancel();
  await writer.close();
  await socket.closed;
  assertEquals((await rejection(controller.joinGroup(GROUP))).name, "InvalidStateError");
});

staged("a group is joined once, in whatever spelling", async (stage) => {
  const { multicastController } = await stage.open({ localAddress: "::", multicastInterface: "::%lo" });
  const controller = multicastController!;
  await controller.joinGroup(GROUP6.replace("::", ":0::").toUpperCase());
  assertEquals([...controller.joinedGroups], [GROUP6]);
  assertEquals((await rejection(controller.joinGroup(GROUP6))).name, "InvalidStateError");
  await controller.leaveGroup(GROUP6.replace("::", ":0:0::"));
}, noIPv6 || noMulticast);
