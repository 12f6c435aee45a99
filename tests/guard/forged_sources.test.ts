/** What a guard promises, on a network in memory whose attacker forges his sources. */
import { assert, assertEquals } from "@std/assert";
import { guard, type GuardCounts, type GuardOptions } from "@x/dgram/guard";
import { createNetwork, type Network, type NetworkHost } from "@x/dgram/testing";
import { test } from "node:test";

const PORT = 5000;
const QUESTION = 20;
/** Below and above three times a question. */
const [SHORT, LONG] = [40, 2000];
/** Low, so that few datagrams are a flood. */
const RATE = { datagrams: 10, bytes: 1e6, burst: 1000 };

interface Stage {
  readonly net: Network;
  readonly server: NetworkHost;
  readonly attacker: NetworkHost;
  counts(): GuardCounts;
}

/** A server that answers each question with both a short and a long answer. */
async function withServer(options: GuardOptions, work: (stage: Stage) => Promise<void>): Promise<void> {
  const net = createNetwork({ seed: 5, trace: true });
  try {
    const server = net.host({ name: "server", addresses: ["192.0.2.1"] });
    const attacker = net.host({ name: "attacker", addresses: ["203.0.113.66"] });
    const socket = server.dgram.createSocket("udp4");
    const watch = guard(socket, { rate: RATE, buckets: 256, ...options });
    socket.on("message", (_, { port, address }) => {
      socket.send(Buffer.alloc(SHORT, 115), port, address);
      socket.send(Buffer.alloc(LONG, 108), port, address);
    });
    socket.bindSync({ port: PORT });
    await work({ net, server, attacker, counts: () => watch.counts });
  } finally {
    await net.close();
  }
}

/** `a.b.c.d`, another for each number. */
const addressOf = (number: number): string =>
  `${11 + number % 100}.${number >> 4 & 255}.${number * 7 & 255}.${1 + number % 250}`;

function flood({ net, attacker }: Stage, count: number, over: number, source: (index: number) => string): void {
  for (let index = 0; index < count; index++) {
    net.clock.setTimeout(() => {
      attacker.forge({
        data: "?".repeat(1 + index % QUESTION),
        source: { address: source(index), port: 1024 + index % 60_000 },
        destination: { address: "192.0.2.1", port: PORT },
      });
    }, over * index / count);
  }
}

/** Clients, each in a network of its own, that ask once in half a second; how many of their questions were answered. */
function askFrom({ net }: Stage, clients: number, questions: number): { asked: number; answered: number } {
  const seen = { asked: 0, answered: 0 };
  for (let number = 0; number < clients; number++) {
    const host = net.host({ name: `client${number}`, addresses: [`198.51.${100 + number}.7`] });
    const socket = host.dgram.createSocket("udp4", () => seen.answered++);
    socket.bindSync();
    for (let question = 0; question < questions; question++) {
      net.clock.setTimeout(() => {
        seen.asked++;
        socket.send("?".repeat(QUESTION), PORT, "192.0.2.1");
      }, 100 + 500 * question + number);
    }
  }
  return seen;
}

/** For each source, how many bytes it seems to have sent, and how many were sent to it; headers apart. */
function amplificationOf({ net }: Stage): { most: number; answered: number } {
  const traffic = new Map<string, { from: number; to: number; datagramsFrom: number; datagramsTo: number }>();
  const of = ({ address, port }: { address: string; port: number }) => {
    const key = `${address}:${port}`;
    const entry = traffic.get(key) ?? { from: 0, to: 0, datagramsFrom: 0, datagramsTo: 0 };
    traffic.set(key, entry);
    return entry;
  };
  for (const { fate, host, source, destination, size } of net.trace) {
    if (fate !== "sent") continue;
    if (host === "server") {
      of(destination).to += size;
      of(destination).datagramsTo++;
    } else {
      of(source).from += size;
      of(source).datagramsFrom++;
    }
  }
  const ends = [...traffic.values()].filter(({ to }) => to > 0);
  const ratios = ends.flatMap(({ from, to, datagramsFrom, datagramsTo }) => [
    to / from,
    (to + 28 * datagramsTo) / (from + 28 * datagramsFrom),
  ]);
  return { most: Math.max(...ratios), answered: ends.length };
}

test("to forged sources goes at most three times what seems to have come from them, with headers and without", async () => {
  await withServer({}, async (stage) => {
    flood(stage, 2000, 3000, addressOf);
    await stage.net.idle();
    const { most, answered } = amplificationOf(stage);
    assert(answered > 300, `only ${answered} sources were answered`);
    assert(most > 2 && most <= 3, `${most} times`);
    assert(stage.counts().amplification > 2000);
  });
});

test("honest clients are served while an attacker forges sources from everywhere", async () => {
  await withServer({}, async (stage) => {
    const seen = askFrom(stage, 40, 10);
    flood(stage, 5000, 5000, addressOf);
    await stage.net.idle();
    assert(seen.asked === 400 && seen.answered >= 0.95 * seen.asked, JSON.stringify(seen));
    assert(amplificationOf(stage).most <= 3);
  });
});

test("honest clients are served while some networks send far more than their rate", async () => {
  // So many that by chance next to no client shares both of its buckets with them: the key is another each time.
  await withServer({ buckets: 1024 }, async (stage) => {
    const seen = askFrom(stage, 40, 10);
    flood(stage, 6000, 5000, (index) => `77.1.${index % 20}.${1 + index % 250}`);
    await stage.net.idle();
    assert(seen.answered >= 0.95 * seen.asked, JSON.stringify(seen));
    const { rate } = stage.counts();
    // Of each of the twenty ten at once, and ten a second.
    assert(rate > 6000 - 20 * (10 + 50 + 16) && rate < 6000 - 20 * 50, `${rate} refused`);
  });
});

test("without a guard's bound on answers the same flood is amplified", async () => {
  await withServer({ amplification: 1000 }, async (stage) => {
    flood(stage, 500, 3000, addressOf);
    await stage.net.idle();
    assert(amplificationOf(stage).most > 20);
  });
});

test("a source that has sent its token back gets all, and a forged one never has a token", async () => {
  const net = createNetwork({ seed: 5, trace: true });
  try {
    const server = net.host({ name: "server", addresses: ["192.0.2.1"] });
    const client = net.host({ name: "client", addresses: ["192.0.2.2"] });
    const attacker = net.host({ name: "attacker", addresses: ["203.0.113.66"] });
    const socket = server.dgram.createSocket("udp4");
    const watch = guard(socket);
    socket.on("message", (message, from) => {
      const proven = watch.token.check(message.subarray(0, 22), from);
      socket.send(proven ? Buffer.alloc(LONG) : watch.token.make(from), from.port, from.address);
    });
    socket.bindSync({ port: PORT });
    const heard: number[] = [];
    const asking = client.dgram.createSocket("udp4", (message) => {
      heard.push(message.length);
      if (message.length > 22) return;
      // Who has seen a token has no use of it from elsewhere.
      for (const source of [{ address: "192.0.2.3", port: 7000 }, { address: "192.0.2.2", port: 7001 }]) {
        attacker.forge({ data: message, source, destination: { address: "192.0.2.1", port: PORT } });
      }
      asking.send(message, PORT, "192.0.2.1");
    });
    asking.bindSync({ port: 7000 });
    asking.send("what is there?", PORT, "192.0.2.1");
    await net.idle();
    assertEquals(heard, [22, LONG]);
    assertEquals(watch.isValidated({ address: "192.0.2.2", port: 7000 }), true);
    assertEquals(watch.isValidated({ address: "192.0.2.2", port: 7001 }), false);
    assertEquals(watch.isValidated({ address: "192.0.2.3", port: 7000 }), false);
  } finally {
    await net.close();
  }
});

test("two guarded echo servers that a forged datagram sets upon each other stop", async () => {
  for (const [portOfOne, portOfOther] of [[5000, 5001], [5000, 5000]]) {
    const net = createNetwork({ seed: 5, link: { latency: "1ms" } });
    try {
      const watches = [["192.0.2.1", portOfOne] as const, ["192.0.2.2", portOfOther] as const].map(
        ([address, port]) => {
          const socket = net.host({ addresses: [address] }).dgram.createSocket("udp4");
          const watch = guard(socket);
          socket.on("message", (message, from) => socket.send(message, from.port, from.address));
          socket.bindSync({ port });
          return watch;
        },
      );
      net.host().forge({
        data: "round and round",
        source: { address: "192.0.2.2", port: portOfOther },
        destination: { address: "192.0.2.1", port: portOfOne },
      });
      await net.idle({ within: "10s" });
      const [one, other] = watches.map(({ counts }) => counts);
      if (portOfOne === portOfOther) assertEquals([one.samePort, one.admitted, other.admitted], [1, 0, 0]);
      else assert(one.rate + other.rate === 1 && one.admitted < 600, JSON.stringify([one, other]));
    } finally {
      await net.close();
    }
  }
});

test("a source port that can't be answered, or answers everything, reaches no listener", async () => {
  await withServer({}, async (stage) => {
    for (const port of [0, 7, 19, 53, PORT]) {
      stage.attacker.forge({
        data: "?",
        source: { address: "198.51.100.9", port },
        destination: { address: "192.0.2.1", port: PORT },
      });
    }
    stage.attacker.forge({
      data: "?",
      source: { address: "192.0.2.1", port: PORT },
      destination: { address: "192.0.2.1", port: PORT },
    });
    await stage.net.idle();
    const { sourcePort, samePort, admitted } = stage.counts();
    assertEquals({ sourcePort, samePort, admitted }, { sourcePort: 3, samePort: 2, admitted: 1 });
  });
});
