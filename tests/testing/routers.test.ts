/** Networks in memory that are not flat: routers, and the links between them. */
import { assertEquals, assertThrows } from "@std/assert";
import { createNetwork, type Network, type NetworkHost } from "@x/dgram/testing";
import { test } from "node:test";

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

interface Tree {
  readonly net: Network;
  readonly [name: string]: NetworkHost | Network;
}

/** server - core - (west - (a, b), east - inner - c) */
function tree() {
  const net = createNetwork({ trace: true });
  const server = net.host({ name: "server", addresses: ["198.51.100.1"] });
  const core = net.router({ name: "core", outside: ["198.51.100.254"], inside: ["10.0.0.1/24"] });
  const west = net.router({ name: "west", behind: core, inside: ["10.1.0.1/24", "fd01::1/64"] });
  const east = net.router({ name: "east", behind: core, inside: ["10.2.0.1/24"] });
  const inner = net.router({ name: "inner", behind: east, inside: ["10.3.0.1/24", "fd03::1/64"] });
  const [a, b] = [net.host({ name: "a", behind: west }), net.host({ name: "b", behind: "west" })];
  const c = net.host({ name: "c", behind: inner });
  return { net, server, core, west, east, inner, a, b, c } satisfies Tree;
}

function open(host: NetworkHost, type: "udp4" | "udp6" = "udp4") {
  const heard: string[] = [];
  const socket = host.dgram.createSocket({ type, receiveInfo: true, ipv6Only: type === "udp6" });
  socket.on("message", (message, { hopLimit }) => heard.push(`${message.length > 99 ? "much" : message} ${hopLimit}`));
  socket.on("error", (error) => heard.push(String(codeOf(error))));
  socket.bindSync({ port: 5000 });
  return { heard, socket, send: (data: string | Uint8Array, to: string) => socket.send(data, 5000, to) };
}

test("a datagram takes the way through the routers, each of which takes one of its hop limit", async () => {
  const { net, server, a, b, c, west } = tree();
  const hosts = [server, a, b, c, west].map((host) => open(host));
  assertEquals([a.addresses, b.addresses, c.addresses], [
    ["10.1.0.2", "fd01::2"],
    ["10.1.0.3", "fd01::3"],
    ["10.3.0.2", "fd03::2"],
  ]);
  for (const [number, host] of [server, a, b, c, west].entries()) {
    for (const to of ["198.51.100.1", "10.1.0.2", "10.1.0.3", "10.3.0.2", "10.1.0.1"]) {
      if (!host.addresses.includes(to)) hosts[number].send(host.name, to);
    }
  }
  await net.idle();
  assertEquals(hosts.map(({ heard }) => [...heard].sort().join(", ")), [
    "a 62, b 62, c 61, west 63",
    "b 64, c 61, server 62, west 64",
    "a 64, c 61, server 62, west 64",
    "a 61, b 61, server 61, west 62",
    "a 64, b 64, c 62, server 63",
  ]);
  const [six, other] = [open(a, "udp6"), open(c, "udp6")];
  six.send("six", "fd03::2");
  await net.idle();
  assertEquals(other.heard, ["six 61"]);
  await net.close();
});

test("each link of the way takes its time, and what has no hops left or no owner is lost on it", async () => {
  const { net, a, c, core, east, west, inner } = tree();
  net.link(a, west, { latency: 5 });
  net.link(west, east, { latency: 20 });
  net.link(east, inner, { latency: 7 }, { latency: 9 });
  const [from, to] = [open(a), open(c)];
  to.socket.on("message", (_message, { address, port }) => to.socket.send("back", port, address));
  from.send("there", "10.3.0.2");
  await net.idle();
  assertEquals([from.heard, net.clock.now()], [["back 61"], 5 + 20 + 7 + 1 + 1 + 9 + 20 + 5]);
  from.socket.setTTL(3);
  from.send("far", "10.3.0.2");
  from.send("nobody", "10.9.9.9");
  await net.idle();
  const fates = net.trace.filter(({ fate }) => fate === "lost").map(({ host, reason }) => `${host}: ${reason}`);
  // core is not on the way from west to east, which are neighbours behind it.
  assertEquals(fates, ["core: no host has the address", "inner: its hop limit ran out"]);
  assertEquals(core.running, true);
  await net.close();
});

test("a path MTU behind routers is found, for IPv4 and IPv6, and what may be cut is cut", async () => {
  const { net, a, c, east, inner } = tree();
  net.link(east, inner, { mtu: 1300 });
  for (const type of ["udp4", "udp6"] as const) {
    const [from, to] = [open(a, type), open(c, type)];
    from.socket.connectSync(5000, c.addresses[type === "udp4" ? 0 : 1]);
    from.socket.send(new Uint8Array(1400));
    await net.idle();
    assertEquals([from.heard, to.heard, from.socket.getPathMTU()], [["EMSGSIZE"], [], 1300]);
    from.socket.send(new Uint8Array(1400));
    await net.idle();
    assertEquals(to.heard, ["much 61"]);
    from.socket.close();
    to.socket.close();
  }
  await net.close();
});

test("ICMP errors come back through the routers", async () => {
  const { net, a, c } = tree();
  const from = open(a);
  from.socket.connectSync(9, c.addresses[0]);
  from.socket.send("nobody is there");
  await net.idle();
  assertEquals(from.heard, ["ECONNREFUSED"]);
  await net.close();
});

test("broadcasts and groups stay among neighbours", async () => {
  const { net, server, core, west, east, a, b, c } = tree();
  const names = [server, core, west, east, a, b, c];
  const sockets = names.map((host) => open(host));
  sockets.forEach(({ socket }) => {
    socket.setBroadcast(true);
    socket.addMembership("239.1.2.3");
  });
  // A router joins on the side of what is behind it, too.
  sockets[2].socket.addMembership("239.1.2.3", "10.1.0.1");
  const heardBy = async (from: number, to: string): Promise<string[]> => {
    sockets.forEach(({ heard }) => heard.length = 0);
    sockets[from].send("x", to);
    await net.idle();
    return names.filter((_, number) => sockets[number].heard.length > 0).map(({ name }) => name);
  };
  assertEquals(await heardBy(4, "239.1.2.3"), ["west", "a", "b"]);
  assertEquals(await heardBy(4, "255.255.255.255"), ["west", "a", "b"]);
  assertEquals(await heardBy(0, "239.1.2.3"), ["server", "core"]);
  await net.close();
});

test("a partition of routers parts what is behind them, and a router that is down or removed does so too", async () => {
  const { net, server, core, west, east, a, c } = tree();
  const [from, to, other] = [open(a), open(c), open(server)];
  const reached = async (): Promise<boolean[]> => {
    const before = [to.heard.length, other.heard.length];
    from.send("x", c.addresses[0]);
    from.send("x", server.addresses[0]);
    await net.idle();
    return [to.heard.length > before[0], other.heard.length > before[1]];
  };
  assertEquals(await reached(), [true, true]);
  const cut = net.partition([west], [east]);
  assertEquals(await reached(), [false, true]);
  cut.undo();
  east.crash();
  assertEquals(await reached(), [false, true]);
  east.start();
  assertEquals(await reached(), [true, true]);
  net.remove(core);
  assertEquals(await reached(), [true, false]);
  await net.close();
});

test("addresses are one host's between routers, and links are between neighbours", () => {
  const { net, a, c, west } = tree();
  assertEquals(
    codeOf(assertThrows(() => net.host({ behind: west, addresses: ["198.51.100.1"] }))),
    "ERR_NETWORK_ADDRESS_IN_USE",
  );
  assertEquals(codeOf(assertThrows(() => net.host({ behind: a }))), "ERR_NETWORK_NO_ROUTER");
  assertThrows(() => net.link(a, c, {}), Error, "between them is west, east, inner");
  assertThrows(() => net.router({ kind: "symmetric" } as never), TypeError, "is no option");
});

test("a router hears what is for all of its inside network, and passes it on to nobody", async () => {
  const { net, server, west, a } = tree();
  const [speaker, router, neighbour] = [open(server), open(west), open(a)];
  speaker.send("all", "10.1.0.255");
  await net.idle();
  assertEquals([router.heard, neighbour.heard], [["all 63"], []]);
  await net.close();
});

test("a program of a router that uses one device reaches who is on that side", async () => {
  const { net, server, west, a } = tree();
  const router = open(west);
  const [outside, inside] = [open(server), open(a)];
  for (const device of ["outside", "inside"]) {
    router.socket.bindToDevice(device);
    for (const to of [server.addresses[0], a.addresses[0]]) router.send(device, to);
    await net.idle();
  }
  assertEquals([outside.heard, inside.heard], [["outside 63"], ["inside 64"]]);
  await net.close();
});
