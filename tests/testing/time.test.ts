/** Virtual time: what happens when, and what the program may do in between. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { cachedLookup, createSocket } from "@x/dgram";
import { bind } from "@x/dgram/promises";
import { createNetwork, type Network } from "@x/dgram/testing";
import { setImmediate } from "node:timers";
import process from "node:process";
import { test } from "node:test";

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

test("time stands still until somebody lets it go by, and idle time costs none", async () => {
  const net = createNetwork();
  const told: string[] = [];
  for (const delay of [86_400_000, 10, 10, 0.5, 20]) {
    net.clock.setTimeout(() => told.push(`${delay} at ${net.clock.now()}`), delay);
  }
  await new Promise((done) => setImmediate(done));
  assertEquals([told, net.clock.now()], [[], 0]);
  await net.run({ for: "10ms" });
  // As with Node's, less than a millisecond is one.
  assertEquals(told, ["0.5 at 1", "10 at 10", "10 at 10"]);
  await net.step();
  assertEquals([told.at(-1), net.clock.now()], ["20 at 20", 20]);
  await net.idle({ within: "2d" });
  assertEquals([told.at(-1), net.clock.now()], ["86400000 at 86400000", 86_400_000]);
  await net.run({ for: "365d" });
  await net.run({ for: "100ns" });
  assertEquals(net.clock.now(), 366 * 86_400_000 + 0.0001);
  await net.close();
});

test("intervals come again until they are cleared, and timers that were cleared never", async () => {
  const net = createNetwork();
  const times: number[] = [];
  const interval = net.clock.setInterval(
    (text: string) => {
      times.push(net.clock.now());
      assertEquals(text, "value");
      if (times.length === 3) net.clock.clearInterval(interval);
    },
    7,
    "value",
  );
  const never = net.clock.setTimeout(() => times.push(-1), 5);
  net.clock.clearTimeout(never);
  await net.idle();
  assertEquals(times, [7, 14, 21]);
  await net.close();
});

test("ticks, microtasks and immediates of one instant come before the next one", async () => {
  const net = createNetwork();
  const order: string[] = [];
  const note = (text: string): void => void order.push(`${text} at ${net.clock.now()}`);
  net.clock.setTimeout(() => {
    note("timer");
    process.nextTick(() => {
      note("tick");
      queueMicrotask(() => note("microtask of the tick"));
    });
    void Promise.resolve().then(() => note("microtask"));
    setImmediate(() => {
      note("immediate");
      net.clock.setTimeout(() => note("timer of the immediate"), 1);
    });
  }, 10);
  net.clock.setTimeout(() => note("timer"), 10.5);
  await net.idle();
  assertEquals(order, [
    "timer at 10",
    "tick at 10",
    "microtask at 10",
    "microtask of the tick at 10",
    "immediate at 10",
    "timer at 10.5",
    "timer of the immediate at 11",
  ]);
  await net.close();
});

test("a request is sent again in virtual time, and gives up in it", async () => {
  const net = createNetwork();
  const [a, b] = [net.host(), net.host()];
  const silent = b.dgram.createSocket("udp4");
  const times: number[] = [];
  silent.on("message", () => times.push(net.clock.now()));
  silent.bindSync({ port: 7 });
  const asking = a.run(async () => {
    const socket = await bind();
    const options = { port: 7, address: b.addresses[0], timeout: 1000, retries: 3 };
    const error = await assertRejects(() => socket.request("?", options));
    await socket.close();
    return codeOf(error);
  });
  assertEquals(await net.run({ until: asking }), "ERR_SOCKET_DGRAM_REQUEST_TIMEOUT");
  assertEquals(times, [1, 1001, 3001, 7001]);
  assertEquals(net.clock.now(), 15_000);
  await net.close();
});

test("a cached look-up forgets in virtual time", async () => {
  const net = createNetwork();
  const host = net.host();
  let asked = 0;
  const lookup = cachedLookup({
    ttl: 1000,
    lookup: (_hostname, _family, done) => {
      asked++;
      done(null, "127.0.0.1");
    },
  });
  const ask = (): Promise<void> =>
    net.run({ until: host.run(() => new Promise<void>((done) => lookup("name", 4, () => done()))) });
  await ask();
  await ask();
  assertEquals(asked, 1);
  await net.run({ for: 1001 });
  await ask();
  assertEquals(asked, 2);
  await net.close();
});

test("close() waits for a look-up that never answers for a second of virtual time", async () => {
  const net = createNetwork();
  const socket = net.host().dgram.createSocket({ type: "udp4", lookup: () => {} });
  const ends: string[] = [];
  socket.on("close", () => ends.push(`closed at ${net.clock.now()}`));
  socket.send("x", 9, "name", (error) => ends.push(`${codeOf(error)}`));
  socket.close();
  await net.idle();
  assertEquals(ends.length > 0 && ends.at(-1), "closed at 1000");
  await net.close();
});

test("a run until a promise gives what the promise gives, and waits for what is not in memory", async () => {
  const net = createNetwork();
  const socket = net.host().dgram.createSocket("udp4");
  const { port } = socket.bindSync({ address: "127.0.0.1" });
  const heard = new Promise((done) => socket.on("message", (message) => done(String(message))));
  const running = net.run({ until: heard });
  // Real turns, in which the network has nothing to do.
  for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done));
  socket.send("late", port, "127.0.0.1");
  assertEquals(await running, "late");
  await assertRejects(() => net.run({ until: Promise.reject(new Error("its own")) }), Error, "its own");
  await net.close();
});

test("with a speed virtual time goes on no faster, and what comes from elsewhere finds it there", async () => {
  const net = createNetwork();
  const [a] = [net.host()];
  const socket = a.dgram.createSocket("udp4");
  socket.bindSync({ port: 5000 });
  const heard: number[] = [];
  socket.on("message", () => heard.push(net.clock.now()));
  const began = performance.now();
  const elapsed = (): number => performance.now() - began;
  let turns = 0;
  let interval: ReturnType<typeof net.clock.setInterval>;
  // What takes real time, while virtual time goes on: a send then, which wakes it between two turns.
  const real = new Promise<void>((done) => {
    interval = net.clock.setInterval(() => ++turns === 11 && setTimeout(done, 5), 10);
  });
  const sent = real.then(() => socket.send("late", 5000, "127.0.0.1"));
  await net.run({ until: sent.then(() => net.clock.sleep(5)), speed: 50 });
  // What a timer, exact to a millisecond, can't do is not waited for.
  assert(net.clock.now() <= 50 * (elapsed() + 1), `${net.clock.now()} in ${elapsed()}`);
  assert(turns > 10, `${turns}`);
  assertEquals(heard.length, 1);
  net.clock.clearInterval(interval!);
  const before = [performance.now(), net.clock.now()];
  await net.run({ for: "3s", speed: 100 });
  assertEquals(net.clock.now(), before[1] + 3000);
  assert(performance.now() - before[0] > 28, `${performance.now() - before[0]}`);
  for (const speed of [0, -1, NaN]) {
    assertEquals(codeOf(await assertRejects(() => net.run({ for: "1s", speed }))), "ERR_OUT_OF_RANGE");
  }
  // Closing does not wait.
  const running = net.run({ for: "1h", speed: 1 });
  await net.close();
  assertEquals(codeOf(await assertRejects(() => running)), "ERR_NETWORK_CLOSED");
});

test("what never comes to rest is told, with what keeps it going", async () => {
  const net = createNetwork({ seed: 1 });
  const [a, b] = ["a", "b"].map((name) => net.host({ name }));
  net.clock.setInterval(() => {}, 1000);
  a.run(() => net.clock.setTimeout(function give() {}, 20_000));
  a.fail({ send: { code: "EAGAIN", part: 1, room: "30s" } });
  const socket = a.dgram.createSocket("udp4");
  socket.send("waits", 7, b.addresses[0]);
  const error = await assertRejects(() => net.idle({ within: "10s" })) as Error;
  assertEquals([codeOf(error), net.clock.now()], ["ERR_NETWORK_NOT_AT_REST", 10_000]);
  assertEquals(error.message.split(": ").slice(1).join(": ").split("; "), [
    "an interval at 11.0000000 s",
    "a timer for give of a at 20.0000000 s",
    "a socket of a that waits for room to send",
  ]);
  await net.close();
});

test("of very many things that keep it going the first are told, with the host that a datagram goes to", async () => {
  const net = createNetwork({ seed: 1, link: { latency: "1m" } });
  const [a, b] = ["a", "b"].map((name) => net.host({ name }));
  const socket = a.dgram.createSocket("udp4");
  socket.bindSync({ port: 5000 });
  for (let number = 0; number < 25; number++) socket.send("slow", 7, b.addresses[0]);
  const { message } = await assertRejects(() => net.idle({ within: "10s" })) as Error;
  const reasons = message.split("; ");
  assertEquals([reasons[1], reasons.length, reasons.at(-1)], [
    "a datagram from 10.0.0.1:5000 to 10.0.0.2:7, on its way to b",
    21,
    "and 5 more",
  ]);
  await net.close();
});

test("an unreferenced timer keeps nobody waiting, and comes when time goes by", async () => {
  const net = createNetwork();
  let told = 0;
  net.clock.setInterval(() => told++, 10).unref();
  await net.idle();
  assertEquals([told, net.clock.now()], [0, 0]);
  await net.run({ for: 25 });
  assertEquals(told, 2);
  await net.close();
});

test("of timers of one time each has a reference, and none when it has come or was cleared", async () => {
  const net = createNetwork();
  const timers = [1, 2, 3].map(() => net.clock.setTimeout(() => {}, 5));
  const references = (): boolean[] => timers.map((timer) => timer.hasRef());
  assertEquals(references(), [true, true, true]);
  net.clock.clearTimeout(timers[1]);
  timers[2].unref();
  assertEquals(references(), [true, false, false]);
  await net.idle();
  assertEquals(references(), [false, false, false]);
  await net.close();
});

test("after close() nothing happens any more, and nothing can be asked for", async () => {
  const net = createNetwork();
  const host = net.host({ name: "a" });
  const socket = host.dgram.createSocket("udp4");
  const events: string[] = [];
  socket.on("close", () => events.push("close"));
  socket.on("message", () => events.push("message"));
  socket.bindSync({ address: "127.0.0.1" });
  socket.send("x", socket.address().port, "127.0.0.1");
  net.clock.setTimeout(() => events.push("timer"), 1);
  await net.close();
  await net.close();
  for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
  assertEquals(events, ["close"]);
  for (const call of [() => net.host(), () => net.link("a", "a", {}), () => net.remove("a")]) {
    assertEquals(codeOf(assertThrows(call)), "ERR_NETWORK_CLOSED");
  }
  assertEquals(codeOf(await assertRejects(() => net.idle())), "ERR_NETWORK_CLOSED");
});

test("one run at a time", async () => {
  const net = createNetwork();
  const first = net.run({ for: 5 });
  assertEquals(codeOf(await assertRejects(() => net.run({ for: 5 }))), "ERR_NETWORK_RUNNING");
  await first;
  await net.close();
});

test("two networks know nothing of each other", async () => {
  const nets: Network[] = [createNetwork(), createNetwork()];
  const heard: string[] = [];
  nets.forEach((net, index) => {
    const host = net.host({ name: "a", addresses: ["192.0.2.1"] });
    host.run(() => {
      const socket = createSocket("udp4", (message) => heard.push(`${index} ${message}`));
      socket.bindSync({ port: 7 });
      socket.send(`from ${index}`, 7, "192.0.2.1");
    });
  });
  await nets[1].idle();
  assertEquals(heard, ["1 from 1"]);
  await nets[0].idle();
  assertEquals(heard, ["1 from 1", "0 from 0"]);
  await Promise.all(nets.map((net) => net.close()));
});

test("hosts that can't be are refused with a code", () => {
  const net = createNetwork();
  const host = net.host({ name: "a", addresses: ["192.0.2.1"] });
  const refuse = (options: object, code: string): void => {
    assertEquals([codeOf(assertThrows(() => net.host(options))), options], [code, options]);
  };
  refuse({ name: "a" }, "ERR_NETWORK_NAME_IN_USE");
  refuse({ addresses: ["192.0.2.1"] }, "ERR_NETWORK_ADDRESS_IN_USE");
  refuse({ interfaces: { eth0: ["192.0.2.9"], eth1: ["192.0.2.1"] } }, "ERR_NETWORK_ADDRESS_IN_USE");
  refuse({ addresses: ["192.0.2.9", "192.0.2.9/24"] }, "ERR_NETWORK_ADDRESS_IN_USE");
  refuse({ address: "192.0.2.2" }, "ERR_INVALID_ARG_VALUE");
  for (
    const address of ["", "localhost", "127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "192.0.2.2/33"]
  ) {
    refuse({ addresses: [address] }, "ERR_INVALID_ARG_VALUE");
  }
  refuse({ addresses: "192.0.2.2" }, "ERR_INVALID_ARG_VALUE");
  refuse({ interfaces: { lo: [] } }, "ERR_INVALID_ARG_VALUE");
  refuse({ mtu: 100 }, "ERR_OUT_OF_RANGE");
  assertEquals(codeOf(assertThrows(() => createNetwork({ seed: 1.5 }))), "ERR_OUT_OF_RANGE");
  assertEquals(codeOf(assertThrows(() => createNetwork({ sed: 1 } as object))), "ERR_INVALID_ARG_VALUE");
  net.remove(host);
  assertEquals(codeOf(assertThrows(() => net.link(host, host, {}))), "ERR_NETWORK_NO_SUCH_HOST");
  assertEquals(net.host({ name: "a", addresses: ["192.0.2.1"] }).name, "a");
  assertEquals(net.hosts.length, 1);
});
