/** The setters of broadcast, time to live and multicast loopback, with good and bad values, in every state. */
import type { Feature } from "../../../src/core/backend.ts";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { AnySocket, Stage } from "../stage.ts";

type Value = readonly [shown: string, value: unknown];

/** Values of every kind. */
const kinds: readonly Value[] = [
  ["undefined", undefined],
  ["null", null],
  ["a string of digits", "5"],
  ["an empty string", ""],
  ["true", true],
  ["false", false],
  ["a bigint", 5n],
  ["an object", {}],
  ["a list", [5]],
  ["a function", { ttl() {} }.ttl],
  ["a symbol", Symbol("s")],
];

const ttls: readonly Value[] = [
  ["1", 1],
  ["2", 2],
  ["64", 64],
  ["127", 127],
  ["128", 128],
  ["255", 255],
  ["-1", -1],
  ["256", 256],
  ["1000", 1000],
  ["65537", 65_537],
  ["2^31", 2 ** 31],
  ["2^32 + 1", 2 ** 32 + 1],
  ["-2^32 + 1", -(2 ** 32) + 1],
  ["1.5", 1.5],
  ["255.9", 255.9],
];

/** What C reads as 0. */
const zeros: readonly Value[] = [
  ["0", 0],
  ["-0", -0],
  ["0.5", 0.5],
  ["-0.5", -0.5],
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["2^53", 2 ** 53],
];

interface Setter {
  readonly name: "setBroadcast" | "setTTL" | "setMulticastTTL" | "setMulticastLoopback";
  readonly feature: Feature;
  readonly row: number;
  readonly values: readonly Value[];
}

const switches: readonly Value[] = [["0", 0], ["1", 1], ["-1", -1], ["NaN", NaN], ...kinds];

const setters: readonly Setter[] = [
  { name: "setBroadcast", feature: "broadcast", row: 115, values: switches },
  { name: "setTTL", feature: "ttl", row: 116, values: [...ttls, ...kinds] },
  { name: "setMulticastTTL", feature: "multicastTTL", row: 117, values: [...ttls, ...kinds] },
  { name: "setMulticastLoopback", feature: "multicastLoopback", row: 118, values: switches },
];

/** Calls with every value; one line each. */
function callAll(stage: Stage, socket: AnySocket, { name, values }: Setter): void {
  for (const [shown, value] of values) stage.call(`${name}(${shown})`, () => socket[name](value));
}

/** The setters that check a type do so before they see that the socket is closed. */
function split({ name, values }: Setter): { wrong: readonly Value[]; right: readonly Value[] } {
  const checks = name === "setTTL" || name === "setMulticastTTL";
  const isWrong = ([, value]: Value): boolean => checks && typeof value !== "number";
  return { wrong: values.filter(isWrong), right: values.filter((value) => !isWrong(value)) };
}

const NOT_RUNNING = "threw Error [ERR_SOCKET_DGRAM_NOT_RUNNING]: Not running";

export const optionScenarios: readonly Scenario[] = setters.flatMap((setter) => {
  const { name, feature, row } = setter;
  const { wrong, right } = split(setter);
  return [
    scenario(`${name}() with every value on a bound socket`, { rows: [row], needs: [feature] }, async (stage) => {
      callAll(stage, await stage.bound("a"), setter);
    }),

    scenario(`${name}() with every value on a bound udp6 socket`, {
      rows: [row],
      needs: [feature],
      ...(name.endsWith("TTL") && { native: [feature] }),
      ipv6: true,
    }, async (stage) => {
      callAll(stage, await stage.bound("a", "udp6"), setter);
    }),

    ...(["udp4", "udp6"] as const).filter(() => name.endsWith("TTL")).map((type) =>
      scenario(`${name}() of what is 0 on a bound ${type} socket`, {
        rows: [row],
        native: [feature],
        ipv6: type === "udp6",
      }, async (stage) => {
        callAll(stage, await stage.bound("a", type), { ...setter, values: zeros });
      })
    ),

    scenario(`${name}() with every value on a connected socket`, {
      rows: [row],
      needs: [feature, "connect"],
    }, async (stage) => {
      const peer = await stage.bound("peer");
      callAll(stage, await stage.connected("a", peer.address().port), setter);
    }),

    scenario(`${name}() with every value on an unbound socket`, { rows: [row] }, (stage) => {
      callAll(stage, stage.socket("a"), setter);
    }),

    scenario(`${name}() with every value on a binding socket`, { rows: [row] }, (stage) => {
      callAll(stage, stage.socket("a").bind(0, "127.0.0.1"), setter);
    }),

    scenario(`${name}() on a closed socket says that it is closed`, {
      rows: [row, 110],
      deviates: { row: 110, expected: ["a 'close'", ...right.map(([shown]) => `${name}(${shown}) ${NOT_RUNNING}`)] },
    }, async (stage) => {
      const a = stage.socket("a");
      a.close();
      await stage.seen("a 'close'");
      callAll(stage, a, { ...setter, values: right });
    }),

    ...(wrong.length === 0 ? [] : [
      scenario(`${name}() on a closed socket looks at its argument first`, { rows: [row, 110] }, async (stage) => {
        const a = stage.socket("a");
        a.close();
        await stage.seen("a 'close'");
        callAll(stage, a, { ...setter, values: wrong });
      }),
    ]),

    scenario(`${name}() called without an argument`, { rows: [row], needs: [feature] }, async (stage) => {
      const a = await stage.bound("a");
      stage.call(name, () => a[name]());
    }),

    scenario(`${name}()'s error on an unbound socket is a system call's`, { rows: [row, 143] }, (stage) => {
      const a = stage.socket("a");
      try {
        a[name](1);
      } catch (error) {
        stage.keys("error", error);
        stage.note("error", error, (error as Error).constructor === Error);
      }
    }),
  ];
});
