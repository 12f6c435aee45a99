/** What of a network in memory can be looked at: trace, counters, sockets, diagrams, and what traces differ in. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { assertTrace, createNetwork, type Network, type NetworkHost, TraceAssertionError } from "@x/dgram/testing";
import { BlockList } from "node:net";
import { test } from "node:test";

interface Pair {
  readonly net: Network;
  readonly a: NetworkHost;
  readonly b: NetworkHost;
  send(text: string, port?: number): void;
}

async function withPair(work: (pair: Pair) => Promise<void>, options: object = {}): Promise<void> {
  const net = createNetwork({ seed: 1, trace: true });
  const [a, b] = ["a", "b"].map((name, at) => net.host({ name, addresses: [`192.0.2.${at + 1}/24`] }));
  const receiver = b.dgram.createSocket({ type: "udp4", ...options });
  receiver.on("message", (data) => data.fill(0));
  receiver.bindSync({ port: 5000 });
  const sender = a.dgram.createSocket("udp4");
  sender.bindSync({ port: 4000 });
  try {
    await work({ net, a, b, send: (text, port = 5000) => sender.send(text, port, b.addresses[0]) });
  } finally {
    await net.close();
  }
}

const fates = (net: Network): string[] =>
  net.trace.filter(({ fate }) => fate !== "sent").map(({ fate, reason, host, link }) =>
    `${link === undefined ? host : `${link.from}>${link.to}`} ${fate}${reason === undefined ? "" : `: ${reason}`}`
  );

test("an entry of the trace says what, when, where, from where to where, and with which bytes", async () => {
  await withPair(async ({ net, send }) => {
    net.link("a", "b", { latency: "12.5ms" });
    await net.run({ for: "1s" });
    send("hello");
    await net.idle();
    const [sent, delivered] = net.trace;
    const ends = { source: { address: "192.0.2.1", port: 4000 }, destination: { address: "192.0.2.2", port: 5000 } };
    const same = { id: 1, sent: 1000, reason: undefined, size: 5, ...ends, data: delivered.data };
    assertEquals(sent, { ...same, time: 1000, fate: "sent", host: "a", link: undefined });
    assertEquals(delivered, { ...same, time: 1012.5, fate: "delivered", host: "b", link: { from: "a", to: "b" } });
    // The program has changed what it was given.
    assertEquals(new TextDecoder().decode(delivered.data), "hello");
    assertEquals(
      net.traceText(),
      "1.0000000 a #1 192.0.2.1:4000 > 192.0.2.2:5000 5 bytes sent\n" +
        "1.0125000 b #1 192.0.2.1:4000 > 192.0.2.2:5000 5 bytes delivered\n",
    );
  });
});

test("the trace has a fate and a reason for each way in which a datagram does not come, or comes changed", async () => {
  await withPair(async ({ net, a, b, send }) => {
    const once = async (faults: object, port?: number): Promise<string[]> => {
      const before = net.trace.length;
      const change = net.link(a, b, faults, {});
      send("x", port);
      await net.idle();
      change.undo();
      return fates(net).slice(-(net.trace.length - before - 1));
    };
    assertEquals(await once({ loss: 1 }), ["a>b lost: the link lost it"]);
    assertEquals(await once({ cut: true }), ["a>b cut: the link is cut"]);
    assertEquals(await once({}, 9), ["a>b refused: nobody has the port"]);
    assertEquals(await once({ hops: 64 }), ["a>b lost: its hop limit ran out"]);
    assertEquals(await once({ rule: () => "drop" }), ["a>b lost: a rule dropped it"]);
    assertEquals(await once({ rule: () => ({ delay: "2ms", data: new Uint8Array(3) }) }), [
      "a>b changed: a rule changed it",
      "a>b delayed: a rule held it up for 0.0020000 s",
      "a>b delivered",
    ]);
    assertEquals(await once({ reorder: 1 }), ["a>b delayed: the link held it up for 0.0100000 s", "a>b delivered"]);
    assertEquals(await once({ duplicate: 1 }), ["a>b duplicated", "a>b delivered", "a>b delivered"]);
    const [corrupted, delivered] = await once({ corrupt: 1 });
    assert(/^a>b corrupted: bit [0-7] is changed$/.test(corrupted), corrupted);
    assertEquals(delivered, "a>b delivered");
    b.stop();
    assertEquals(await once({}), ["a>b lost: the host is down"]);
  });
});

test("the trace says what a full buffer, a block list, a closed socket and a group lose", async () => {
  await withPair(async ({ net, a, b, send }) => {
    for (let i = 0; i < 4; i++) send("four");
    await net.idle();
    assertEquals(fates(net).slice(-1), ["a>b no room: the receive buffer is full"]);
    assertEquals(net.sockets().map(({ host, port, dropped }) => [host, port, dropped]), [["a", 4000, 0], [
      "b",
      5000,
      2,
    ]]);
    const group = a.dgram.createSocket("udp4");
    group.send("many", 5000, "239.1.2.3");
    await net.idle();
    assertEquals(fates(net).slice(-2), [
      "a unwanted: it is not in the group",
      "a>b unwanted: it is not in the group",
    ]);
    const paused = b.dgram.createSocket("udp4", () => {});
    paused.bindSync({ port: 5001 });
    paused.pause();
    send("waits", 5001);
    await net.idle();
    assertStringIncludes(net.netstat(), "  udp4 0.0.0.0:5001: 1 waiting, 832 of 212992 bytes, 0 dropped\n");
    paused.close();
    assertEquals(fates(net).slice(-1), ["a>b lost: the socket was closed"]);
  }, { recvBufferSize: 1000 });
  const receiveBlockList = new BlockList();
  receiveBlockList.addAddress("192.0.2.1");
  await withPair(async ({ net, send }) => {
    send("blocked");
    await net.idle();
    assertEquals(fates(net), ["a>b delivered", "a>b blocked: the socket does not take it"]);
  }, { receiveBlockList });
});

test("counters have what each direction of a link has carried and lost", async () => {
  await withPair(async ({ net, a, b, send }) => {
    assertEquals(net.counters(), []);
    net.link(a, b, { loss: { numbers: [2] }, duplicate: 1 }, {});
    for (const text of ["one", "two", "three"]) send(text);
    send("nobody", 9);
    await net.idle();
    const cut = net.partition([a], [b]);
    send("cut");
    await net.run({ for: 1 });
    cut.undo();
    await net.idle();
    const none = { lost: 0, cut: 0, noRoom: 0, duplicated: 0, corrupted: 0 };
    assertEquals(net.counters(), [
      { ...none, from: "a", to: "b", datagrams: 5, bytes: 20, lost: 1, cut: 1, duplicated: 3 },
    ]);
    assertStringIncludes(net.netstat(), "  a to b: 5 datagrams of 20 bytes, 1 lost, 1 cut, 3 duplicated\n");
  });
});

test("netstat() names hosts, sockets with their peers, and what the network waits for", async () => {
  await withPair(async ({ net, a, send }) => {
    a.dgram.createSocket("udp4").bindSync({ port: 6000 });
    const connected = a.dgram.createSocket("udp4");
    connected.bindSync({ port: 6001 });
    connected.connectSync(5000, "192.0.2.2");
    send("on its way");
    a.run(() => net.clock.setTimeout(function resend() {}, 500));
    net.host({ name: "c", addresses: ["2001:db8::1"] }).stop();
    await net.step();
    assertEquals(
      // With a trace, the line of this file as well.
      net.netstat().replace(/set at .*looking\.test.*:\d+:\d+\)?$/m, "set at PLACE"),
      [
        "At 0.0010000 s: 3 hosts, 4 sockets",
        "a: 192.0.2.1",
        "  udp4 0.0.0.0:4000: 0 waiting, 0 of 212992 bytes, 0 dropped",
        "  udp4 0.0.0.0:6000: 0 waiting, 0 of 212992 bytes, 0 dropped",
        "  udp4 192.0.2.1:6001 to 192.0.2.2:5000: 0 waiting, 0 of 212992 bytes, 0 dropped",
        "b: 192.0.2.2",
        "  udp4 0.0.0.0:5000: 0 waiting, 0 of 212992 bytes, 0 dropped",
        "c: 2001:db8::1, not running",
        "Links:",
        "  a to b: 1 datagrams of 10 bytes",
        "It waits for:",
        "  a timer for resend of a at 0.5000000 s, set at PLACE",
        "",
      ].join("\n"),
    );
  });
});

test("assertTrace() compares whole traces, lines with any text, and any lines between", async () => {
  await withPair(async ({ net, send }) => {
    net.link("a", "b", { loss: { numbers: [2] } });
    for (const text of ["one", "second", "three"]) send(text);
    await net.idle();
    assertTrace(net, net.traceText());
    assertTrace(net.traceText(), net.traceText());
    assertTrace(net, "...");
    assertTrace(net, "...\n  *#2 * lost: the link lost it\n...\n *#3 * delivered");
    assertTrace(net, "* sent\n...\n* 6 bytes sent\n* lost: *\n...");
    const failure = (expected: string): TraceAssertionError =>
      assertThrows(() => assertTrace(net, expected), TraceAssertionError);
    const other = failure(net.traceText().replace("6 bytes lost", "6 bytes cut"));
    assertEquals([other.name, other.code], ["AssertionError", "ERR_ASSERTION"]);
    assertStringIncludes(other.message, "Line 3 (+) should be line 3 of what was expected (-):");
    assertStringIncludes(other.message, "  + 0.0000000 a>b #2 192.0.2.1:4000 > 192.0.2.2:5000 6 bytes lost");
    assertStringIncludes(other.message, "  - 0.0000000 a>b #2 192.0.2.1:4000 > 192.0.2.2:5000 6 bytes cut");
    assert(other.actual.startsWith("0.0000000 a>b #2") && other.expected.startsWith("0.0000000 a>b #2"));
    assertStringIncludes(failure("").message, "  - (the end)");
    assertStringIncludes(failure(`${net.traceText()}one more`).message, "  + (the end of the trace)");
    assertStringIncludes(failure("...\n* refused\n...").message, "  - * refused");
    assertStringIncludes(failure("...\n* lost: *").message, "  - * lost: *");
    assertThrows(() => assertTrace(net, 5 as never), TypeError);
    assertThrows(() => assertTrace(5 as never, ""), TypeError);
  });
});

test("a span is drawn as a Mermaid diagram and as an SVG picture", async () => {
  await withPair(async ({ net, send }) => {
    net.link("a", "b", { loss: { numbers: [2] }, latency: "20ms" });
    send("one");
    send("two");
    await net.run({ for: "1s" });
    send("<late>", 9);
    await net.idle();
    assertEquals(
      await net.mermaid(),
      [
        "sequenceDiagram",
        "  participant h0 as a",
        "  participant h1 as b",
        "  h0-xh1: 0 ms #35;2 to 192.0.2.2:5000, 3 bytes (lost: the link lost it)",
        "  h0->>h1: 0 ms to 20 ms #35;1 to 192.0.2.2:5000, 3 bytes",
        "  h0--xh1: 1 s to 1.02 s #35;3 to 192.0.2.2:9, 6 bytes (refused: nobody has the port)",
        "",
      ].join("\n"),
    );
    assertEquals((await net.mermaid({ from: "0.5s" })).split("\n").length, 5);
    assertEquals((await net.mermaid({ to: "0.5s", hosts: ["b", "a"] })).split("\n")[1], "  participant h0 as b");
    const svg = await net.svg({ to: "0.5s" });
    assert(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"') && svg.endsWith("</svg>\n"));
    assertEquals(svg.match(/<title>[^<]*<\/title>/g), [
      "<title>#1, 3 bytes, delivered</title>",
      "<title>#2, 3 bytes, lost: the link lost it</title>",
    ]);
    await assertRejects(() => net.svg({ until: 3 } as object), TypeError);
    await assertRejects(() => net.svg({ hosts: ["z"] }), Error, "There is no host z");
  });
});

test("what needs a trace says so", async () => {
  const net = createNetwork({ seed: 1 });
  for (const name of ["pcapng", "mermaid", "svg", "html"] as const) {
    const error = await assertRejects(() => net[name]()) as { code?: string; message: string };
    assertEquals(error.code, "ERR_NETWORK_NOT_TRACED");
    assertStringIncludes(error.message, `${name}() needs a trace`);
  }
  assertEquals([net.trace, net.traceText()], [[], ""]);
  await net.close();
});
