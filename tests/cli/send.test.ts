/** `dgram send`: what a peer sees of the datagrams, and what somebody types. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { capabilities, createSocket } from "@x/dgram";
import { capabilities as withFfi } from "@x/dgram/ffi";
import dns from "node:dns";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import { parseTOS } from "../../src/cli/ip_header.ts";
import { parseSource } from "../../src/cli/sockets.ts";
import { lacking } from "../network/needs.ts";
import { cliCommand, runMain } from "../support/cli.ts";
import { freePort } from "../support/free_port.ts";
import { startProcess } from "../support/json_process.ts";
import { inOwnNetwork, ownNetworkSkip } from "../support/own_network.ts";
import { peersSkip, startPeer } from "../support/python.ts";
import { within } from "../support/within.ts";

const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;

interface Seen {
  readonly text: string;
  readonly port: number;
  readonly address: string;
  readonly tos: number;
  readonly ttl: number;
}

/** A plain socket, and the next datagram that it gets. */
async function withPeer(family: 4 | 6, use: (port: number, seen: () => Promise<Seen>) => Promise<void>): Promise<void> {
  const peer = startPeer("traffic", [String(family)]);
  const { port } = await within(peer.next<{ port: number }>(), "the peer's port");
  try {
    await use(port, () => within(peer.next<Seen>(), "a datagram"));
  } finally {
    peer.end();
    await peer.result;
  }
}

const classes = [["0xb8", 184], ["cs5", 160]] as const;

for (const family of [4, 6] as const) {
  test(`cli: a peer sees what send was told of source, TTL and traffic class, over IPv${family}`, {
    skip: peersSkip,
  }, async () => {
    await withPeer(family, async (port, seen) => {
      const own = await freePort();
      const address = LOOPBACK[family];
      const target = [address, `${port}`];
      const place = family === 4 ? `${address}:${own}` : `[${address}]:${own}`;
      const first = await runMain(["send", ...target, "x", "--from", place]).result;
      const { text, port: from, address: sender } = await seen();
      assertEquals([first.code, first.open, text, from, sender], [0, 0, "x", own, address]);
      const second = await runMain(["send", ...target, "y", "--from", `:${own}`]).result;
      assertEquals([second.code, (await seen()).port], [0, own]);
      const third = await runMain(["send", ...target, "z", "--ttl", "9"]).result;
      const noTTL = lacking("ttl", family, (socket) => socket.setTTL(9));
      if (noTTL) {
        // Deno without libc has it for IPv4 alone, and Deno.listenDatagram not at all.
        assertEquals(third.code, 1);
        assert(third.stderr.startsWith("dgram: The feature ttl is unavailable on") && third.stderr.includes(noTTL));
      } else assertEquals([third.code, (await seen()).ttl], [0, 9]);

      const ffi = capabilities.features.trafficClass === "native" ? [] : ["--ffi"];
      for (const [text, tos] of withFfi.features.trafficClass === "native" ? classes : []) {
        const { code } = await runMain(["send", ...target, "x", "--tos", text, ...ffi]).result;
        assertEquals([code, (await seen()).tos], [0, tos]);
      }
    });
  });
}

test("cli: standard input without an end is one datagram that is too long, and is read no further", async () => {
  for (const lines of [[], ["--lines"]]) {
    let read = 0;
    const stdin = new Readable({
      read() {
        read += 10_000;
        this.push(new Uint8Array(10_000));
      },
    });
    const { code, stderr, open } = await runMain(["send", "127.0.0.1", "9", ...lines], { stdin }).result;
    assertEquals([code, open], [1, 0]);
    assert(stderr.includes("EMSGSIZE") && read < 1_000_000, `${read} bytes: ${stderr}`);
  }
});

test("cli: an interrupt ends a send that waits for a look-up", async () => {
  // What the tool's socket asks; the first name is the target's own.
  const original = dns.lookup;
  const asked = new Promise<void>((done) => {
    dns.lookup = (() => done()) as unknown as typeof dns.lookup;
  });
  try {
    const run = runMain(["send", "--broadcast", "slow.test", "9", "x", "--json"]);
    await within(asked, "the look-up");
    run.interrupt();
    const { code, stdout, open } = await run.result;
    assertEquals([code, open, JSON.parse(stdout).datagrams], [130, 0, 0], stdout);
  } finally {
    dns.lookup = original;
  }
});

test("cli: a port to send from that is in use is one line and exit code 1", async () => {
  const socket = createSocket("udp4");
  const { port } = socket.bindSync({ address: "127.0.0.1" });
  const { code, stderr, open } = await runMain(["send", "127.0.0.1", "9", "x", "--from", `127.0.0.1:${port}`]).result;
  socket.close();
  assertEquals([code, stderr, open], [1, `dgram: 127.0.0.1:${port} is in use (EADDRINUSE)\n`, 0]);
});

const needsLibc = ["dontFragment", "trafficClass"] as const;
const allThere = needsLibc.every((feature) => capabilities.features[feature] === "native");

test("cli: what the runtime can't do to a datagram is said, and nothing is sent", {
  skip: allThere && "it can do all here",
}, async () => {
  const receiver = createSocket("udp4");
  const { port } = receiver.bindSync({ address: "127.0.0.1" });
  const heard: string[] = [];
  receiver.on("message", (data) => heard.push(`${data}`));
  for (const [feature, flags] of [["trafficClass", ["--tos", "ef"]], ["dontFragment", ["-D"]]] as const) {
    const { code, stdout, stderr, open } = await runMain(["send", "127.0.0.1", `${port}`, "x", ...flags]).result;
    const note = `The feature ${feature} is unavailable on ${capabilities.runtime}: ${capabilities.notes[feature]}`;
    assertEquals([code, stdout, stderr, open], [1, "", `dgram: ${note}\n`, 0]);
  }
  const last = new Promise((resolve) => receiver.once("message", resolve));
  await runMain(["send", "127.0.0.1", `${port}`, "last"]).result;
  await within(last, "the datagram that was sent");
  receiver.close();
  assertEquals(heard, ["last"]);
});

test("cli: --ffi says why it can't be had", {
  skip: withFfi.features.trafficClass === "native" && "it can be had here",
}, async () => {
  const { code, stdout, stderr, sockets } = await runMain(["send", "127.0.0.1", "9", "x", "--ffi"]).result;
  assertEquals([code, stdout, sockets], [1, "", 0]);
  assertMatch(stderr, /^dgram: --ffi can't be had here: [^\n]+\n$/);
});

test("cli: with --dont-fragment what is larger than the path's MTU fails with it, and is sent in fragments without", {
  skip: ownNetworkSkip || (withFfi.features.dontFragment === "native" ? false : "there is no libc here"),
}, async () => {
  const flags = capabilities.features.dontFragment === "native" ? ["-D"] : ["-D", "--ffi"];
  const run = (...flags: string[]) => {
    const args = ["send", "127.0.0.1", "9", ...flags, "--hex", "00".repeat(1300)];
    const child = startProcess(...inOwnNetwork(1280, cliCommand(args)), { timeout: 30_000 });
    child.end();
    return child.result;
  };
  const [refused, sent] = [await run(...flags), await run()];
  assertEquals(refused.code, 1);
  assertMatch(refused.stderr, /(^|\n)dgram: 1,300 bytes need fragments: the path's MTU is 1280 \(EMSGSIZE\)\n$/);
  assertEquals([sent.code, sent.stderr], [0, "1 datagram sent to 127.0.0.1:9, 1,300 bytes\n"]);
});

test("cli: each line that is typed is a datagram, answers are shown, and a refusal does not end it", async () => {
  const service = createSocket("udp4", (data, from) => service.send(`re ${data}`, from.port, from.address));
  const { port } = service.bindSync({ address: "127.0.0.1" });
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const run = runMain(["send", "127.0.0.1", `${port}`], { stdin });
  stdin.write("one\n");
  await run.shown(/ {2}6 bytes {2}re one\n$/);
  stdin.write("two\r\n");
  await run.shown(/ {2}6 bytes {2}re two\n$/);
  await new Promise<void>((closed) => service.close(closed));
  // Where the runtime tells nothing of ICMP, this is silence.
  stdin.write("three\n");
  stdin.end("four");
  const { stderr, open } = await run.result;
  assertEquals(open, 0);
  assertMatch(stderr, new RegExp(`^each line is a datagram to 127.0.0.1:${port}; Ctrl-D ends\n`));
  assertMatch(stderr, /\n[34] datagrams sent to [^\n]+\n$/);
  assert(!stderr.includes("dgram:"), stderr);
});

test("cli: the bytes of the differentiated services code points are those of the RFCs", () => {
  const bytes = { cs0: 0, le: 4, cs1: 32, af11: 40, af13: 56, af21: 72, AF41: 136, cs5: 160, EF: 184, cs7: 224, 7: 7 };
  assertEquals(Object.keys(bytes).map(parseTOS), Object.values(bytes));
});

test("cli: a place to send from is an address, a port or both", () => {
  const places = ["192.0.2.1", "fe80::1%eth0", "192.0.2.1:7", "[2001:db8::1]:7", ":7", "host", "host:7", "[::1]"];
  assertEquals(places.map(parseSource).map(({ address, port }) => [address, port]), [
    ["192.0.2.1", 0],
    ["fe80::1%eth0", 0],
    ["192.0.2.1", 7],
    ["2001:db8::1", 7],
    [undefined, 7],
    ["host", 0],
    ["host", 7],
    ["::1", 0],
  ]);
});
