/** What is lost, and what has room, in the network in memory and in Linux's with the same figures. */
import { assert, assertEquals } from "@std/assert";
import { createNetwork, type Faults } from "@x/dgram/testing";
import { after, test } from "node:test";
import {
  binomialBounds,
  chiSquared,
  chiSquaredBound,
  geometric,
  homogeneity,
  runsBetweenLosses,
} from "./memory/distributions.ts";
import { KernelStage, kernelStageSkip } from "./memory/kernel_stage.ts";
import { type Counted, Player } from "./memory/player.ts";
import { ADDRESS, type HostName } from "./memory/stage.ts";
import { slowLinkSkip } from "./namespaces.ts";

const PORT = 7000;
/** Not by the rules of the first. */
const MARKER = 7001;
/** A receive buffer holds more. */
const AT_ONCE = 200;
const HEADERS = 28;

let shared: Promise<KernelStage> | undefined;
const kernel = (): Promise<KernelStage> => shared ??= KernelStage.make(["a", "b"]);

async function endKernel(): Promise<void> {
  const made = shared;
  shared = undefined;
  await (await made)?.end();
}

after(endKernel);

async function order<Value>(host: HostName, socket: string, method: string, ...args: unknown[]): Promise<Value> {
  const outcome = await (await kernel()).order(host, { socket, method, args });
  if ("error" in outcome) throw new Error(outcome.error);
  return outcome.value as Value;
}

/** The numbers that come through a rule of nftables, of those from 0. */
async function throughRule(rule: string, count: number): Promise<number[]> {
  const stage = await kernel();
  stage.run(
    "b",
    `nft -f - <<'END'\ntable inet lossy {\n chain in {\n type filter hook input priority 0\n udp dport ${PORT} ${rule} drop\n }\n}\nEND`,
  );
  await order("b", "heard", "open", { type: "udp4" }, { port: PORT, address: ADDRESS.b[4] });
  await order("b", "marker", "open", { type: "udp4" }, { port: MARKER, address: ADDRESS.b[4] });
  await order("a", "sender", "open", { type: "udp4" }, { address: ADDRESS.a[4] });
  await order("b", "heard", "count");
  for (let from = 0; from < count; from += AT_ONCE) {
    await order("a", "sender", "number", from, Math.min(count, from + AT_ONCE), PORT, ADDRESS.b[4]);
    await order("a", "sender", "send", "marker", MARKER, ADDRESS.b[4]);
    await stage.settle(new Map([["marker", 1]]));
  }
  const came = await order<Counted[]>("b", "heard", "counted");
  stage.run("b", "nft delete table inet lossy");
  await stage.clear(false);
  return came.map(([number]) => number);
}

/** Those that come through a link in memory. */
async function throughMemory(loss: Faults["loss"], count: number, seed: number): Promise<number[]> {
  const net = createNetwork({ seed, link: { loss } });
  const [a, b] = [net.host({ addresses: [ADDRESS.a[4]] }), net.host({ addresses: [ADDRESS.b[4]] })];
  const [sender, heard] = [a, b].map((host) => new Player((options) => host.dgram.createSocket(options), () => {}));
  const ask = (player: Player, method: string, ...args: unknown[]) => player.carryOut({ socket: "it", method, args });
  await ask(heard, "open", { type: "udp4" }, { port: PORT });
  await ask(heard, "count");
  await ask(sender, "open", { type: "udp4" }, {});
  for (let from = 0; from < count; from += AT_ONCE) {
    await ask(sender, "number", from, Math.min(count, from + AT_ONCE), PORT, ADDRESS.b[4]);
    await net.idle();
  }
  const came = await ask(heard, "counted") as { value: Counted[] };
  await net.close();
  return came.value.map(([number]) => number);
}

/** More than this many in a row have one count. */
const KINDS = 30;

test("losses that are independent are as many in memory as with nftables, and as far from each other", {
  skip: kernelStageSkip,
}, async () => {
  const count = 2500;
  for (const thousandths of [100, 300]) {
    const part = thousandths / 1000;
    const samples = [await throughRule(`numgen random mod 1000 < ${thousandths}`, count)];
    for (const seed of [1, 2, 3]) samples.push(await throughMemory(part, count, seed));
    const kinds = Math.ceil(Math.log(5 / (count * part)) / Math.log(1 - part));
    const runs = samples.map((came) => runsBetweenLosses(came, Math.min(KINDS, kinds)));
    const [least, most] = binomialBounds(count, 1 - part);
    const bound = chiSquaredBound(runs[0].length);
    for (const [place, came] of samples.entries()) {
      const what = place === 0 ? "nftables" : `seed ${place}`;
      assert(came.length >= least && came.length <= most, `${what}: ${came.length} not in ${least} to ${most}`);
      const far = chiSquared(runs[place], geometric(part, runs[place].length));
      assert(far < bound, `${what}: chi-squared of the runs is ${far}, of ${bound}`);
      const apart = homogeneity(runs[0], runs[place]);
      assert(apart < bound, `${what}: chi-squared of both runs is ${apart}, of ${bound}`);
    }
  }
});

test(
  "of losses that are exact each block has as many in memory as with nftables",
  { skip: kernelStageSkip },
  async () => {
    const [count, lose, of] = [800, 3, 10];
    const samples = [
      await throughRule(`numgen inc mod ${of} < ${lose}`, count),
      await throughMemory({ lose, of }, count, 1),
    ];
    for (const came of samples) {
      const blocks = Array.from(
        { length: count / of },
        (_, block) => came.filter((each) => Math.floor(each / of) === block).length,
      );
      assertEquals(blocks, new Array(count / of).fill(of - lose));
    }
  },
);

/** A burst that took as long as the link's second datagram found more room: it is sent again, so often at most. */
const TRIES = 10;

test("of a burst a slow link keeps in memory what token buckets keep, and sends it as slowly", {
  skip: kernelStageSkip || slowLinkSkip(),
}, async () => {
  const stage = await kernel();
  // What a host has to say of itself and ask of others would spend some of the bucket.
  stage.run("a", "if [ -e /proc/sys/net/ipv6 ]; then echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; fi");
  await order("b", "heard", "open", { type: "udp4" }, { port: PORT, address: ADDRESS.b[4] });
  await order("a", "sender", "open", { type: "udp4" }, { address: ADDRESS.a[4] });
  await order("a", "sender", "send", "there", PORT, ADDRESS.b[4]);
  await stage.settle(new Map([["heard", 1]]));
  await stage.clear(false);
  const mixed = [
    1000,
    1000,
    200,
    1000,
    600,
    1000,
    1000,
    1000,
    50,
    1000,
    1000,
    600,
    900,
    400,
    300,
    20,
    1000,
    100,
    4,
    50,
    5,
  ];
  for (
    const { rate, queue, sizes } of [
      { rate: 400_000, queue: 8 * (1000 + HEADERS), sizes: new Array<number>(20).fill(1000) },
      { rate: 400_000, queue: 7000, sizes: mixed },
      { rate: 400_000, queue: 1100, sizes: [1000, 1000, 400, 30, 100, 4] },
    ]
  ) {
    const perByte = 8000 / rate;
    const second = (sizes[1] + HEADERS) * perByte;
    const net = createNetwork({ link: { bandwidth: rate, queue } });
    const [a, b] = [net.host({ addresses: [ADDRESS.a[4]] }), net.host({ addresses: [ADDRESS.b[4]] })];
    const [sender, heard] = [a, b].map((host) => new Player((options) => host.dgram.createSocket(options), () => {}));
    const ask = (player: Player, method: string, ...args: unknown[]) => player.carryOut({ socket: "it", method, args });
    await ask(heard, "open", { type: "udp4", receiveInfo: true }, { port: PORT });
    await ask(heard, "count");
    await ask(sender, "open", { type: "udp4" }, {});
    await ask(sender, "connectSync", PORT, ADDRESS.b[4]);
    await ask(sender, "burst", sizes);
    await net.idle();
    const { value: memory } = await ask(heard, "counted") as { value: Counted[] };
    await net.close();

    // A frame's header does not count in memory; the bucket holds one datagram.
    const bucket = Math.max(...sizes) + HEADERS;
    stage.run(
      "a",
      `tc qdisc replace dev eth0 root stab overhead -14 linklayer ethernet tbf rate ${rate}bit burst ${bucket} limit ${queue}`,
    );
    let took = Infinity;
    let came: Counted[] = [];
    for (let tries = 0; tries < TRIES && took > second / 2; tries++) {
      await order("b", "heard", "open", { type: "udp4", receiveInfo: true }, { port: PORT, address: ADDRESS.b[4] });
      await order("a", "sender", "open", { type: "udp4" }, { address: ADDRESS.a[4] });
      await order("a", "sender", "connectSync", PORT, ADDRESS.b[4]);
      await order("b", "heard", "count");
      took = await order("a", "sender", "burst", sizes);
      await stage.until("a", "tc -s qdisc show dev eth0 | grep -q 'backlog 0b 0p'");
      await stage.settle();
      came = await order<Counted[]>("b", "heard", "counted");
      await stage.clear(false);
    }
    assertEquals(memory.map(([number]) => number), came.map(([number]) => number), `the burst took ${took} ms`);
    // How late a kernel is depends on the machine, how soon it can be does not.
    for (const [place, [number, time]] of came.entries()) {
      const [soonest, after] = [memory[place][1] - memory[0][1] - second, time - came[0][1]];
      assert(after >= soonest, `${number} came ${after} ms after the first, ${soonest} at the soonest`);
    }
  }
});

test("nothing is left of the kernel's network", { skip: kernelStageSkip }, endKernel);
