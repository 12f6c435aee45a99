/** What unchanged programs ask their runtime for, answered by a network in memory: `install()`. */
import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { createNetwork, type Network } from "@x/dgram/testing";
import crypto from "node:crypto";
import dns from "node:dns";
import os from "node:os";
import { test } from "node:test";

type Named = Record<string, unknown>;

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
const web = globalThis.crypto as Crypto | undefined;

/** What install() replaces beside the timers. */
const seen = (): unknown[] => [
  Math.random,
  ...["randomBytes", "randomFill", "randomFillSync", "randomInt", "randomUUID"].map((name) =>
    (crypto as unknown as Named)[name]
  ),
  web?.getRandomValues,
  web?.randomUUID,
  os.hostname,
  os.networkInterfaces,
  dns.lookup,
  dns.promises.lookup,
  globalThis.setTimeout,
];

const called = <Result>(call: (done: (error: Error | null, result: Result) => void) => void): Promise<Result> =>
  new Promise((resolve, reject) => call((error, result) => error ? reject(error) : resolve(result)));

/** Numbers by each way there is. */
async function numbers(): Promise<unknown[]> {
  const filled = new Uint16Array(3);
  crypto.randomFillSync(filled, 1, 1);
  return [
    Math.random(),
    crypto.randomBytes(4).toString("hex"),
    (await called<Buffer>((done) => crypto.randomBytes(4, done))).toString("hex"),
    [...filled],
    [...await called<Uint8Array>((done) => crypto.randomFill(new Uint8Array(4), 2, done))],
    crypto.randomInt(1000),
    crypto.randomInt(-5, 5),
    await called<number>((done) => crypto.randomInt(7, 1000, done)),
    crypto.randomUUID(),
    [...crypto.getRandomValues(new Uint8Array(2))],
    // Node 18 has no such global.
    ...web === undefined ? [] : [web.randomUUID(), [...web.getRandomValues(new Uint16Array(2))]],
  ];
}

async function withInstalled(seed: number, use: (net: Network) => unknown): Promise<void> {
  const net = createNetwork({ seed });
  net.install();
  try {
    await use(net);
  } finally {
    await net.close();
  }
}

test("random numbers are those of the seed and of the host, by each way, on every runtime", async () => {
  const before = seen();
  const found: unknown[][] = [];
  for (const [seed, name] of [[1, "a"], [1, "a"], [1, "b"], [2, "a"]] as const) {
    await withInstalled(seed, async (net) => {
      const host = net.host({ name });
      const others = net.host({ name: "other" });
      const result = host.run(numbers);
      // Those of another host change nothing.
      await others.run(numbers);
      found.push(await result);
    });
  }
  assertEquals(found[1], found[0]);
  for (const other of found.slice(2)) other.forEach((value, at) => assertNotEquals(value, found[0][at]));
  assertEquals(
    JSON.stringify(found[0].slice(0, 10)),
    '[0.8651534866761685,"ed5ae3b0","1030b6b3",[0,2827,0],[0,0,103,159],77,-2,254,' +
      '"38846647-fb51-46ed-b9de-4840aea34362",[109,83]]',
  );
  for (const uuid of found[0].filter((value) => typeof value === "string" && value.includes("-"))) {
    assert(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid as string), `${uuid}`);
  }
  assertEquals(seen(), before);
});

test("what a package has kept of it is real again when the network is closed, and the next one's after that", async () => {
  let kept!: { random: () => number; bytes: typeof crypto.randomBytes };
  const tell = (): unknown[] => [kept.random(), kept.bytes(8).toString("hex")];
  let first: unknown[] = [];
  await withInstalled(1, () => {
    kept = { random: Math.random, bytes: crypto.randomBytes };
    first = tell();
  });
  const real = tell();
  assertNotEquals(real, tell());
  await withInstalled(1, () => assertEquals(tell(), first));
});

test("wrong arguments are told as the runtime tells them, and take no number", async () => {
  let first = 0;
  await withInstalled(1, () => first = Math.random());
  await withInstalled(1, async () => {
    assertEquals(codeOf(assertThrows(() => crypto.randomBytes("many" as unknown as number))), "ERR_INVALID_ARG_TYPE");
    assertEquals(codeOf(assertThrows(() => crypto.randomInt(5, 1))), "ERR_OUT_OF_RANGE");
    assertEquals(Math.random(), first);
    const other = createNetwork();
    assertEquals(codeOf(assertThrows(() => other.install())), "ERR_NETWORK_TIMERS_INSTALLED");
    await other.close();
    assertEquals(codeOf(assertThrows(() => other.install())), "ERR_NETWORK_CLOSED");
  });
});

test("a host's name and interfaces are its own, and those of the machine elsewhere", async () => {
  const real = [os.hostname(), Object.keys(os.networkInterfaces())];
  await withInstalled(1, (net) => {
    const host = net.host({
      name: "alpha",
      interfaces: { eth0: ["10.1.2.3/20", "fe80::5/64"], eth1: ["2001:db8::1"] },
    });
    assertEquals(host.run(() => os.hostname()), "alpha");
    const { lo, eth0, eth1 } = host.run(() => os.networkInterfaces());
    assertEquals(lo!.map(({ address, internal, cidr }) => [address, internal, cidr]), [
      ["127.0.0.1", true, "127.0.0.1/8"],
      ["::1", true, "::1/128"],
    ]);
    const { mac } = eth0![0];
    assertEquals(eth0, [
      { address: "10.1.2.3", netmask: "255.255.240.0", mac, internal: false, cidr: "10.1.2.3/20", family: "IPv4" },
      {
        address: "fe80::5",
        netmask: "ffff:ffff:ffff:ffff::",
        mac,
        internal: false,
        cidr: "fe80::5/64",
        family: "IPv6",
        scopeid: 2,
      },
    ]);
    assertEquals(eth1!.map(({ address, netmask }) => [address, netmask]), [
      ["2001:db8::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ]);
    assert(/^02:00(:[0-9a-f]{2}){4}$/.test(mac) && eth1![0].mac !== mac, mac);
    assertEquals([os.hostname(), Object.keys(os.networkInterfaces())], real);
  });
});

test("look-ups on a host find the network's names, in each form, and fail as the host's do", async () => {
  await withInstalled(1, async (net) => {
    const host = net.host({ name: "client" });
    net.host({ name: "server", addresses: ["192.0.2.1", "2001:db8::1"] });
    net.name("both.test", ["192.0.2.5", "192.0.2.6"]);
    const look = (hostname: string, ...options: unknown[]): Promise<unknown[]> =>
      host.run(() =>
        new Promise((done) =>
          (dns.lookup as unknown as (...values: unknown[]) => void)(
            hostname,
            ...options,
            (...found: unknown[]) => done(found),
          )
        )
      );
    assertEquals(await look("server"), [null, "192.0.2.1", 4]);
    assertEquals(await look("server", 6), [null, "2001:db8::1", 6]);
    assertEquals(await look("server", { family: "IPv6" }), [null, "2001:db8::1", 6]);
    assertEquals(await look("192.0.2.9", {}), [null, "192.0.2.9", 4]);
    assertEquals(await look("both.test", { all: true }), [
      null,
      [{ address: "192.0.2.5", family: 4 }, { address: "192.0.2.6", family: 4 }],
    ]);
    assertEquals(await host.run(() => dns.promises.lookup("server")), { address: "192.0.2.1", family: 4 });
    const [error] = await look("both.test", 6) as [Error & { hostname: string }];
    assertEquals([codeOf(error), error.hostname, error.message], [
      "ENOTFOUND",
      "both.test",
      "getaddrinfo ENOTFOUND both.test",
    ]);
    const failing = host.fail({ lookup: { code: "EAI_AGAIN" } });
    const failed = assertRejects(() => host.run(() => dns.promises.lookup("server")));
    await net.run({ for: "1s" });
    assertEquals(codeOf(await failed), "EAI_AGAIN");
    failing.undo();
    // Elsewhere the machine is asked.
    assertEquals((await dns.promises.lookup("127.0.0.1")).address, "127.0.0.1");
  });
});
