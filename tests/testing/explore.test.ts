/** Seeds are searched, what failed is shrunk, and a failure says how it is replayed. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { bind } from "@x/dgram/promises";
import { createNetwork, explore, ExploreError, type Network, type NetworkHost } from "@x/dgram/testing";
import process from "node:process";
import { test } from "node:test";

type Socket = ReturnType<NetworkHost["dgram"]["createSocket"]>;

const LINK = {
  loss: 0.1,
  duplicate: 0.1,
  reorder: 0.1,
  corrupt: 0.02,
  jitter: "0.5ms",
  latency: { distribution: "uniform", from: "1ms", to: "4ms" },
} as const;

/** Sends numbers, each until it is acknowledged; the receiver takes a repeated one for a new one. */
async function count(net: Network, { to = 12, forgetful = true } = {}): Promise<void> {
  const [a, b] = [net.host({ name: "a" }), net.host({ name: "b" })];
  const heard: number[] = [];
  const receiver: Socket = b.dgram.createSocket("udp4", ({ 0: number, length }, from) => {
    if (length !== 2) return;
    if (forgetful || !heard.includes(number)) heard.push(number);
    receiver.send(Uint8Array.of(number), from.port, from.address);
  });
  receiver.bindSync({ port: 5000 });
  const sender = a.dgram.createSocket("udp4");
  for (let number = 0; number < to; number++) {
    let acknowledged = false;
    sender.once("message", () => acknowledged = true);
    while (!acknowledged) {
      sender.send(Uint8Array.of(number, number), 5000, b.addresses[0]);
      await net.run({ for: "20ms" });
    }
    if (heard.length !== number + 1) throw new RangeError(`${heard}`);
  }
}

async function failureOf(work: Promise<unknown>): Promise<ExploreError> {
  const error = await assertRejects(() => work);
  assert(error instanceof ExploreError, String(error));
  return error;
}

test("a program that fails on a seed is shrunk to the one datagram that it fails with", async () => {
  const error = await failureOf(explore(count, { runs: 30, link: { ...LINK, corrupt: 0 } }));
  assertEquals(error.code, "ERR_NETWORK_EXPLORED");
  assertEquals(error.faults.length, 1, error.message);
  const [{ kind, from, to, description }] = error.faults;
  // Either the number came twice, or its acknowledgement was lost and it was sent again.
  assert(kind === "duplicate" && from === "a" || kind === "loss" && from === "b" && to === "a", error.message);
  assertStringIncludes(error.message, `DGRAM_SEED=${error.seed} replays it.`);
  assertStringIncludes(error.message, description);
  assertStringIncludes(error.message, "RangeError: ");
  assert(error.cause instanceof RangeError);
  assertStringIncludes(error.network.traceText(), " bytes delivered");
});

test("the same seed fails with the same faults and the same trace again", async () => {
  const first = await failureOf(explore(count, { runs: 30, link: LINK }));
  const again = await failureOf(explore(count, { seed: first.seed, runs: 1, link: LINK }));
  assertEquals(again.message.replace(/^Run 1 /, ""), first.message.replace(/^Run \d+ /, ""));
  assertEquals(again.network.traceText(), first.network.traceText());
});

test("a program that never fails runs as often as it was asked", async () => {
  const seeds: number[] = [];
  const runs = await explore(async (net) => {
    seeds.push(net.seed);
    await count(net, { to: 3, forgetful: false });
  }, { runs: 5, seed: 40, link: { ...LINK, corrupt: 0 } });
  assertEquals([runs, seeds], [5, [40, 41, 42, 43, 44]]);
});

test("a failure that needs two faults keeps both", async () => {
  const error = await failureOf(explore(async (net) => {
    const [a, b] = [net.host({ name: "a" }), net.host({ name: "b" })];
    const heard = new Set<string>();
    b.dgram.createSocket("udp4", (message) => heard.add(`${message}`)).bindSync({ port: 7 });
    const sender = a.dgram.createSocket("udp4");
    for (let number = 0; number < 30; number++) sender.send(`${number}`, 7, b.addresses[0]);
    await net.idle();
    if (!heard.has("3") && !heard.has("17")) throw new Error("3 and 17 are missing");
  }, { runs: 200, link: { loss: 0.4 } }));
  assertEquals(error.faults.map(({ kind, number }) => [kind, number]), [["loss", 4], ["loss", 18]]);
  const lost = error.network.trace.filter(({ fate }) => fate === "lost");
  assertEquals(lost.map(({ data }) => new TextDecoder().decode(data)), ["3", "17"]);
});

test("a failure without a fault says so, and what is thrown by a listener or a timer is a failure", async () => {
  const bySocket = await failureOf(explore(async (net) => {
    const [a, b] = [net.host(), net.host()];
    b.dgram.createSocket("udp4", () => {
      throw new TypeError("of a listener");
    }).bindSync({ port: 7 });
    a.dgram.createSocket("udp4").send("now", 7, b.addresses[0]);
    await net.idle();
  }, { link: { jitter: "0.1ms" } }));
  assertEquals(bySocket.faults, []);
  assertStringIncludes(bySocket.message, "TypeError: of a listener");
  assertStringIncludes(bySocket.message, "It fails without any fault of a link.");
  const byTimer = await failureOf(explore(async (net) => {
    net.clock.setTimeout(() => {
      throw new TypeError("of a timer");
    }, 5);
    await net.idle();
  }));
  assertStringIncludes(byTimer.message, "TypeError: of a timer");
  const atOnce = await failureOf(explore(() => {
    throw "no error";
  }));
  assertStringIncludes(atOnce.message, "no error");
});

test("a program that waits for what was lost fails with the state of the network", async () => {
  const error = await failureOf(explore(async (net) => {
    const [a, b] = [net.host({ name: "a" }), net.host({ name: "b" })];
    const receiving = b.run(async () => {
      const socket = await bind(7);
      return await socket.receive();
    });
    await a.run(() => bind(0)).then((socket) => socket.send("once", 7, b.addresses[0]));
    await net.run({ until: receiving });
  }, { link: { loss: 0.5 }, runs: 20 }));
  assertEquals((error.cause as { code?: string }).code, "ERR_NETWORK_STUCK");
  assertStringIncludes(error.message, "udp4 0.0.0.0:7: 0 waiting");
  assertEquals(error.faults.map(({ kind }) => kind), ["loss"]);
});

test("explore() refuses what is no option", async () => {
  const refusal = async (options: object): Promise<unknown> =>
    (await assertRejects(() => explore(() => {}, options)) as { code?: string }).code;
  assertEquals(await refusal({ runs: 0 }), "ERR_OUT_OF_RANGE");
  assertEquals(await refusal({ seed: -1 }), "ERR_OUT_OF_RANGE");
  assertEquals(await refusal({ tries: 3 }), "ERR_INVALID_ARG_VALUE");
  await assertRejects(() => explore(undefined as never), TypeError);
});

test("a failed assertion in run() says how it is replayed where the test does not say the seed", async () => {
  class AssertionError extends Error {
    override name = "AssertionError";
  }
  const failing = async (seed: number | undefined, error: Error): Promise<Error> => {
    const net = createNetwork({ seed });
    try {
      return await assertRejects(() => net.run({ until: Promise.reject(error) })) as Error;
    } finally {
      await net.close();
    }
  };
  const { message, stack } = await failing(undefined, new AssertionError("2 is not 3"));
  assertEquals(message, "2 is not 3\n(DGRAM_SEED=1 replays it)");
  assert(stack === undefined || !stack.includes("2 is not 3") || stack.includes(message), stack);
  assertEquals((await failing(9, new AssertionError("2 is not 3"))).message, "2 is not 3");
  const other = await failing(undefined, new RangeError("expected"));
  assertEquals([other.message, (other as { replay?: string }).replay], ["expected", "DGRAM_SEED=1"]);
  const frozen = Object.freeze(new AssertionError("frozen"));
  assertEquals((await failing(undefined, frozen)).message, "frozen");
});

test("DGRAM_SEED is the seed of a network that is given none, and the only one that is explored", async () => {
  const before = process.env.DGRAM_SEED;
  const seedsWith = async (text: string): Promise<number[]> => {
    process.env.DGRAM_SEED = text;
    const seeds = [createNetwork().seed, createNetwork({ seed: 3 }).seed];
    await explore((net) => void seeds.push(net.seed), { runs: 4, seed: 50 });
    return seeds;
  };
  try {
    assertEquals(await seedsWith("4294967295"), [0xffff_ffff, 3, 0xffff_ffff]);
    assertEquals(await seedsWith(""), [1, 3, 50, 51, 52, 53]);
    for (const text of ["x", "-1", "1.5", "4294967296", "1e3"]) {
      const error = await assertRejects(() => seedsWith(text));
      assertStringIncludes((error as Error).message, "DGRAM_SEED");
    }
  } finally {
    if (before === undefined) delete process.env.DGRAM_SEED;
    else process.env.DGRAM_SEED = before;
  }
});

test("a network that never comes to rest says its seed", async () => {
  const net = createNetwork();
  net.clock.setInterval(() => {}, 1000);
  const error = await assertRejects(() => net.idle({ within: "5s" }));
  assertStringIncludes((error as Error).message, "DGRAM_SEED=1");
  await net.close();
  assertThrows(() => createNetwork({ seed: 1.5 }), RangeError);
});
