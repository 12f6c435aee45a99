/** What goes wrong on hosts in memory, and on many links at once. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createSocket } from "@x/dgram";
import { bind } from "@x/dgram/promises";
import { createNetwork, type Faults, type HostFaults, type Network, type NetworkHost, presets } from "@x/dgram/testing";
import { test } from "node:test";

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;

/** A socket on port 5000, and when it heard what. */
function listen(net: Network, host: NetworkHost) {
  const heard: string[] = [];
  const socket = host.dgram.createSocket("udp4");
  socket.on("message", (message) => heard.push(`${message} at ${net.clock.now()}`));
  socket.bindSync({ port: 5000 });
  return { socket, heard };
}

test("without room a datagram and those after it wait, in their order, and nobody gets to see an error", async () => {
  for (const code of ["EAGAIN", "ENOBUFS"]) {
    const net = createNetwork();
    const [a, b] = [net.host(), net.host()];
    const { heard } = listen(net, b);
    const sender = a.dgram.createSocket("udp4");
    const failing = a.fail({ send: { code, part: { numbers: [2, 3] }, room: "20ms" } });
    const ended: string[] = [];
    let drained = 0;
    sender.on("drain", () => drained++);
    sender.bindSync();
    for (const text of ["one", "two", "three"]) {
      sender.send(text, 5000, b.addresses[0], (error) => ended.push(`${text} ${error} at ${net.clock.now()}`));
    }
    await net.run({ for: "10ms" });
    assertEquals([sender.getSendQueueCount(), heard], [2, ["one at 1"]]);
    await net.idle();
    assertEquals(heard, ["one at 1", "two at 41", "three at 41"]);
    assertEquals(ended, ["one null at 0", "two null at 40", "three null at 40"]);
    assertEquals([sender.getSendQueueCount(), drained], [0, 1]);
    failing.undo();
    await net.close();
  }
});

test("other codes of a send are told to its callback, in the part that was asked for, until they are undone", async () => {
  const net = createNetwork({ seed: 3 });
  const [a, b] = [net.host(), net.host()];
  const { heard } = listen(net, b);
  const sender = a.dgram.createSocket("udp4");
  const codes: unknown[] = [];
  const sendAll = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) sender.send("x", 5000, b.addresses[0], (error) => codes.push(codeOf(error)));
    await net.idle();
  };
  const failing = a.fail({ send: { code: "EPERM", part: { lose: 1, of: 5 } } });
  await sendAll();
  assertEquals([codes.filter((code) => code === "EPERM").length, heard.length], [10, 40]);
  failing[Symbol.dispose]();
  await sendAll();
  assertEquals([codes.filter((code) => code === undefined).length, heard.length], [90, 90]);
  await net.close();
});

test("a bind fails with the code that was asked for", async () => {
  const net = createNetwork();
  const host = net.host();
  const failing = host.fail({ bind: { code: "EMFILE", part: { numbers: [2] } } });
  await host.run(async () => {
    await (await bind()).close();
    assertEquals(codeOf(await assertRejects(() => bind())), "EMFILE");
    await (await bind()).close();
    failing.undo();
    host.fail({ bind: "EACCES" });
    assertThrows(() => createSocket("udp4").bindSync({ port: 53 }), Error, "bind EACCES 0.0.0.0:53");
  });
  await net.close();
});

test("look-ups fail, are late, or never answer, all or those of a name", async () => {
  const net = createNetwork();
  const [a, b] = [net.host({ name: "a" }), net.host({ name: "b" })];
  const { heard } = listen(net, b);
  const sender = a.dgram.createSocket("udp4");
  const ended: string[] = [];
  const send = (name: string): void =>
    sender.send(name, 5000, name, (error) => ended.push(`${error?.message} at ${net.clock.now()}`));
  send("nobody");
  await net.idle();
  const again = a.fail({ lookup: { code: "EAI_AGAIN", delay: "5s" } });
  send("b");
  await net.idle();
  again.undo();
  const late = a.fail({ lookup: { delay: "2s", names: ["b"] } });
  send("b");
  send("a");
  await net.idle();
  late.undo();
  assertEquals(ended, [
    "getaddrinfo ENOTFOUND nobody at 0",
    "getaddrinfo EAI_AGAIN b at 5000",
    "undefined at 5000",
    "undefined at 7000",
  ]);
  assertEquals(heard, ["b at 7001"]);
  a.fail({ lookup: "hang" });
  send("b");
  sender.close();
  await net.idle();
  // close() waits for a second.
  assertEquals([ended.at(-1), net.clock.now()], ["send ECANCELED b:5000 at 8001", 8001]);
  await net.close();
});

test("a clock that is off and drifts is that of one host", async () => {
  const net = createNetwork();
  const [a, b] = [net.host(), net.host()];
  const off = a.fail({ clock: { offset: -5000, drift: 100_000 } });
  const times: number[] = [];
  a.clock.setTimeout(() => times.push(net.clock.now()), 1100);
  await net.run({ for: "2s" });
  assertEquals([net.clock.now(), b.clock.now(), a.clock.now(), times], [2000, 2000, -2800, [1000]]);
  // The module's own timers on it go as fast.
  const asked = a.run(async () => {
    const socket = await bind();
    await assertRejects(() => socket.request("?", { port: 9, address: b.addresses[0], timeout: 1100, retries: 0 }));
    await socket.close();
  });
  await net.run({ until: asked });
  assertEquals(net.clock.now(), 3000);
  off.undo();
  assertEquals(a.clock.now(), 3000);
  await net.close();
});

test("what is held back comes together, in its order, when it is let go", async () => {
  const net = createNetwork({ trace: true });
  const [a, b] = [net.host({ name: "a" }), net.host({ name: "b" })];
  const [there, back] = [listen(net, b), listen(net, a)];
  const hold = net.hold([a], [b]);
  for (const text of ["one", "two", "three"]) {
    there.socket.send(text, 5000, a.addresses[0]);
    back.socket.send(text, 5000, b.addresses[0]);
    await net.run({ for: "10ms" });
  }
  assertEquals([there.heard, back.heard], [[], []]);
  hold.undo();
  hold.undo();
  await net.idle();
  const expected = ["one at 31", "two at 31", "three at 31"];
  assertEquals([there.heard, back.heard], [expected, expected]);
  assertEquals(net.trace.filter(({ fate }) => fate === "held").length, 6);
  net.hold([a], [b], true);
  there.socket.send("back", 5000, a.addresses[0]);
  back.socket.send("there", 5000, b.addresses[0]);
  await net.idle();
  assertEquals([there.heard.length, back.heard.length], [3, 4]);
  await net.close();
});

test("what was recorded is sent again, from where it came or from somebody else", async () => {
  const net = createNetwork({ trace: true });
  const [a, b, c] = ["a", "b", "c"].map((name) => net.host({ name }));
  const { heard } = listen(net, b);
  const from: string[] = [];
  b.dgram.createSocket({ type: "udp4", reuseAddr: true });
  const sender = a.dgram.createSocket("udp4");
  sender.bindSync({ port: 7 });
  for (const text of ["one", "two"]) {
    sender.send(text, 5000, b.addresses[0]);
    await net.run({ for: "30ms" });
  }
  const recorded = net.trace;
  const taken = net.replay(recorded);
  await net.run({ for: "10ms" });
  taken.undo();
  await net.idle();
  assertEquals(heard, ["one at 1", "two at 31", "one at 61"]);
  net.replay(recorded, c);
  await net.idle();
  const again = net.trace.filter(({ reason }) => reason === "replayed");
  from.push(...again.map(({ host, source }) => `${host} ${source.address === a.addresses[0]} ${source.port}`));
  assertEquals(from, ["a true 7", "c true 7", "c true 7"]);
  assertEquals(heard.slice(3), ["one at 71", "two at 101"]);
  const strange = { ...recorded[0], source: { address: "192.0.2.99", port: 7 } };
  assertEquals(codeOf(assertThrows(() => net.replay([strange]))), "ERR_NETWORK_NO_SUCH_HOST");
  assertEquals(codeOf(assertThrows(() => net.replay(["x"] as never))), "ERR_INVALID_ARG_TYPE");
  await net.close();
});

test("a host starts again with other addresses, and its name leads to them", async () => {
  const net = createNetwork({ trace: true });
  const [a, b] = [net.host({ name: "a" }), net.host({ name: "b", addresses: ["192.0.2.1"] })];
  listen(net, b);
  const sender = a.dgram.createSocket("udp4");
  assertEquals(codeOf(assertThrows(() => b.start({ addresses: ["192.0.2.2"] }))), "ERR_NETWORK_HOST_RUNNING");
  b.crash();
  assertEquals(codeOf(assertThrows(() => b.start({ addresses: a.addresses }))), "ERR_NETWORK_ADDRESS_IN_USE");
  assertEquals([b.running, b.addresses], [false, ["192.0.2.1"]]);
  b.start({ addresses: ["192.0.2.1", "192.0.2.2"] });
  b.crash();
  b.start({ addresses: ["192.0.2.2"] });
  const { heard } = listen(net, b);
  sender.send("old", 5000, "192.0.2.1");
  sender.send("name", 5000, "b");
  await net.idle();
  assertEquals([b.addresses, heard], [["192.0.2.2"], ["name at 1"]]);
  net.host({ addresses: ["192.0.2.1"] });
  const router = net.router();
  router.stop();
  assertEquals(codeOf(assertThrows(() => router.start({ addresses: ["192.0.2.7"] }))), "ERR_INVALID_ARG_VALUE");
  router.start();
  await net.close();
});

test("each preset is a link, of the latency that its name says", async () => {
  const means: Record<string, number> = {};
  for (const [name, [there, back]] of Object.entries(presets)) {
    const net = createNetwork({ seed: 1 });
    const [a, b] = [net.host(), net.host()];
    net.link(a, b, there as Faults, back);
    const { socket } = listen(net, b);
    const times: number[] = [];
    socket.on("message", () => times.push(net.clock.now()));
    const sender = a.dgram.createSocket("udp4");
    for (let i = 0; i < 200; i++) {
      const sent = net.clock.now();
      sender.send(new Uint8Array(100), 5000, b.addresses[0]);
      await net.run({ for: "1s" });
      const last = times.at(-1) ?? 0;
      if (last >= sent) times[times.length - 1] = last - sent;
    }
    assert(times.length >= 185, `${name}: ${times.length}`);
    means[name] = times.reduce((sum, value) => sum + value, 0) / times.length;
    await net.close();
  }
  const { wifi, mobile4G, satellite, dataCenter } = means;
  assert(Math.abs(wifi - 5) < 0.5 && Math.abs(mobile4G - 76) < 3, JSON.stringify(means));
  assert(Math.abs(satellite - 325) < 1 && Math.abs(dataCenter - 0.134) < 0.02, JSON.stringify(means));
});

test("what can't go wrong on a host is refused with a code", () => {
  const net = createNetwork();
  const host = net.host();
  const refuse = (faults: object, code: string): void => {
    const error = assertThrows(() => host.fail(faults as HostFaults));
    assertEquals([codeOf(error), JSON.stringify(faults)], [code, JSON.stringify(faults)]);
  };
  refuse({ receive: "EIO" }, "ERR_INVALID_ARG_VALUE");
  refuse({ send: "EWHATEVER" }, "ERR_INVALID_ARG_VALUE");
  refuse({ send: 11 }, "ERR_INVALID_ARG_TYPE");
  refuse({ send: {} }, "ERR_INVALID_ARG_TYPE");
  refuse({ send: { code: "EPERM", part: 2 } }, "ERR_OUT_OF_RANGE");
  refuse({ bind: { code: "EMFILE", room: 1 } }, "ERR_INVALID_ARG_VALUE");
  refuse({ lookup: { delay: -1 } }, "ERR_OUT_OF_RANGE");
  refuse({ lookup: { names: "b" } }, "ERR_INVALID_ARG_TYPE");
  refuse({ clock: { offset: "5s" } }, "ERR_INVALID_ARG_TYPE");
  refuse({ clock: { drift: -1_000_000 } }, "ERR_OUT_OF_RANGE");
  refuse({ clock: { offset: Infinity } }, "ERR_OUT_OF_RANGE");
});
