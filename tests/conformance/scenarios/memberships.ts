/** Joining and leaving groups: arguments and failures. Every membership that succeeds is on the loopback interface. */
import { LOOPBACK_SCOPE } from "../../support/loopback.ts";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { AnySocket, Stage } from "../stage.ts";

const LOOPBACK = "127.0.0.1";
const GROUP = "239.255.77.20";
const SOURCE_GROUP = "232.255.77.20";
const GROUP6 = "ff02::7720";
const LOOPBACK6 = `::1%${LOOPBACK_SCOPE}`;

type Args = readonly [shown: string, ...args: unknown[]];

/** Arguments of addMembership() and dropMembership() that are wrong in any state. */
const badGroups: readonly Args[] = [
  ["nothing"],
  ["undefined", undefined, LOOPBACK],
  ["null", null, LOOPBACK],
  ["an empty string", "", LOOPBACK],
  ["0", 0, LOOPBACK],
  ["false", false, LOOPBACK],
  ["a unicast address", "127.0.0.1", LOOPBACK],
  ["the broadcast address", "255.255.255.255", LOOPBACK],
  ["the address for any", "0.0.0.0", LOOPBACK],
  ["an address just below multicast", "223.255.255.255", LOOPBACK],
  ["an address just above multicast", "240.0.0.0", LOOPBACK],
  ["a name", "some.name", LOOPBACK],
  ["half an address", "239.255.77", LOOPBACK],
  ["a number", 5, LOOPBACK],
  ["true", true, LOOPBACK],
  ["an object", {}, LOOPBACK],
  ["a list", [GROUP, GROUP], LOOPBACK],
];

const badInterfaces: readonly Args[] = [
  ["a name", GROUP, "lo"],
  ["an empty string", GROUP, ""],
  ["half an address", GROUP, "127.0.0"],
  ["a number", GROUP, 5],
  ["an object", GROUP, {}],
  ["IPv6", GROUP, "::1"],
];

const badGroups6: readonly Args[] = [
  ["a unicast address", "::1", LOOPBACK6],
  ["the address for any", "::", LOOPBACK6],
  ["a name", "some.name", LOOPBACK6],
  ["an empty string", "", LOOPBACK6],
  ["a number", 5, LOOPBACK6],
  ["half an address", "ff02:", LOOPBACK6],
  ["an address just below multicast", "feff::1", LOOPBACK6],
];

const badInterfaces6: readonly Args[] = [
  ["a name", GROUP6, "lo"],
  ["a scope alone", GROUP6, `%${LOOPBACK_SCOPE}`],
  ["an empty string", GROUP6, ""],
  ["IPv4", GROUP6, LOOPBACK],
  ["a number", GROUP6, 5],
];

function callAll(stage: Stage, socket: AnySocket, method: string, list: readonly Args[]): void {
  for (const [shown, ...args] of list) stage.call(`${method}(${shown})`, () => socket[method](...args));
}

const membershipMethods = ["addMembership", "dropMembership"] as const;
const sourceMethods = ["addSourceSpecificMembership", "dropSourceSpecificMembership"] as const;

const badSources: readonly Args[] = [
  ["nothing"],
  ["no group", LOOPBACK],
  ["a source that is a number", 5, SOURCE_GROUP, LOOPBACK],
  ["a source that is null", null, SOURCE_GROUP, LOOPBACK],
  ["both wrong", 5, 5, LOOPBACK],
  ["a group that is an object", LOOPBACK, {}, LOOPBACK],
  ["a group that is null", LOOPBACK, null, LOOPBACK],
];

const refusedSources: readonly Args[] = [
  ["a unicast group", LOOPBACK, "127.0.0.1", LOOPBACK],
  ["an empty group", LOOPBACK, "", LOOPBACK],
  ["an empty source", "", SOURCE_GROUP, LOOPBACK],
  ["a name as source", "some.name", SOURCE_GROUP, LOOPBACK],
  ["a name as group", LOOPBACK, "some.name", LOOPBACK],
  ["a name as interface", LOOPBACK, SOURCE_GROUP, "lo"],
  ["an IPv6 source", "::1", SOURCE_GROUP, LOOPBACK],
  ["an IPv6 group", LOOPBACK, GROUP6, LOOPBACK],
];

export const membershipScenarios: readonly Scenario[] = [
  ...membershipMethods.flatMap((method) => [
    scenario(`${method}() refuses a bad group`, { rows: [120, 121, 137], needs: ["membership"] }, async (stage) => {
      callAll(stage, await stage.bound("a"), method, badGroups);
    }),

    scenario(`${method}() refuses a bad interface`, { rows: [120, 121], needs: ["membership"] }, async (stage) => {
      callAll(stage, await stage.bound("a"), method, badInterfaces);
    }),

    scenario(`${method}() refuses an IPv6 group on udp4`, {
      rows: [120, 121],
      needs: ["membership"],
      ipv6: true,
    }, async (stage) => {
      const a = await stage.bound("a");
      stage.call("with its interface", () => a[method](GROUP6, LOOPBACK6));
      stage.call("with an IPv4 interface", () => a[method](GROUP6, LOOPBACK));
    }),

    scenario(`${method}() of udp6 refuses a bad group`, {
      rows: [120, 121],
      needs: ["membership"],
      ipv6: true,
    }, async (stage) => {
      callAll(stage, await stage.bound("a", "udp6"), method, badGroups6);
    }),

    scenario(`${method}() of udp6 refuses a bad interface`, {
      rows: [120, 121],
      needs: ["membership"],
      ipv6: true,
    }, async (stage) => {
      callAll(stage, await stage.bound("a", "udp6"), method, badInterfaces6);
    }),

    scenario(`${method}() on a closed socket says so first`, { rows: [110, 120] }, async (stage) => {
      const a = stage.socket("a");
      a.close();
      await stage.seen("a 'close'");
      stage.call("group", () => a[method](GROUP, LOOPBACK));
      stage.call("nothing", () => a[method]());
    }),

    scenario(
      `${method}() without a group on an unbound socket leaves it unbound`,
      { rows: [47, 120] },
      async (stage) => {
        const a = stage.socket("a");
        stage.call(method, () => a[method]());
        stage.call(method, () => a[method]("", LOOPBACK));
        await stage.settle();
        stage.call("address", () => a.address());
        stage.call("bind", () => a.bind(0, LOOPBACK));
        await stage.seen("a '");
      },
    ),
  ]),

  scenario("a membership has to be there once, to join it and to leave it", {
    rows: [120, 121],
    needs: ["membership"],
  }, async (stage) => {
    const a = await stage.bound("a");
    stage.call("leave before", () => a.dropMembership(GROUP, LOOPBACK));
    stage.call("join", () => a.addMembership(GROUP, LOOPBACK));
    stage.call("join again", () => a.addMembership(GROUP, LOOPBACK));
    stage.call("leave", () => a.dropMembership(GROUP, LOOPBACK));
    stage.call("leave again", () => a.dropMembership(GROUP, LOOPBACK));
    stage.call("join once more", () => a.addMembership(GROUP, LOOPBACK));
  }),

  scenario("a membership of udp6 has to be there once, to join it and to leave it", {
    rows: [120, 121],
    needs: ["membership"],
    ipv6: true,
  }, async (stage) => {
    const a = await stage.bound("a", "udp6");
    stage.call("leave before", () => a.dropMembership(GROUP6, LOOPBACK6));
    stage.call("join", () => a.addMembership(GROUP6, LOOPBACK6));
    stage.call("join again", () => a.addMembership(GROUP6, LOOPBACK6));
    stage.call("join in another spelling", () => a.addMembership("FF02:0::7720", `::%${LOOPBACK_SCOPE}`));
    stage.call("leave", () => a.dropMembership(GROUP6, LOOPBACK6));
    stage.call("leave again", () => a.dropMembership(GROUP6, LOOPBACK6));
  }),

  scenario("memberships of one group on two addresses of an interface are the same", {
    rows: [120],
    addresses: ["127.0.0.2"],
    needs: ["membership"],
  }, async (stage) => {
    const a = await stage.bound("a");
    stage.call("127.0.0.1", () => a.addMembership(GROUP, "127.0.0.1"));
    stage.call("127.0.0.2", () => a.addMembership(GROUP, "127.0.0.2"));
  }),

  scenario("a group is left without an interface as with one that is undefined or null", {
    rows: [120],
    needs: ["membership"],
  }, async (stage) => {
    const a = await stage.bound("a");
    const given: readonly Args[] = [["nothing"], ["undefined", undefined], ["null", null], ["a name", "some.name"]];
    for (const [shown, ...args] of given) {
      try {
        a.dropMembership(GROUP, ...args);
      } catch (error) {
        // What it ends with else depends on the interfaces that a machine has.
        stage.note(`${shown} is refused as an interface`, (error as { code: string }).code === "EINVAL");
      }
    }
  }),

  scenario("an interface that is not there is refused", { rows: [120], needs: ["membership"] }, async (stage) => {
    const a = await stage.bound("a");
    stage.call("join", () => a.addMembership(GROUP, "198.51.100.77"));
    stage.call("leave", () => a.dropMembership(GROUP, "198.51.100.77"));
  }),

  scenario("two sockets may be members of one group", { rows: [120], needs: ["membership"] }, async (stage) => {
    const a = await stage.bound("a");
    const b = await stage.bound("b");
    stage.call("a joins", () => a.addMembership(GROUP, LOOPBACK));
    stage.call("b joins", () => b.addMembership(GROUP, LOOPBACK));
    stage.call("a leaves", () => a.dropMembership(GROUP, LOOPBACK));
    stage.call("b leaves", () => b.dropMembership(GROUP, LOOPBACK));
  }),

  scenario("udp6 takes an IPv4 group", {
    rows: [120],
    native: ["membership"],
    ipv6: true,
    linux: "other kernels have no options of IPv4 for sockets of IPv6",
  }, async (stage) => {
    const a = stage.socket("a", "udp6");
    a.bind(0);
    await stage.seen("a 'listening'");
    stage.call("join", () => a.addMembership(GROUP, LOOPBACK));
    stage.call("join again", () => a.addMembership(GROUP, LOOPBACK));
    stage.call("leave", () => a.dropMembership(GROUP, LOOPBACK));
  }),

  scenario("a membership's error is a system call's", { rows: [120, 143], needs: ["membership"] }, async (stage) => {
    const a = await stage.bound("a");
    try {
      a.addMembership("127.0.0.1", LOOPBACK);
    } catch (error) {
      stage.keys("error", error);
      stage.note("error", error, (error as Error).constructor === Error);
    }
  }),

  ...sourceMethods.flatMap((method) => [
    scenario(`${method}() refuses what is no string`, { rows: [122] }, async (stage) => {
      callAll(stage, await stage.bound("a"), method, badSources);
    }),

    scenario(`${method}() refuses what is no source, group or interface`, {
      rows: [122],
      needs: ["sourceSpecificMembership"],
    }, async (stage) => {
      callAll(stage, await stage.bound("a"), method, refusedSources);
    }),

    scenario(`${method}() refuses what is no string on an unbound socket and leaves it unbound`, {
      rows: [47, 122],
    }, async (stage) => {
      const a = stage.socket("a");
      callAll(stage, a, method, badSources);
      await stage.settle();
      stage.call("bind", () => a.bind(0, LOOPBACK));
      await stage.seen("a '");
    }),

    scenario(`${method}() on a closed socket says so first`, { rows: [110, 122] }, async (stage) => {
      const a = stage.socket("a");
      a.close();
      await stage.seen("a 'close'");
      stage.call("right", () => a[method](LOOPBACK, SOURCE_GROUP, LOOPBACK));
      stage.call("wrong", () => a[method](5, 5));
    }),
  ]),

  scenario("a source-specific membership has to be there once, to join it and to leave it", {
    rows: [122],
    needs: ["sourceSpecificMembership"],
  }, async (stage) => {
    const a = await stage.bound("a");
    const args = [LOOPBACK, SOURCE_GROUP, LOOPBACK];
    stage.call("leave before", () => a.dropSourceSpecificMembership(...args));
    stage.call("join", () => a.addSourceSpecificMembership(...args));
    stage.call("join again", () => a.addSourceSpecificMembership(...args));
    stage.call("join another source", () => a.addSourceSpecificMembership("127.0.0.2", SOURCE_GROUP, LOOPBACK));
    stage.call("join for every source", () => a.addMembership(SOURCE_GROUP, LOOPBACK));
    stage.call("leave", () => a.dropSourceSpecificMembership(...args));
    stage.call("leave again", () => a.dropSourceSpecificMembership(...args));
  }),

  scenario("a source-specific membership of an interface that is not there can't be left", {
    rows: [122],
    needs: ["sourceSpecificMembership"],
  }, async (stage) => {
    const a = await stage.bound("a");
    for (const method of sourceMethods) stage.call(method, () => a[method](LOOPBACK, SOURCE_GROUP, "198.51.100.7"));
  }),

  scenario("a source-specific membership of udp6 is joined and left", {
    rows: [122],
    native: ["sourceSpecificMembership"],
    ipv6: true,
  }, async (stage) => {
    const a = await stage.bound("a", "udp6");
    const args = ["::1", "ff35::7720", LOOPBACK6];
    stage.call("leave before", () => a.dropSourceSpecificMembership(...args));
    stage.call("join", () => a.addSourceSpecificMembership(...args));
    stage.call("join again", () => a.addSourceSpecificMembership(...args));
    stage.call("leave", () => a.dropSourceSpecificMembership(...args));
    stage.call("an IPv4 source", () => a.addSourceSpecificMembership(LOOPBACK, "ff35::7720", LOOPBACK6));
  }),
];
