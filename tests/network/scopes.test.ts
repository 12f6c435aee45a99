/** The scope of an IPv6 address: which the kernel is told, which it ignores, and what a name is that no interface has. */
import { assertEquals } from "@std/assert";
import { after, test } from "node:test";
import { close, type Host, type RemoteSocket } from "./host.ts";
import { ADDRESS, familySkip } from "./namespaces.ts";
import { lacking } from "./needs.ts";
import { endNetwork, network } from "./network.ts";

const skip = familySkip(6);
const OK = "nothing was thrown";

after(() => endNetwork());

/** Makes an interface on a, and takes it away again. */
async function goneInterface(): Promise<string> {
  const { namespaces } = await network();
  namespaces.ip("a", "link add name gone0 type veth peer name gone1", "link set dev gone0 up", "link del dev gone0");
  return "gone0";
}

async function bindCode(host: Host, address: string): Promise<string | undefined> {
  const socket = await host.socket("udp6");
  const code = await socket.refusal("bindSync", { address });
  await socket.close();
  return code;
}

async function bound(host: Host): Promise<[RemoteSocket, number]> {
  const socket = await host.bound("udp6", { address: "::" });
  return [socket, (await socket.address()).port];
}

test("a scope of an address that is not link-local is ignored, whether or not an interface has its name", {
  skip,
}, async () => {
  const { a, b } = await network();
  for (const scope of ["eth0", "lo", "nosuch", "1", await goneInterface()]) {
    const [sender] = await bound(a);
    const [peer, port] = await bound(b);
    const [local, localPort] = await bound(a);
    const text = `by ${scope}`;
    assertEquals([scope, await sender.send(text, port, `${ADDRESS.b[6]}%${scope}`)], [scope, null]);
    assertEquals((await peer.message(text)).text, text);
    assertEquals([scope, await sender.send(text, localPort, `::1%${scope}`)], [scope, null]);
    assertEquals((await local.message(text)).text, text);
    assertEquals([scope, await sender.send(text, 9, `ff05::77%${scope}`)], [scope, null]);
    const codes = [await bindCode(a, `${ADDRESS.a[6]}%${scope}`), await bindCode(a, `${ADDRESS.b[6]}%${scope}`)];
    assertEquals([scope, ...codes], [scope, OK, "EADDRNOTAVAIL"]);
    await close(sender, peer, local);
  }
});

test("a peer that is not link-local has no scope", { skip: skip || lacking("connect") }, async () => {
  const { a } = await network();
  for (const scope of ["eth0", "nosuch"]) {
    const [socket] = await bound(a);
    await socket.call("connectSync", 9, `${ADDRESS.b[6]}%${scope}`);
    assertEquals((await socket.call<{ address: string }>("remoteAddress")).address, ADDRESS.b[6]);
    assertEquals((await socket.address()).address, ADDRESS.a[6]);
    await socket.close();
  }
});

test("a scope that names no interface is none, and a number is a name", { skip }, async () => {
  const { a } = await network();
  for (const scope of ["nosuch", "2", "99", await goneInterface()]) {
    const address = `${ADDRESS.a.link}%${scope}`;
    assertEquals([scope, await bindCode(a, address)], [scope, "EINVAL"]);
    const [socket] = await bound(a);
    // By the route that link-local addresses have without one.
    assertEquals([scope, await socket.send("x", 9, address)], [scope, null]);
    assertEquals([scope, await socket.send("x", 9, `ff02::77%${scope}`)], [scope, null]);
    if (!lacking("connect")) {
      assertEquals([scope, await socket.refusal("connectSync", 9, address)], [scope, "EINVAL"]);
      assertEquals([scope, await socket.refusal("connectSync", 9, `ff02::77%${scope}`)], [scope, "EINVAL"]);
    }
    await socket.close();
  }
});

test("what is sent to a scope that names no interface is what was there, whatever becomes of its memory", {
  skip,
}, async () => {
  const { a } = await network();
  for (const method of ["sendAndOverwrite", "sendAndTransfer"]) {
    const [sender] = await bound(a);
    const [peer, port] = await bound(a);
    assertEquals([method, await sender.call(method, method, port, `${ADDRESS.a.link}%nosuch`)], [method, null]);
    assertEquals((await peer.message(method)).text, method);
    await close(sender, peer);
  }
});

test("a link-local address that the interface hasn't is not available, and one that it has is bound to", {
  skip,
}, async () => {
  const { a } = await network();
  assertEquals(await bindCode(a, `${ADDRESS.a.link}%eth0`), OK);
  assertEquals(await bindCode(a, `${ADDRESS.b.link}%eth0`), "EADDRNOTAVAIL");
  assertEquals(await bindCode(a, `${ADDRESS.a.link}%lo`), "EADDRNOTAVAIL");
});
