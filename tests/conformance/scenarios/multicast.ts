/**
 * Multicast on the loopback interface: the interface, loopback, delivery. No datagram leaves the machine: a sender is
 * bound to the loopback address, which sends its multicast through that interface, or has set it.
 */
import process from "node:process";
import { LOOPBACK_SCOPE } from "../../support/loopback.ts";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { AnySocket, Stage } from "../stage.ts";

const LOOPBACK = "127.0.0.1";
/** Linux gives a socket what comes for a group that another process has joined. */
const own = `${process.pid >> 8 & 255}.${process.pid & 255}`;
const GROUP = `239.253.${own}`;
const OTHER_GROUP = `239.252.${own}`;

/** A socket on every address. */
async function everywhere(stage: Stage, label: string): Promise<AnySocket> {
  const socket = stage.socket(label);
  socket.bind(0);
  await stage.seen(`${label} 'listening'`);
  return socket;
}

type Value = readonly [shown: string, value: unknown];

const wrongKinds: readonly Value[] = [
  ["undefined", undefined],
  ["null", null],
  ["a number", 5],
  ["true", true],
  ["an object", {}],
  ["a list", [LOOPBACK]],
  ["a function", { through() {} }.through],
  ["a symbol", Symbol("s")],
];

const addresses: readonly Value[] = [
  [LOOPBACK, LOOPBACK],
  ["0.0.0.0", "0.0.0.0"],
  ["198.51.100.77", "198.51.100.77"],
  ["an empty string", ""],
  ["lo", "lo"],
  ["a name", "localhost"],
  ["::1", "::1"],
  ["::", "::"],
  ["::%lo", `::%${LOOPBACK_SCOPE}`],
  ["::1%lo", `::1%${LOOPBACK_SCOPE}`],
  ["half an address", "127.0.0"],
  ["a port behind it", "127.0.0.1:9"],
  ["a blank behind it", "127.0.0.1 "],
  ["a leading zero", "127.0.0.01"],
];

const addresses6: readonly Value[] = [
  ["::%lo", `::%${LOOPBACK_SCOPE}`],
  ["::1%lo", `::1%${LOOPBACK_SCOPE}`],
  ["fe80::1%lo", `fe80::1%${LOOPBACK_SCOPE}`],
  ["::", "::"],
  ["an empty string", ""],
  ["lo", "lo"],
  ["%lo", `%${LOOPBACK_SCOPE}`],
  ["half an address", "fe80:"],
];

export const multicastScenarios: readonly Scenario[] = [
  scenario("a member of a group hears what is sent to it", {
    rows: [118, 119, 120],
    needs: ["membership"],
  }, async (stage) => {
    const a = await stage.bound("a");
    const member = await everywhere(stage, "member");
    stage.call("join", () => member.addMembership(GROUP, LOOPBACK));
    a.send("hello", member.address().port, GROUP, stage.callback("cb"));
    await stage.seen("member 'message'");
    await stage.seen("cb called");
  }),

  scenario("what was sent before joining and after leaving is not heard", {
    rows: [120, 121],
    needs: ["membership"],
  }, async (stage) => {
    const a = await stage.bound("a");
    const b = stage.socket("b");
    b.bind(0, GROUP);
    await stage.seen("b 'listening'");
    const { port } = b.address();
    a.send("before", port, GROUP, stage.callback("before"));
    await stage.seen("before called");
    await stage.quiet();
    b.addMembership(GROUP, LOOPBACK);
    a.send("member", port, GROUP, stage.callback("member"));
    await stage.seen("b 'message'");
    b.dropMembership(GROUP, LOOPBACK);
    a.send("after", port, GROUP, stage.callback("after"));
    await stage.seen("after called");
    await stage.quiet();
  }),

  scenario("several groups at once are heard", {
    rows: [120],
    needs: ["membership"],
  }, async (stage) => {
    const a = await stage.bound("a");
    const member = await everywhere(stage, "member");
    member.addMembership(GROUP, LOOPBACK);
    member.addMembership(OTHER_GROUP, LOOPBACK);
    const { port } = member.address();
    a.send("one", port, GROUP);
    a.send("two", port, OTHER_GROUP);
    await stage.seen("member 'message'", 2);
    member.dropMembership(GROUP, LOOPBACK);
    a.send("three", port, OTHER_GROUP);
    await stage.seen("member 'message'", 3);
  }),

  scenario("several sockets with reuseAddr hear one group", {
    rows: [13, 120],
    needs: ["membership", "reuseAddr"],
  }, async (stage) => {
    const port = await stage.freePort("shared");
    const sockets: AnySocket[] = [];
    for (const label of ["first", "second"]) {
      const socket = stage.socket(label, { type: "udp4", reuseAddr: true });
      socket.bind(port);
      await stage.seen(`${label} 'listening'`);
      socket.addMembership(GROUP, LOOPBACK);
      sockets.push(socket);
    }
    const a = await stage.bound("a");
    a.send("for both", port, GROUP, stage.callback("cb"));
    await stage.seen("'message'", 2);
    await stage.seen("cb called");
  }),

  scenario("a socket hears its own multicast, unless it turned loopback off", {
    rows: [118],
    needs: ["membership", "multicastInterface", "multicastLoopback"],
  }, async (stage) => {
    const a = await everywhere(stage, "a");
    a.setMulticastInterface(LOOPBACK);
    a.addMembership(GROUP, LOOPBACK);
    const { port } = a.address();
    a.send("by default", port, GROUP, stage.callback("by default"));
    await stage.seen("a 'message'");
    stage.call("off", () => a.setMulticastLoopback(false));
    stage.call("on", () => a.setMulticastLoopback(true));
    a.send("on again", port, GROUP, stage.callback("on again"));
    await stage.seen("a 'message'", 2);
    await stage.seen("on again called");
  }),

  scenario("a member hears unicast, too", { rows: [120], needs: ["membership"] }, async (stage) => {
    const a = await stage.bound("a");
    const member = await everywhere(stage, "member");
    member.addMembership(GROUP, LOOPBACK);
    a.send("unicast", member.address().port, LOOPBACK, stage.callback("cb"));
    await stage.seen("member 'message'");
    await stage.seen("cb called");
  }),

  scenario("memberships end with the socket", {
    rows: [120],
    needs: ["membership"],
  }, async (stage) => {
    const first = await everywhere(stage, "first");
    first.addMembership(GROUP, LOOPBACK);
    first.close(stage.callback("closed"));
    await stage.seen("closed called");
    const second = await everywhere(stage, "second");
    stage.call("join", () => second.addMembership(GROUP, LOOPBACK));
  }),

  scenario("only the group's own source is heard by a source-specific member", {
    rows: [122],
    addresses: ["127.0.0.2"],
    needs: ["sourceSpecificMembership"],
  }, async (stage) => {
    const group = `232.253.${own}`;
    const good = stage.socket("good");
    good.bind(0, LOOPBACK);
    const bad = stage.socket("bad");
    bad.bind(0, "127.0.0.2");
    await stage.seen("bad 'listening'");
    const member = stage.socket("member");
    member.bind(0, group);
    await stage.seen("member 'listening'");
    stage.call("join", () => member.addSourceSpecificMembership(LOOPBACK, group, LOOPBACK));
    const { port } = member.address();
    bad.send("bad", port, group, stage.callback("bad"));
    await stage.seen("bad called");
    good.send("good", port, group, stage.callback("good"));
    await stage.seen("member 'message'");
    await stage.quiet();
    stage.call("leave", () => member.dropSourceSpecificMembership(LOOPBACK, group, LOOPBACK));
    good.send("after", port, group, stage.callback("after"));
    await stage.seen("after called");
    await stage.quiet();
  }),

  scenario("a membership made in 'listening' hears what is sent from there", {
    rows: [120],
    needs: ["membership", "multicastInterface"],
  }, async (stage) => {
    const a = stage.socket("a");
    a.bind(0, () => {
      stage.call("interface", () => a.setMulticastInterface(LOOPBACK));
      stage.call("join", () => a.addMembership(GROUP, LOOPBACK));
      a.send("hello", a.address().port, GROUP, stage.callback("cb"));
    });
    await stage.seen("a 'message'");
    await stage.seen("cb called");
  }),

  scenario("setMulticastInterface() takes an address of this machine", {
    rows: [119],
    needs: ["multicastInterface"],
  }, async (stage) => {
    const a = await stage.bound("a");
    for (const [shown, value] of addresses) stage.call(shown, () => a.setMulticastInterface(value));
  }),

  scenario("setMulticastInterface() of udp6 takes an address with a scope", {
    rows: [119],
    needs: ["multicastInterface"],
    ipv6: true,
  }, async (stage) => {
    const a = await stage.bound("a", "udp6");
    for (const [shown, value] of addresses6) stage.call(shown, () => a.setMulticastInterface(value));
  }),

  scenario("setMulticastInterface() of udp6 takes a scope that is not there", {
    rows: [119],
    needs: ["multicastInterface"],
    ipv6: true,
  }, async (stage) => {
    const a = await stage.bound("a", "udp6");
    stage.call("name", () => a.setMulticastInterface("::%no_such"));
    stage.call("number", () => a.setMulticastInterface("::%0"));
  }),

  scenario("setMulticastInterface() of udp6 takes IPv4 addresses of this machine", {
    rows: [119],
    native: ["multicastInterface"],
    ipv6: true,
    linux: "other kernels have no options of IPv4 for sockets of IPv6",
  }, async (stage) => {
    const a = await stage.bound("a", "udp6");
    for (const value of [LOOPBACK, "0.0.0.0", "198.51.100.77"]) stage.call(value, () => a.setMulticastInterface(value));
  }),

  scenario("setMulticastInterface() refuses what is no string", { rows: [119] }, async (stage) => {
    const a = await stage.bound("a");
    for (const [shown, value] of wrongKinds) stage.call(shown, () => a.setMulticastInterface(value));
    stage.call("nothing", () => a.setMulticastInterface());
  }),

  scenario("setMulticastInterface() on an unbound socket fails in the system, if not before", {
    rows: [119],
  }, async (stage) => {
    const a = stage.socket("a");
    for (const [shown, value] of [...wrongKinds, ...addresses]) stage.call(shown, () => a.setMulticastInterface(value));
    await stage.settle();
  }),

  scenario("setMulticastInterface() on a closed socket says so first", { rows: [110, 119] }, async (stage) => {
    const a = stage.socket("a");
    a.close();
    await stage.seen("a 'close'");
    stage.call("address", () => a.setMulticastInterface(LOOPBACK));
    stage.call("number", () => a.setMulticastInterface(5));
  }),
];
