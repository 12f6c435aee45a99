/** What UDP and a kernel do, on hosts in memory. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { capabilities, createSocket } from "@x/dgram";
import { replyTo, watchIcmp } from "@x/dgram/ancillary";
import { observe } from "@x/dgram/observe";
import { bind } from "@x/dgram/promises";
import { createNetwork, type Network, type NetworkHost } from "@x/dgram/testing";
import { UDPSocket } from "@x/dgram/web";
import { test } from "node:test";

type Receiver = ReturnType<NetworkHost["dgram"]["createSocket"]>;

interface Heard {
  readonly socket: Receiver;
  readonly messages: string[];
  readonly errors: string[];
}

/** A bound socket of a host, and what it is told. */
function open(host: NetworkHost, port: number, address?: string, options: object = {}): Heard {
  const socket = host.dgram.createSocket({ type: address?.includes(":") ? "udp6" : "udp4", ...options });
  const heard: Heard = { socket, messages: [], errors: [] };
  socket.on("message", (message, from) => heard.messages.push(`${message} from ${from.address}`));
  socket.on("error", (error) => heard.errors.push(error.message));
  socket.bindSync(address === undefined ? { port } : { port, address });
  return heard;
}

async function withNetwork(work: (net: Network) => Promise<void>): Promise<void> {
  const net = createNetwork({ seed: 1, trace: true });
  try {
    await work(net);
  } finally {
    await net.close();
  }
}

const fates = (net: Network): string[] =>
  net.trace.filter(({ fate }) => fate !== "sent").map(({ fate, reason }) =>
    reason === undefined ? fate : `${fate}: ${reason}`
  );

test("hosts in memory hear each other over both families, by address and by name", async () => {
  await withNetwork(async (net) => {
    const [a, b] = [net.host({ name: "a" }), net.host({ name: "b", addresses: ["192.0.2.7", "2001:db8::7"] })];
    const four = open(b, 5000);
    const six = open(b, 5001, "2001:db8::7");
    const sender = open(a, 0);
    const sender6 = open(a, 0, "::");
    sender.socket.send("by address", 5000, "192.0.2.7");
    sender.socket.send("by name", 5000, "b");
    sender6.socket.send("by address", 5001, "2001:db8:0::7");
    sender6.socket.send("mapped", 5000, "::ffff:192.0.2.7");
    await net.idle();
    assertEquals(
      four.messages.sort(),
      ["by address", "by name", "mapped"].map((text) => `${text} from ${a.addresses[0]}`),
    );
    assertEquals(six.messages, [`by address from ${a.addresses[1]}`]);
  });
});

test("whatever entry makes a socket within run(), and in what that begins, it is on the host", async () => {
  await withNetwork(async (net) => {
    const [a, b] = [net.host({ addresses: ["192.0.2.1"] }), net.host({ addresses: ["192.0.2.2"] })];
    const heard: string[] = [];
    const serving = b.run(async () => {
      await Promise.resolve();
      const socket = await bind(7);
      for (let i = 0; i < 3; i++) {
        const { data, address, port } = await socket.receive();
        heard.push(`${data} from ${address}`);
        await socket.send("answer", port, address);
      }
      await socket.close();
    });
    const asking = a.run(async () => {
      const plain = createSocket("udp4");
      const answered = new Promise((done) => plain.once("message", done));
      plain.send("main", 7, "192.0.2.2");
      await answered;
      plain.close();
      const socket = await bind();
      await socket.request("promises", { port: 7, address: "192.0.2.2" });
      await socket.close();
      const web = new UDPSocket({ remoteAddress: "192.0.2.2", remotePort: 7 });
      const { writable, readable } = await web.opened;
      const writer = writable.getWriter();
      await writer.write({ data: new TextEncoder().encode("web") });
      await readable.getReader().read();
      writer.releaseLock();
    });
    await net.run({ until: asking });
    await net.run({ until: serving });
    assertEquals(heard, ["main", "promises", "web"].map((text) => `${text} from 192.0.2.1`));
    assert(capabilities.backend !== a.dgram.capabilities.backend || capabilities.backend === "memory");
  });
});

test("a port of one host is free on another, and taken on its own as the kernel takes it", async () => {
  await withNetwork((net) => {
    const [a, b] = [net.host(), net.host()];
    open(a, 5000);
    open(b, 5000);
    const taken = (port: number, address?: string, options?: object): void => {
      assertThrows(() => open(a, port, address, options), Error, "EADDRINUSE");
    };
    taken(5000, "127.0.0.1");
    taken(5000, "::");
    taken(5000, undefined, { reuseAddr: true });
    open(a, 5000, "::", { ipv6Only: true });
    open(a, 5001, "127.0.0.1");
    open(a, 5001, "127.0.0.2");
    open(a, 5002, undefined, { reuseAddr: true });
    open(a, 5002, undefined, { reuseAddr: true });
    open(a, 5003, undefined, { reusePort: true });
    open(a, 5003, undefined, { reusePort: true });
    taken(5003);
    assertThrows(() => open(a, 5004, b.addresses[0]), Error, "EADDRNOTAVAIL");
    return Promise.resolve();
  });
});

test("reusePort balances senders between sockets, and keeps each with one", async () => {
  await withNetwork(async (net) => {
    const [a, b] = [net.host(), net.host()];
    const workers = Array.from({ length: 4 }, () => open(b, 5000, undefined, { reusePort: true }));
    const senders = Array.from({ length: 64 }, () => open(a, 0));
    for (let round = 0; round < 3; round++) {
      senders.forEach(({ socket }, index) => socket.send(String(index), 5000, b.addresses[0]));
    }
    await net.idle();
    assertEquals(workers.reduce((sum, { messages }) => sum + messages.length, 0), 3 * 64);
    for (const { messages } of workers) {
      assert(messages.length > 0, "a worker was given nothing");
      for (const message of messages) assertEquals(messages.filter((other) => other === message).length, 3);
    }
  });
});

test("a closed port is told to who is connected, after the way there and back, and to nobody else", async () => {
  await withNetwork(async (net) => {
    const [a, b] = [net.host(), net.host()];
    const connected = open(a, 0);
    const other = open(a, 0);
    connected.socket.connectSync(9, b.addresses[0]);
    connected.socket.send("x");
    other.socket.send("x", 9, b.addresses[0]);
    await net.run({ for: 1.9 });
    assertEquals(connected.errors, []);
    await net.run({ for: 0.1 });
    assertEquals([connected.errors, other.errors], [["recvmsg ECONNREFUSED"], []]);
    assertEquals(fates(net), ["refused: nobody has the port", "refused: nobody has the port"]);
  });
});

test("a receive buffer holds as many datagrams as Linux's does, and the others are lost", async () => {
  // Measured on Linux 6.18 with the same size.
  const measured = [[0, 256], [100, 256], [600, 166], [1400, 92], [3000, 48], [4000, 25], [16_000, 12], [65_507, 3]];
  await withNetwork(async (net) => {
    const a = net.host();
    for (const [size, count] of measured) {
      const { socket, messages } = open(a, 0, "127.0.0.1");
      socket.setRecvBufferSize(106_496);
      socket.pause();
      const sender = open(a, 0, "127.0.0.1");
      for (let i = 0; i < 300; i++) sender.socket.send(new Uint8Array(size), socket.address().port, "127.0.0.1");
      await net.idle();
      socket.resume();
      await net.idle();
      assertEquals([size, messages.length], [size, count]);
      socket.close();
      sender.socket.close();
    }
  });
});

test("a hop limit that is used up on the way loses the datagram, and what is left arrives", async () => {
  await withNetwork(async (net) => {
    const [a, b] = [net.host(), net.host()];
    net.link(a, b, { hops: 3 });
    const receiver = open(b, 5000, undefined, { receiveInfo: true });
    const limits: unknown[] = [];
    receiver.socket.on("message", (_message, { hopLimit }) => limits.push(hopLimit));
    const sender = open(a, 0);
    for (const ttl of [3, 4, 64]) {
      sender.socket.setTTL(ttl);
      sender.socket.send("x", 5000, b.addresses[0]);
      await net.idle();
    }
    assertEquals(limits, [1, 61]);
    assertEquals(fates(net)[0], "lost: its hop limit ran out");
  });
});

test("a link that is too narrow is told of by ICMP, and what must not be cut fails from then on", async () => {
  await withNetwork(async (net) => {
    const [a, b] = [net.host(), net.host()];
    net.link(a, b, { mtu: 1280 });
    const receiver = open(b, 5000);
    const sender = open(a, 0);
    sender.socket.connectSync(5000, b.addresses[0]);
    assertEquals(sender.socket.getPathMTU(), 1500);
    const results: unknown[] = [];
    const send = async (): Promise<void> => {
      sender.socket.send(new Uint8Array(1400), (error) => results.push(error?.message ?? "sent"));
      await net.idle();
    };
    await send();
    assertEquals([sender.errors, sender.socket.getPathMTU()], [["recvmsg EMSGSIZE"], 1280]);
    // It is cut from now on.
    await send();
    sender.socket.setDontFragment(true);
    await send();
    assertEquals(results, ["sent", "sent", "send EMSGSIZE"]);
    assertEquals(receiver.messages.length, 1);
  });
});

test("a broadcast reaches all hosts, if it may be sent", async () => {
  await withNetwork(async (net) => {
    const hosts = [1, 2, 3].map((number) => net.host({ addresses: [`192.0.2.${number}/24`] }));
    const heard = hosts.map((host) => open(host, 5000));
    const { socket, errors } = open(hosts[0], 0);
    socket.send("x", 5000, "192.0.2.255", (error) => errors.push(String(error?.message)));
    await net.idle();
    assertEquals(errors, ["send EACCES 192.0.2.255:5000"]);
    socket.setBroadcast(true);
    socket.send("to the network", 5000, "192.0.2.255");
    socket.send("to all", 5000, "255.255.255.255");
    await net.idle();
    for (const { messages } of heard) {
      assertEquals(messages, ["to the network from 192.0.2.1", "to all from 192.0.2.1"]);
    }
  });
});

test("a group is heard where it was joined, from the senders that are wanted, and at home unless loopback is off", async () => {
  await withNetwork(async (net) => {
    const [a, b, c, d] = ["a", "b", "c", "d"].map((name, index) =>
      net.host({ name, addresses: [`192.0.2.${index + 1}`] })
    );
    const [atB, atC, atD] = [open(b, 5000), open(c, 5000), open(d, 5000)];
    atB.socket.addMembership("239.1.1.1");
    atC.socket.addSourceSpecificMembership("192.0.2.9", "239.1.1.1");
    const sender = open(a, 5000);
    sender.socket.addMembership("239.1.1.1");
    sender.socket.send("first", 5000, "239.1.1.1");
    await net.idle();
    sender.socket.setMulticastLoopback(false);
    atB.socket.dropMembership("239.1.1.1");
    atC.socket.addSourceSpecificMembership("192.0.2.1", "239.1.1.1");
    sender.socket.send("second", 5000, "239.1.1.1");
    await net.idle();
    sender.socket.setMulticastTTL(0);
    sender.socket.send("third", 5000, "239.1.1.1");
    await net.idle();
    const from = (text: string): string => `${text} from 192.0.2.1`;
    assertEquals([sender, atB, atC, atD].map(({ messages }) => messages), [
      [from("first")],
      [from("first")],
      [from("second")],
      [],
    ]);
  });
});

test("a host that is stopped closes its sockets, one that crashes says nothing, and both lose what comes", async () => {
  await withNetwork(async (net) => {
    const [a, b] = [net.host(), net.host()];
    const events: string[] = [];
    const begin = (): void => {
      open(b, 5000).socket.on("close", () => events.push("close"));
    };
    const sender = open(a, 0);
    const send = async (): Promise<void> => {
      sender.socket.send("x", 5000, b.addresses[0]);
      await net.idle();
    };
    begin();
    b.stop();
    await send();
    b.start();
    begin();
    b.crash();
    await send();
    b.start();
    await send();
    assertEquals(events, ["close"]);
    assertEquals(fates(net), ["lost: the host is down", "lost: the host is down", "refused: nobody has the port"]);
  });
});

test("more sockets than a host may have fail with EMFILE, until one is closed", async () => {
  await withNetwork((net) => {
    const host = net.host({ maxSockets: 2 });
    const first = open(host, 0);
    open(host, 0);
    assertThrows(() => open(host, 0), Error, "EMFILE");
    first.socket.close();
    open(host, 0);
    return Promise.resolve();
  });
});

test("what the network does not know has no address, and a name can be given some", async () => {
  await withNetwork(async (net) => {
    const [a, b] = [net.host(), net.host()];
    const receiver = open(b, 5000);
    const sender = open(a, 0);
    sender.socket.send("x", 5000, "nowhere.example", (error) => sender.errors.push(String(error?.message)));
    net.name("somewhere.example", b.addresses);
    sender.socket.send("here", 5000, "somewhere.example");
    sender.socket.send("lost", 5000, "198.51.100.1");
    await net.idle();
    assertEquals(sender.errors, ["getaddrinfo ENOTFOUND nowhere.example"]);
    assertEquals(receiver.messages, [`here from ${a.addresses[0]}`]);
    assert(fates(net).includes("lost: no host has the address"));
  });
});

test("a datagram that came in pieces takes the room of all of them in the receive buffer", async () => {
  const net = createNetwork();
  const [a, b] = [net.host(), net.host()];
  const kept: number[] = [];
  for (const [place, size] of [1472, 1473, 3000, 60_000].entries()) {
    let heard = 0;
    const receiver = b.dgram.createSocket("udp4", () => heard++);
    receiver.bindSync({ port: 5000 + place });
    receiver.pause();
    const sender = a.dgram.createSocket("udp4");
    for (let sent = 0; sent < 100; sent++) sender.send(new Uint8Array(size), 5000 + place, b.addresses[0]);
    await net.idle();
    receiver.resume();
    await net.idle();
    kept.push(heard);
  }
  // 212,992 bytes, of 2304, 2304, 5440 and 94,464.
  assertEquals(kept, [92, 92, 39, 2]);
  await net.close();
});

test("a host's Socket makes that host's sockets, with new and as the parent of a class of functions", () =>
  withNetwork(async (net) => {
    const [one, two] = [net.host({ name: "one" }), net.host({ name: "two" })];
    assert(one.dgram.Socket !== two.dgram.Socket);
    assertEquals(one.dgram.Socket, one.dgram.Socket);
    const created = new one.dgram.Socket("udp4");
    const called = Object.create(two.dgram.Socket.prototype);
    (two.dgram.Socket as unknown as { call(self: object, type: string): void }).call(called, "udp4");
    const other = new one.dgram.Socket({ type: "udp4", backend: two.backend } as never);
    const ports = [created, called as typeof created, other].map((socket, place) => {
      assert(socket instanceof one.dgram.Socket === socket instanceof two.dgram.Socket);
      return socket.bindSync({ port: 5000 + place }).port;
    });
    assertEquals(ports, [5000, 5001, 5002]);
    const heard: string[] = [];
    for (const socket of [created, called, other]) {
      socket.on("message", (message: unknown) => heard.push(`${message} at ${socket.address().port}`));
    }
    const from = one.dgram.createSocket("udp4");
    for (const [host, port] of [[one, 5000], [one, 5001], [two, 5001], [two, 5002]] as const) {
      from.send(host.name, port, host.addresses[0]);
    }
    await net.idle();
    assertEquals(heard.sort(), ["one at 5000", "two at 5001", "two at 5002"]);
  }));

test("what came to a network's own broadcast address is answered from the address that it came in by", async () => {
  await withNetwork(async (net) => {
    const [asked, asker] = ["10.0.0.1/24", "10.0.0.2/24"].map((address) => net.host({ addresses: [address] }));
    const server = open(asked, 53, undefined, { receiveInfo: true });
    const outcomes: unknown[] = [];
    server.socket.on("message", (_, from) => {
      replyTo(server.socket, from, "answer").then((did) => outcomes.push(did), (error) => outcomes.push(error));
    });
    const client = open(asker, 0);
    client.socket.setBroadcast(true);
    client.socket.send("who is there?", 53, "10.0.0.255");
    await net.idle();
    assertEquals([outcomes, client.messages], [[true], ["answer from 10.0.0.1"]]);
  });
});

test("an ICMP error that is an 'error' and an 'icmp' counts once", async () => {
  await withNetwork(async (net) => {
    const host = net.host({ addresses: ["10.0.0.1"] });
    net.host({ addresses: ["10.0.0.2"] });
    const socket = host.dgram.createSocket({ type: "udp4", receiveInfo: true });
    const observation = observe(socket);
    const told: string[] = [];
    socket.on("error", (error) => told.push(`error ${(error as { code?: string }).code}`));
    socket.connectSync(9, "10.0.0.2");
    watchIcmp(socket, ({ code }) => told.push(`icmp ${code}`));
    socket.send("nobody is there");
    await net.idle();
    assertEquals(told.sort(), ["error ECONNREFUSED", "icmp ECONNREFUSED"]);
    assertEquals(observation.read().icmpErrors, 1);
    socket.close();
  });
});
