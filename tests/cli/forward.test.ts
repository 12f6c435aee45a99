/** `dgram forward`: clients and a target that are plain sockets of another program. */
import { assertEquals } from "@std/assert";
import { createSocket } from "@x/dgram";
import { test } from "node:test";
import { type Line, runMain } from "../support/cli.ts";
import { freePort } from "../support/free_port.ts";
import { peersSkip, startPeer } from "../support/python.ts";
import { within } from "../support/within.ts";

const HOST = "127.0.0.1";

interface Received {
  readonly text: string;
  readonly port: number;
}

const linesOf = (stdout: string): Line[] => stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
const flow = (datagrams: number, bytes: number) => ({ datagrams, bytes, dropped: 0 });

test("cli: forward carries the datagrams of two clients there and the answers back, and counts both", {
  skip: peersSkip,
}, async () => {
  const peers = [0, 1, 2].map(() => startPeer("receiver", ["4", HOST]));
  const ports = await within(Promise.all(peers.map((peer) => peer.next<{ port: number }>())), "the peers' ports");
  const [target, one, other] = peers;
  const run = runMain(["forward", "0", HOST, `${ports[0].port}`, "-a", HOST, "--json"]);
  const { port } = await run.next("listening") as unknown as { port: number };

  const ask = async (client: typeof one, text: string): Promise<number> => {
    client.send({ text, address: HOST, port });
    const seen = await within(target.next<Received>(), "a datagram");
    assertEquals(seen.text, text);
    return seen.port;
  };
  const places = [await ask(one, "from one"), await ask(other, "from the other")];
  assertEquals(await ask(one, "again"), places[0]);
  assertEquals(new Set([...places, port, ...ports.map(({ port }) => port)]).size, 6);
  // The other way, and the last to ask is the first to be answered.
  for (const [client, place, text] of [[other, places[1], "to the other"], [one, places[0], "to one"]] as const) {
    target.send({ text, address: HOST, port: place });
    const { text: got, port: from } = await within(client.next<Received>(), "an answer");
    assertEquals([got, from], [text, port]);
  }

  run.interrupt();
  const { code, stdout, open } = await run.result;
  for (const peer of peers) peer.end();
  await Promise.all(peers.map(({ result }) => result));
  const lines = linesOf(stdout);
  const client = (index: number) => ({ address: HOST, port: ports[index + 1].port });
  assertEquals([code, open], [130, 0]);
  assertEquals(
    lines.filter(({ event }) => event === "client"),
    [0, 1].map((index) => ({
      ...{ event: "client", ...client(index), localPort: places[index] },
    })),
  );
  assertEquals(lines.filter(({ event }) => event === "left"), [
    { event: "left", ...client(0), toTarget: flow(2, 13), toClient: flow(1, 6) },
    { event: "left", ...client(1), toTarget: flow(1, 14), toClient: flow(1, 12) },
  ]);
  assertEquals(lines.at(-1), {
    event: "summary",
    clients: 2,
    toTarget: flow(3, 27),
    toClient: flow(2, 18),
    refused: 0,
  });
});

test("cli: forward serves no more clients than it was told, and a new one when another has been idle", async () => {
  const service = createSocket("udp4", (data, from) => service.send(data, from.port, from.address));
  const { port: target } = service.bindSync({ address: HOST });
  const [one, other] = [createSocket("udp4"), createSocket("udp4")];
  const served = { one: 0, other: 0 };
  one.on("message", () => served.one++);
  other.on("message", () => served.other++);
  const run = runMain(["forward", "0", HOST, `${target}`, "-n", "1", "-t", "2", "--json"]);
  const { port } = await run.next("listening") as unknown as { port: number };
  const left = run.shown(/"event":"left"/);
  const first = new Promise((resolve) => one.once("message", resolve));
  one.send("x", port, HOST);
  await within(first, "an answer");
  // It comes from a socket that has no client yet, and there is no room for it until the first has gone.
  other.send("y", port, HOST);
  await left;
  assertEquals(served, { one: 1, other: 0 });
  const second = new Promise((resolve) => other.once("message", resolve));
  other.send("z", port, HOST);
  await within(second, "an answer");
  run.interrupt();
  const { stdout, open } = await run.result;
  for (const socket of [service, one, other]) socket.close();
  const { clients, toTarget, refused } = linesOf(stdout).at(-1)!;
  assertEquals({ clients, toTarget, refused, open }, { clients: 2, toTarget: flow(2, 2), refused: 1, open: 0 });
});

test("cli: forward does not forward to itself", async () => {
  const port = `${await freePort()}`;
  for (const address of [["-a", HOST], []]) {
    const { code, stderr, open } = await runMain(["forward", port, "localhost", port, "-4", ...address]).result;
    assertEquals([code, stderr, open], [2, `dgram: ${HOST}:${port} is where this would listen itself\n`, 0]);
  }
  // All of 127.0.0.0/8 is this host.
  const { code } = await runMain(["forward", port, "127.0.0.2", port]).result;
  assertEquals(code, 2);
});
