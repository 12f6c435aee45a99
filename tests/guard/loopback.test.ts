/** A guard on real sockets: 127.0.0.0/8 has sources of many prefixes. */
import { assert, assertEquals } from "@std/assert";
import { createSocket, type Socket } from "@x/dgram";
import { guard } from "@x/dgram/guard";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { noAddress } from "../support/loopback.ts";
import { within } from "../support/within.ts";

const CLIENTS = 10;
const QUESTIONS = 10;
const skip = noAddress("127.0.20.1");

function boundTo(address: string): Socket {
  const socket = createSocket("udp4");
  socket.bindSync({ address });
  return socket;
}

test(
  "a flooding network is held back on real sockets, others are served, and no answer is amplified",
  { skip },
  async () => {
    const server = boundTo("127.0.0.1");
    const { port } = server.address();
    const watch = guard(server, { rate: { datagrams: 1, bytes: 1e6, burst: 20_000 } });
    server.on("message", (_, from) => {
      server.send(Buffer.alloc(60), from.port, from.address);
      server.send(Buffer.alloc(1), from.port, from.address);
    });
    const flooding = Array.from({ length: 4 }, (_, number) => boundTo(`127.0.66.${number + 1}`));
    const heardByFlooders = { bytes: 0 };
    for (const socket of flooding) socket.on("message", ({ length }) => heardByFlooders.bytes += length);
    const clients = Array.from({ length: CLIENTS }, (_, number) => boundTo(`127.0.${20 + number}.1`));
    let answered = 0;
    for (const client of clients) {
      for (let question = 0; question < QUESTIONS; question++) {
        await Promise.all(
          flooding.map((socket) => new Promise((done) => socket.send(Buffer.alloc(20), port, "127.0.0.1", done))),
        );
        const answer = new Promise<void>((done) => {
          client.once("message", ({ length }) => {
            assertEquals(length, 60);
            answered++;
            done();
          });
        });
        client.send(Buffer.alloc(20), port, "127.0.0.1");
        await within(answer, `answer ${answered}`);
      }
    }
    const { admitted, rate, amplification } = watch.counts;
    assertEquals(answered, CLIENTS * QUESTIONS);
    const ofFlooders = admitted - answered;
    assert(ofFlooders >= 20 && ofFlooders < 60 && rate >= 340, JSON.stringify(watch.counts));
    assert(heardByFlooders.bytes <= 3 * 20 * ofFlooders);
    assertEquals(amplification, admitted);
    for (const socket of [server, ...flooding, ...clients]) socket.close();
  },
);

test(
  "a socket that sends to itself is not told of it, and another socket of its port elsewhere neither",
  { skip },
  async () => {
    const server = boundTo("127.0.0.1");
    const { port } = server.address();
    const watch = guard(server);
    const heard: string[] = [];
    const all = new Promise<void>((done) => {
      server.on("message", (message) => {
        heard.push(String(message));
        if (String(message) === "last") done();
      });
    });
    watch.validate({ address: "127.0.0.1", port });
    const send = (socket: Socket, text: string): Promise<unknown> =>
      new Promise((done) => socket.send(text, port, "127.0.0.1", done));
    const twin = createSocket("udp4");
    twin.bindSync({ address: "127.0.20.1", port });
    const client = boundTo("127.0.0.1");
    await send(server, "own");
    await send(twin, "twin");
    await send(client, "last");
    await within(all, "the last datagram");
    assertEquals(heard, ["last"]);
    assertEquals([watch.counts.ownAddress, watch.counts.samePort], [1, 1]);
    for (const socket of [server, twin, client]) socket.close();
  },
);

test("between equals a socket that is bound to all addresses knows its own, and one that is bound to one no other", {
  skip,
}, async () => {
  const everywhere = boundTo("0.0.0.0");
  const { port } = everywhere.address();
  const own = guard(everywhere, { samePort: true });
  own.validate({ address: "127.0.0.1", port });
  everywhere.on("message", (message, from) => everywhere.send(message, from.port, from.address));
  const client = boundTo("127.0.0.1");
  const answered = new Promise((done) => client.on("message", done));
  await new Promise((done) => everywhere.send("own", port, "127.0.0.1", done));
  client.send("last", port, "127.0.0.1");
  await within(answered, "an answer");
  assertEquals([own.counts.ownAddress, own.counts.admitted], [1, 1]);
  for (const socket of [everywhere, client]) socket.close();

  // In this order: nearly all others' sockets are on 127.0.0.1.
  const twin = boundTo("127.0.0.1");
  const one = createSocket("udp4");
  one.bindSync({ address: "127.0.20.1", port: twin.address().port });
  const watch = guard(one, { samePort: true });
  const heard = new Promise((done) => one.on("message", done));
  twin.send("twin", one.address().port, "127.0.20.1");
  assertEquals(String(await within(heard, "the datagram of the twin")), "twin");
  assertEquals([watch.counts.ownAddress, watch.counts.admitted], [0, 1]);
  for (const socket of [one, twin]) socket.close();
});
