/** The kernel's word on memberships: after an interface went and came back, and why it refuses one. */
import { assertEquals } from "@std/assert";
import { capabilities } from "@x/dgram";
import { after, test } from "node:test";
import { close, type RemoteSocket, texts } from "./host.ts";
import { familySkip, namespacesSkip } from "./namespaces.ts";
import { lacking } from "./needs.ts";
import { endNetwork, type Network, network } from "./network.ts";

/** A link between a and b that comes and goes. */
const LINK = "vpn0";
const ADDRESS = { a: { 4: "10.77.9.1", 6: "fd77:9::1" }, b: { 4: "10.77.9.2", 6: "fd77:9::2" } } as const;
/** Another of a's on the same link. */
const SECOND = "10.77.9.3";
const ETH0 = "10.77.1.2";
const NOWHERE = "10.77.8.1";
const THROUGH = { 4: ADDRESS.a[4], 6: `::%${LINK}` } as const;
const GROUP = { 4: "239.77.9.1", 6: "ff12::77:9" } as const;
const SOURCE_GROUP = "232.77.9.1";
const ANY = { 4: "0.0.0.0", 6: "::" } as const;
const OK = "nothing was thrown";

after(() => endNetwork());

function linkUp({ namespaces }: Network, family: 4 | 6): void {
  namespaces.link(LINK, "a", "b");
  for (const host of ["a", "b"] as const) {
    namespaces.ip(
      host,
      `link set dev ${LINK} up`,
      family === 4
        ? `addr add ${ADDRESS[host][4]}/24 dev ${LINK}`
        : `addr add ${ADDRESS[host][6]}/64 dev ${LINK} nodad`,
      // It is from these that some runtimes know the interface's index.
      ...(family === 4 ? [] : [`addr add fe80::9${host}/64 dev ${LINK} nodad`]),
    );
  }
}

function linkDown({ namespaces }: Network): void {
  namespaces.ip("a", `link del dev ${LINK}`);
}

type Call = readonly [method: string, ...args: string[]];

/** What each call threw, by its code. */
async function refusals(socket: RemoteSocket, calls: readonly Call[]): Promise<(string | undefined)[]> {
  const codes = [];
  for (const [method, ...args] of calls) codes.push(await socket.refusal(method, ...args));
  return codes;
}

for (const family of [4, 6] as const) {
  const type = `udp${family}`;

  test(`a group of ${type} can be joined anew on an interface that went and came back`, {
    skip: familySkip(family) || lacking("membership"),
  }, async () => {
    const net = await network();
    const join: Call = ["addMembership", GROUP[family], THROUGH[family]];
    const leave: Call = ["dropMembership", GROUP[family], THROUGH[family]];
    const port = 7000 + family;
    linkUp(net, family);
    const member = await net.a.bound(type, { port, address: ANY[family] });
    assertEquals(await refusals(member, [join, join]), [OK, "EADDRINUSE"]);

    linkDown(net);
    // An IPv6 scope that is gone stands for the default interface, on which Linux takes any membership for the same.
    assertEquals(
      await refusals(member, [join, join]),
      family === 4 ? ["ENODEV", "ENODEV"] : ["EADDRINUSE", "EADDRINUSE"],
    );

    linkUp(net, family);
    const sender = await net.b.bound(type, { address: ADDRESS.b[family] });
    const to = family === 4 ? GROUP[4] : `${GROUP[6]}%${LINK}`;
    assertEquals(await sender.send("before the membership", port, to), null);
    assertEquals(await refusals(member, [join, join]), [OK, "EADDRINUSE"]);
    assertEquals(await sender.send("to the member", port, to), null);
    assertEquals(await texts(member, 1, "the member"), ["to the member"]);
    assertEquals(await refusals(member, [leave, leave, leave]), [OK, "EADDRNOTAVAIL", "EADDRNOTAVAIL"]);

    // It is left while it is gone.
    assertEquals(await refusals(member, [join]), [OK]);
    linkDown(net);
    assertEquals(await refusals(member, [leave]), [OK]);
    linkUp(net, family);
    assertEquals(await refusals(member, [join, leave]), [OK, OK]);
    linkDown(net);
    await close(member, sender);
  });
}

test("a group is joined on an interface that has no link-local address, and multicast leaves by it", {
  skip: familySkip(6) || lacking("membership"),
}, async () => {
  const net = await network();
  const [through, port] = [THROUGH[6], 7010];
  net.namespaces.link(LINK, "a", "b");
  for (const host of ["a", "b"] as const) {
    const address = `addr add ${ADDRESS[host][6]}/64 dev ${LINK} nodad`;
    net.namespaces.ip(host, `link set dev ${LINK} addrgenmode none`, `link set dev ${LINK} up`, address);
  }
  const member = await net.a.bound("udp6", { port, address: ANY[6] });
  const sender = await net.b.bound("udp6", { address: ANY[6] });
  const joined = await member.refusal("addMembership", GROUP[6], through);
  if (capabilities.backend === "deno") {
    // Deno.listenDatagram takes an index, which nothing else tells.
    assertEquals(joined, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM");
  } else {
    assertEquals(joined, OK);
    assertEquals(await sender.send("to its scope", port, `${GROUP[6]}%${LINK}`), null);
    // The host's other one is what multicast leaves by at first.
    assertEquals(await sender.refusal("setMulticastInterface", through), OK);
    assertEquals(await sender.send("by the interface", port, GROUP[6]), null);
    assertEquals(await texts(member, 2, "the member"), ["to its scope", "by the interface"]);
    assertEquals(await member.refusal("dropMembership", GROUP[6], through), OK);
  }
  linkDown(net);
  await close(member, sender);
});

test("a group can be left by an address that has gone, and joined by it when it is back", {
  skip: namespacesSkip || lacking("membership"),
}, async () => {
  const net = await network();
  const join: Call = ["addMembership", GROUP[4], THROUGH[4]];
  const leave: Call = ["dropMembership", GROUP[4], THROUGH[4]];
  linkUp(net, 4);
  const member = await net.a.bound("udp4", { address: ANY[4] });
  assertEquals(await refusals(member, [join]), [OK]);
  net.namespaces.ip("a", `addr del ${ADDRESS.a[4]}/24 dev ${LINK}`);
  assertEquals(await refusals(member, [join, leave, leave]), ["ENODEV", OK, "EADDRNOTAVAIL"]);
  net.namespaces.ip("a", `addr add ${ADDRESS.a[4]}/24 dev ${LINK}`);
  assertEquals(await refusals(member, [join, join, leave]), [OK, "EADDRINUSE", OK]);
  linkDown(net);
  await close(member);
});

test("a refused membership says what the kernel says, by whichever address the interface is named", {
  skip: namespacesSkip || lacking("membership"),
}, async () => {
  const net = await network();
  linkUp(net, 4);
  net.namespaces.ip("a", `addr add ${SECOND}/24 dev ${LINK}`);
  const member = await net.a.bound("udp4", { address: ANY[4] });
  const cases: readonly (readonly [string, string | undefined, string])[] = [
    // The default route leads to eth0.
    ["addMembership", undefined, OK],
    ["addMembership", ETH0, "EADDRINUSE"],
    ["addMembership", ADDRESS.a[4], OK],
    ["addMembership", SECOND, "EADDRINUSE"],
    ["addMembership", NOWHERE, "ENODEV"],
    ["dropMembership", NOWHERE, "EADDRNOTAVAIL"],
    ["dropMembership", SECOND, OK],
    ["dropMembership", SECOND, "EADDRNOTAVAIL"],
    ["dropMembership", ETH0, OK],
    ["dropMembership", undefined, "EADDRNOTAVAIL"],
  ];
  const calls = cases.map(([method, through]) => [method, GROUP[4], ...(through === undefined ? [] : [through])]);
  assertEquals(await refusals(member, calls as unknown as Call[]), cases.map(([, , code]) => code));
  const many: Call[] = Array.from({ length: 21 }, (_, i) => ["addMembership", `239.77.8.${i}`, ADDRESS.a[4]]);
  assertEquals(await refusals(member, many), [...many.slice(1).map(() => OK), "ENOBUFS"]);
  assertEquals(await refusals(member, [many[20], many[0]]), ["ENOBUFS", "EADDRINUSE"]);
  net.namespaces.ip("a", "route del default");
  const unrouted: Call[] = [["addMembership", GROUP[4]], ["dropMembership", GROUP[4]]];
  assertEquals(await refusals(member, unrouted), ["ENODEV", "ENODEV"]);
  net.namespaces.ip("a", "route add default via 10.77.1.1");
  linkDown(net);
  await close(member);
});

test("a refused source-specific membership says what the kernel says", {
  skip: namespacesSkip || lacking("sourceSpecificMembership"),
}, async () => {
  const net = await network();
  linkUp(net, 4);
  net.namespaces.ip("a", `addr add ${SECOND}/24 dev ${LINK}`);
  const member = await net.a.bound("udp4", { address: ANY[4] });
  const [one, other] = [ADDRESS.b[4], "10.77.9.9"];
  const cases: readonly (readonly [string, string, string, string])[] = [
    ["drop", one, ADDRESS.a[4], "EINVAL"],
    ["drop", one, NOWHERE, "ENODEV"],
    ["add", one, NOWHERE, "ENODEV"],
    ["add", one, ADDRESS.a[4], OK],
    ["add", one, SECOND, "EADDRNOTAVAIL"],
    ["add", other, ADDRESS.a[4], OK],
    ["drop", "10.77.9.8", ADDRESS.a[4], "EADDRNOTAVAIL"],
    ["drop", one, SECOND, OK],
    ["drop", one, ADDRESS.a[4], "EADDRNOTAVAIL"],
  ];
  const calls = cases.map(([how, source, through]): Call => [
    `${how}SourceSpecificMembership`,
    source,
    SOURCE_GROUP,
    through,
  ]);
  assertEquals(await refusals(member, calls), cases.map(([, , , code]) => code));
  const [join, leave] = ["addMembership", "dropMembership"].map((method): Call => [method, SOURCE_GROUP, SECOND]);
  assertEquals(await refusals(member, [join, leave, leave]), ["EADDRINUSE", OK, "EADDRNOTAVAIL"]);
  linkDown(net);
  await close(member);
});

test("nothing is left of the network of memberships", { skip: namespacesSkip }, async () => {
  assertEquals(await endNetwork(), []);
});
