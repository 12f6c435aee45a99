/** What links in memory do to what they carry. The seeds are fixed, so that the bounds hold once and for ever. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { createNetwork, type Faults, type Network, type NetworkHost } from "@x/dgram/testing";
import { test } from "node:test";

interface Arrived {
  readonly number: number;
  /** Milliseconds on the way. */
  readonly latency: number;
  readonly data: Uint8Array;
}

interface Sent {
  readonly net: Network;
  readonly arrived: readonly Arrived[];
}

const COUNT = 1500;

/** Sends so many numbered datagrams over a link, one each millisecond or all at once. */
async function sendOver(
  faults: Faults,
  { seed = 1, count = COUNT, every = 1, size = 4 } = {},
): Promise<Sent> {
  const net = createNetwork({ seed });
  const [a, b] = [net.host(), net.host()];
  net.link(a, b, faults);
  const receiver = b.dgram.createSocket("udp4");
  receiver.bindSync({ port: 5000 });
  const arrived: Arrived[] = [];
  const times: number[] = [];
  receiver.on("message", (data) => {
    const number = new DataView(data.buffer, data.byteOffset).getUint32(0);
    arrived.push({ number, latency: net.clock.now() - (times[number] ?? NaN), data });
  });
  const sender = a.dgram.createSocket("udp4");
  sender.bindSync();
  sender.connectSync(5000, b.addresses[0]);
  const send = (number: number): void => {
    const data = new Uint8Array(size);
    new DataView(data.buffer).setUint32(0, number);
    times.push(net.clock.now());
    sender.send(data);
  };
  for (let number = 0; number < count; number++) {
    if (every > 0) net.clock.setTimeout(send, 1 + number * every, number);
    else send(number);
  }
  await net.idle();
  await net.close();
  return { net, arrived };
}

/** Within five standard deviations of what is expected of so many independent trials. */
function assertShare(found: number, probability: number, count = COUNT): void {
  const off = Math.abs(found - count * probability);
  const deviation = Math.sqrt(count * probability * (1 - probability));
  assert(off <= 5 * deviation, `${found} of ${count}, with ${probability}`);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviationOf = (values: readonly number[]): number => {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
};
const latencies = ({ arrived }: Sent): number[] => arrived.map(({ latency }) => latency);

test("a link without faults takes a millisecond, and one with a latency that long", async () => {
  assertEquals(latencies(await sendOver({}, { count: 3 })), [1, 1, 1]);
  const precise = latencies(await sendOver({ latency: "12.3456ms" }, { count: 1 }));
  assertEquals(precise, [12.3456]);
});

test("independent loss loses the part that it says, each datagram for itself", async () => {
  const lost = (arrived: readonly Arrived[]): boolean[] => {
    const there = new Set(arrived.map(({ number }) => number));
    return Array.from({ length: COUNT }, (_, number) => !there.has(number));
  };
  const list = lost((await sendOver({ loss: 0.2 })).arrived);
  assertShare(list.filter(Boolean).length, 0.2);
  const pairs = list.filter((isLost, number) => isLost && list[number + 1]).length;
  assertShare(pairs, 0.04);
  assertEquals((await sendOver({ loss: 1 }, { count: 50 })).arrived, []);
  assertEquals((await sendOver({ loss: 0 }, { count: 50 })).arrived.length, 50);
});

test("exact loss loses so many of so many, and named numbers are lost alone", async () => {
  const { arrived } = await sendOver({ loss: { lose: 3, of: 10 } }, { count: 1000 });
  for (let block = 0; block < 100; block++) {
    assertEquals(arrived.filter(({ number }) => Math.floor(number / 10) === block).length, 7);
  }
  const named = await sendOver({ loss: { numbers: [2, 4] } }, { count: 6 });
  assertEquals(named.arrived.map(({ number }) => number), [0, 2, 4, 5]);
});

test("Gilbert and Elliott's loss comes in bursts of the length that its probabilities give", async () => {
  const { arrived } = await sendOver({ loss: { toBad: 0.05, toGood: 0.25 } });
  const gaps = arrived.map(({ number }, index) => number - (arrived[index - 1]?.number ?? -1) - 1).filter((gap) =>
    gap > 0
  );
  // A sixth is lost, and a burst ends with one in four.
  assert(Math.abs(1 - arrived.length / COUNT - 1 / 6) < 0.05, String(arrived.length));
  assert(Math.abs(mean(gaps) - 4) < 1.2, String(mean(gaps)));
});

test("duplicates come twice, in memory of their own", async () => {
  const { arrived } = await sendOver({ duplicate: 0.1 });
  assertShare(arrived.length - COUNT, 0.1);
  const all = await sendOver({ duplicate: 1 }, { count: 1 });
  assertEquals(all.arrived.map(({ number }) => number), [0, 0]);
  all.arrived[0].data[0] = 9;
  assertEquals(all.arrived[1].data[0], 0);
});

test("reordered datagrams are overtaken, and the others keep their order", async () => {
  const { arrived } = await sendOver({ reorder: { probability: 0.05, by: "2.5ms" } });
  assertEquals(arrived.length, COUNT);
  const late = arrived.filter(({ latency }) => latency > 1);
  assertShare(late.length, 0.05);
  const others = arrived.filter(({ latency }) => latency === 1).map(({ number }) => number);
  assertEquals(others, [...others].sort((a, b) => a - b));
  assert(arrived.some(({ number }, index) => number < (arrived[index - 1]?.number ?? 0)), "nothing was overtaken");
});

test("a corrupted datagram differs in one bit", async () => {
  const { arrived } = await sendOver({ corrupt: 1 }, { count: 200, size: 100 });
  let changed = 0;
  for (const { data } of arrived) for (const byte of data.subarray(4)) changed += byte === 0 ? 0 : 1;
  assertEquals(arrived.length, 200);
  assertShare(changed, 0.96, 200);
});

test("a uniform latency lies between its bounds, and jitter around its middle", async () => {
  const uniform = latencies(await sendOver({ latency: { distribution: "uniform", from: 10, to: 30 } }));
  assert(Math.min(...uniform) >= 10 && Math.max(...uniform) <= 30);
  assert(Math.abs(mean(uniform) - 20) < 5 * 5.774 / Math.sqrt(COUNT), String(mean(uniform)));
  const jittered = latencies(await sendOver({ latency: 20, jitter: 5 }));
  assert(Math.min(...jittered) >= 15 && Math.max(...jittered) <= 25);
  assert(Math.abs(deviationOf(jittered) - 2.887) < 0.3, String(deviationOf(jittered)));
});

test("a normal latency has its mean and deviation, and a long-tailed one its minimum, mean and tail", async () => {
  const normal = latencies(await sendOver({ latency: { distribution: "normal", mean: 50, deviation: 8 } }));
  assert(Math.abs(mean(normal) - 50) < 5 * 8 / Math.sqrt(COUNT), String(mean(normal)));
  assert(Math.abs(deviationOf(normal) - 8) < 0.9, String(deviationOf(normal)));
  assertShare(normal.filter((value) => Math.abs(value - 50) < 8).length, 0.6827);
  const tailed = latencies(await sendOver({ latency: { distribution: "long-tailed", minimum: 10, mean: 20 } }));
  assert(Math.min(...tailed) >= 10);
  // The part above x is (1 + (x - 10) / 30) ** -4.
  assertShare(tailed.filter((value) => value > 20).length, (4 / 3) ** -4);
  assertShare(tailed.filter((value) => value > 100).length, 4 ** -4);
});

test("a latency may be a function of the datagram", async () => {
  const seen: unknown[] = [];
  const latency: Faults["latency"] = ({ data, from, to, destination, time }, random) => {
    seen.push([from, to, destination.port, time, random() < 1]);
    return 10 + data[3];
  };
  assertEquals(latencies(await sendOver({ latency }, { count: 3 })), [10, 11, 12]);
  assertEquals(seen, [1, 2, 3].map((time) => ["host1", "host2", 5000, time, true]));
});

test("bandwidth spaces datagrams out, and what finds the queue full is lost", async () => {
  // 1000 bytes with their headers, 8 Mbit/s: one each millisecond.
  const faults = { bandwidth: 8_000_000, queue: 10_000 };
  const { arrived } = await sendOver(faults, { count: 50, every: 0, size: 972 });
  assertEquals(latencies({ arrived } as Sent), Array.from({ length: arrived.length }, (_, number) => number + 2));
  // Ten wait, and one is on the link.
  assertEquals(arrived.length, 11);
});

test("a rule passes, drops, delays and changes", async () => {
  const rule: Faults["rule"] = ({ data }) => {
    if (data[3] === 1) return "drop";
    if (data[3] === 2) return { delay: "5ms" };
    if (data[3] === 3) return { data: new Uint8Array([0, 0, 0, 7]) };
  };
  const { arrived } = await sendOver({ rule }, { count: 4, every: 10 });
  assertEquals(arrived.map(({ number, latency }) => [number, latency]), [[0, 1], [2, 6], [7, NaN]]);
});

test("a change of a link is undone, whatever was said after it", async () => {
  const net = createNetwork({ link: { latency: 5 } });
  const [a, b] = [net.host(), net.host()];
  const times: number[] = [];
  const [sender, receiver] = [a, b].map((host) => host.dgram.createSocket("udp4"));
  receiver.bindSync({ port: 5000 });
  receiver.on("message", () => times.push(net.clock.now() % 100));
  const send = async (): Promise<void> => {
    sender.send("x", 5000, b.addresses[0]);
    await net.run({ for: 100 });
  };
  await send();
  const slow = net.link(a, b, { latency: 20 });
  const slower = net.link(a, b, { latency: 40 });
  await send();
  slow.undo();
  slow.undo();
  await send();
  slower[Symbol.dispose]();
  await send();
  assertEquals(times, [5, 40, 40, 5]);
  await net.close();
});

test("a partition cuts both ways or one, and heals", async () => {
  const net = createNetwork({ trace: true });
  const hosts = ["a", "b", "c"].map((name) => net.host({ name }));
  const heard: string[] = [];
  const sockets = hosts.map((host) => {
    const socket = host.dgram.createSocket("udp4");
    socket.bindSync({ port: 5000 });
    socket.on("message", (message) => heard.push(`${message} to ${host.name}`));
    return socket;
  });
  const sendAll = async (): Promise<string[]> => {
    heard.length = 0;
    hosts.forEach(({ name }, from) => {
      hosts.forEach((to) => to.name !== name && sockets[from].send(name, 5000, to.addresses[0]));
    });
    await net.idle();
    return [...heard].sort();
  };
  const all = ["a to b", "a to c", "b to a", "b to c", "c to a", "c to b"];
  assertEquals(await sendAll(), all);
  const both = net.partition(["a"], [hosts[1], "c"]);
  assertEquals(await sendAll(), ["b to c", "c to b"]);
  both.undo();
  const oneWay = net.partition(["a"], ["b", "c"], true);
  assertEquals(await sendAll(), ["b to a", "b to c", "c to a", "c to b"]);
  oneWay.undo();
  assertEquals(await sendAll(), all);
  assertEquals(net.trace.filter(({ fate }) => fate === "cut").length, 6);
  await net.close();
});

test("one more link, and one more kind of fault, change nothing for the others", async () => {
  const numbers = async (faults: Faults, more: (net: Network, hosts: NetworkHost[]) => void): Promise<number[]> => {
    const net = createNetwork({ seed: 5 });
    const hosts = [net.host(), net.host(), net.host()];
    net.link(hosts[0], hosts[1], faults);
    more(net, hosts);
    const [sender, receiver, other] = hosts.map((host) => host.dgram.createSocket("udp4"));
    receiver.bindSync({ port: 5000 });
    other.bindSync({ port: 5000 });
    const arrived: number[] = [];
    receiver.on("message", ([number]) => arrived.push(number));
    for (let i = 0; i < 200; i++) {
      sender.send(new Uint8Array([i]), 5000, hosts[1].addresses[0]);
      sender.send(new Uint8Array([i]), 5000, hosts[2].addresses[0]);
    }
    await net.idle();
    await net.close();
    return [...new Set(arrived)].sort((a, b) => a - b);
  };
  const alone = await numbers({ loss: 0.5 }, () => {});
  assert(alone.length > 50 && alone.length < 150);
  assertEquals(await numbers({ loss: 0.5 }, (net, [a, , c]) => net.link(a, c, { loss: 0.5 })), alone);
  assertEquals(await numbers({ loss: 0.5, duplicate: 0.5, jitter: 3 }, () => {}), alone);
});

test("what no link can do is refused with a code", () => {
  const net = createNetwork();
  const [a, b] = [net.host({ name: "a" }), net.host({ name: "b" })];
  const refuse = (faults: object, code: string): void => {
    const error = assertThrows(() => net.link(a, b, faults as Faults));
    assertEquals([(error as { code?: string }).code, JSON.stringify(faults)], [code, JSON.stringify(faults)]);
  };
  refuse({ lag: 5 }, "ERR_INVALID_ARG_VALUE");
  refuse({ loss: 1.1 }, "ERR_OUT_OF_RANGE");
  refuse({ loss: -0.1 }, "ERR_OUT_OF_RANGE");
  refuse({ loss: "10%" }, "ERR_INVALID_ARG_TYPE");
  refuse({ loss: {} }, "ERR_INVALID_ARG_VALUE");
  refuse({ loss: { lose: 11, of: 10 } }, "ERR_OUT_OF_RANGE");
  refuse({ loss: { toBad: 0.1, toGood: 0 } }, "ERR_OUT_OF_RANGE");
  refuse({ latency: -1 }, "ERR_OUT_OF_RANGE");
  refuse({ latency: "5 parsecs" }, "ERR_INVALID_ARG_TYPE");
  refuse({ latency: { distribution: "cauchy" } }, "ERR_INVALID_ARG_VALUE");
  refuse({ latency: { distribution: "uniform", from: 3, to: 2 } }, "ERR_OUT_OF_RANGE");
  refuse({ latency: { distribution: "long-tailed", minimum: 3, mean: 2 } }, "ERR_OUT_OF_RANGE");
  refuse({ bandwidth: 0 }, "ERR_OUT_OF_RANGE");
  refuse({ mtu: 100 }, "ERR_OUT_OF_RANGE");
  refuse({ hops: 256 }, "ERR_OUT_OF_RANGE");
  refuse({ rule: "drop" }, "ERR_INVALID_ARG_TYPE");
});

test("a link that is prohibited is an error to who is connected, and lets through what comes the other way", async () => {
  const net = createNetwork({ trace: true });
  const [a, b] = [net.host({ name: "a" }), net.host({ name: "b" })];
  const prohibited = net.link(a, b, { cut: "prohibited" }, {});
  for (const [place, code] of ["EHOSTUNREACH", "EACCES"].entries()) {
    const told: unknown[] = [];
    const [sender, receiver] = [a, b].map((host) => host.dgram.createSocket(place === 0 ? "udp4" : "udp6"));
    sender.on("error", (error) => told.push((error as { code?: string }).code));
    sender.on("message", (message) => told.push(String(message)));
    for (const socket of [sender, receiver]) socket.bindSync({ port: 5000 });
    sender.send("not told", 5000, b.addresses[place]);
    await net.idle();
    assertEquals(told, []);
    sender.connectSync(5000, b.addresses[place]);
    sender.send("told");
    receiver.send("back", 5000, a.addresses[place]);
    await net.idle();
    assertEquals([...told].sort(), [code, "back"].sort());
    for (const socket of [sender, receiver]) socket.close();
  }
  assertEquals(net.counters().find(({ from }) => from === "a")?.cut, 4);
  prohibited.undo();
  await net.pcapng({ host: a });
  await net.close();
});
