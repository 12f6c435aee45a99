/** Requests: sent again until they are answered. */
import { test } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import type { LookupFunction } from "@x/dgram";
import { bind, connect } from "@x/dgram/promises";
import type { AddressedRequestOptions, BoundSocket, IncomingDatagram, RequestTimeoutError } from "@x/dgram/promises";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const LOOPBACK = "127.0.0.1";
const PEER = { port: 1000, address: LOOPBACK };
const LONG = 60_000;

test("request() resolves with the datagram that the peer answers", async () => {
  await using server = await bind(0, LOOPBACK);
  await using client = await bind(0, LOOPBACK);
  const answer = client.request("question", { ...server.address() });
  const question = await server.receive();
  assertEquals([String(question.data), question.port], ["question", client.address().port]);
  await server.send("answer", question.port, LOOPBACK);
  const { data, ...from } = await answer;
  assertEquals([String(data), from], ["answer", server.address()]);
});

test("a connected socket requests from its peer without an address", async () => {
  await using server = await bind(0, LOOPBACK);
  await using client = await connect(server.address().port, LOOPBACK);
  const answer = client.request("question");
  await server.send("answer", (await server.receive()).port, LOOPBACK);
  assertEquals(String((await answer).data), "answer");
});

test("the answer to a connected socket's request comes from its peer, whoever else sends", async () => {
  for (const peer of [{ port: 9, address: LOOPBACK }, { port: 9, address: "::1" }]) {
    const backend = new ScriptedBackend();
    await using socket = await connect({ ...peer, backend });
    const answer = socket.request("question", { timeout: LONG });
    const { address } = socket.remoteAddress();
    backend.arrive("spoofed", 10, address);
    backend.arrive("spoofed", 9, address.includes(":") ? "::2" : "127.0.0.2");
    backend.arrive("answer", 9, address);
    assertEquals([String((await answer).data), socket.waiting], ["answer", 0]);
  }
});

test("what does not answer a request goes to the inbox: of another sender, or not matching", async () => {
  const { socket, backend } = await scripted();
  const match = ({ data }: IncomingDatagram): boolean => String(data) === "answer";
  const answer = socket.request("question", { ...PEER, match, timeout: LONG });
  backend.arrive("answer", 1001);
  backend.arrive("answer", 1000, "127.0.0.2");
  backend.arrive("something else");
  backend.arrive("answer");
  backend.arrive("answer");
  assertEquals(String((await answer).data), "answer");
  const others = [];
  while (socket.waiting > 0) others.push(await socket.receive());
  assertEquals(others.map(({ data, address, port }) => [String(data), address, port]), [
    ["answer", LOOPBACK, 1001],
    ["answer", "127.0.0.2", 1000],
    ["something else", LOOPBACK, 1000],
    ["answer", LOOPBACK, 1000],
  ]);
  await socket.close();
});

test("without a match the oldest request to a peer gets its answer", async () => {
  const { socket, backend } = await scripted();
  const answers = ["a", "b"].map((text) => socket.request(text, { ...PEER, timeout: LONG }));
  backend.arrive("first");
  backend.arrive("second");
  assertEquals((await Promise.all(answers)).map(({ data }) => String(data)), ["first", "second"]);
  await socket.close();
});

test("with anyPeer the answer may come from anywhere", async () => {
  const { socket, backend } = await scripted();
  const answer = socket.request("who is there?", { port: 1000, address: "239.1.1.1", anyPeer: true, timeout: LONG });
  backend.arrive("I am", 3000, "10.1.1.1");
  assertEquals((await answer).address, "10.1.1.1");
  await socket.close();
});

test("an IPv6 peer is known in each spelling of its address, and with or without its scope", async () => {
  const backend = new ScriptedBackend();
  await using socket = await bind({ type: "udp6", backend });
  const spellings: readonly (readonly [asked: string, answers: string])[] = [
    ["0:0:0:0:0:0:0:1", "::1"],
    ["2001:DB8::0:1", "2001:db8::1"],
    ["fe80::1", "fe80::1%lo"],
    ["fe80::2%1", "fe80::2%lo"],
    ["::ffff:7f00:1", "::ffff:127.0.0.1"],
  ];
  for (const [asked, answers] of spellings) {
    const answer = socket.request("x", { port: 1000, address: asked, timeout: LONG });
    backend.arrive("y", 1000, answers);
    assertEquals((await answer).address, answers);
  }
});

test("a datagram without an answer is sent again after waits that double, and then the request fails", async () => {
  const { socket, backend } = await scripted();
  const times: number[] = [performance.now()];
  backend.onSent = () => times.push(performance.now());
  const request = socket.request("anyone?", { ...PEER, timeout: 25, retries: 2 });
  const error = await assertRejects(() => request) as RequestTimeoutError;
  times.push(performance.now());
  assertEquals(error.code, "ERR_SOCKET_DGRAM_REQUEST_TIMEOUT");
  assertEquals(error.message, "No answer from 127.0.0.1:1000 to 3 datagrams within 175 ms");
  assertEquals(error.attempts, 3);
  assertEquals(backend.sent, Array(3).fill({ text: "anyone?", address: LOOPBACK, port: 1000 }));
  // Timers may be a little early by this clock, never by much.
  const waits = times.slice(1).map((time, index) => time - times[index]).slice(1);
  assertEquals(waits.map((wait, index) => wait > 25 * 2 ** index - 2), [true, true, true], String(waits));
  await socket.close();
});

test("without retries the datagram is sent once", async () => {
  const { socket, backend } = await scripted();
  const request = socket.request("anyone?", { ...PEER, timeout: 5, retries: 0 });
  const error = await assertRejects(() => request) as RequestTimeoutError;
  assertEquals([error.message, error.attempts], ["No answer from 127.0.0.1:1000 to 1 datagram within 5 ms", 1]);
  assertEquals(backend.sent.length, 1);
  await socket.close();
});

test("an answer to a datagram that was sent again ends the request", async () => {
  const { socket, backend } = await scripted();
  backend.onSent = () => {
    if (backend.sent.length === 3) setTimeout(() => backend.arrive("at last"));
  };
  const { data } = await socket.request("anyone?", { ...PEER, timeout: 5, retries: 10 });
  assertEquals(String(data), "at last");
  await socket.close();
});

test("what is sent again is what was given first, though the buffers have changed", async () => {
  const { socket, backend } = await scripted();
  const bytes = new Uint8Array([97, 98]);
  const list = [bytes, "c"];
  const requests = [bytes, list].map((data) => socket.request(data, { ...PEER, timeout: 5, retries: 1 }));
  bytes.fill(120);
  list.push("x");
  for (const request of requests) await assertRejects(() => request);
  assertEquals(backend.sent.map(({ text }) => text).sort(), ["ab", "ab", "abc", "abc"]);
  await socket.close();
});

test("500 requests at once on one socket each get their own answer, though the server overlooks some", async () => {
  const COUNT = 500;
  await using server = await bind(0, LOOPBACK);
  await using client = await bind(0, LOOPBACK);
  const overlooked = new Set<string>();
  const serving = (async () => {
    for await (const { data, port, address } of server) {
      const id = String(data);
      if (Number(id) % 3 === 0 && !overlooked.has(id)) overlooked.add(id);
      else void server.send(`${id} answered`, port, address).catch(() => {});
    }
  })();
  const answers = await Promise.all(Array.from({ length: COUNT }, (_, id) =>
    client.request(`${id}`, {
      ...server.address(),
      match: ({ data }) => Number.parseInt(String(data)) === id,
      timeout: 50,
      retries: 10,
    })));
  assertEquals(answers.map(({ data }) => String(data)), Array.from({ length: COUNT }, (_, id) => `${id} answered`));
  assertEquals(overlooked.size, Math.ceil(COUNT / 3));
  await server.close();
  await serving;
});

test("a host name is looked up once, and its answers come from the address that was found", async () => {
  const backend = new ScriptedBackend();
  const asked: string[] = [];
  const lookup: LookupFunction = (hostname, _family, callback) => {
    asked.push(hostname);
    callback(null, hostname === "server" ? "10.0.0.7" : hostname);
  };
  await using socket = await bind({ backend, lookup });
  backend.onSent = () => {
    if (backend.sent.length === 2) setTimeout(() => backend.arrive("found", 1000, "10.0.0.7"));
  };
  const { data } = await socket.request("x", { port: 1000, address: "server", timeout: 5, retries: 9 });
  assertEquals(String(data), "found");
  assertEquals(asked.filter((name) => name === "server"), ["server"]);
  assertEquals(backend.sent[1].address, "10.0.0.7");
});

test("options that are filled anew for the next request are the next one's alone", async () => {
  const backend = new ScriptedBackend();
  const answers: ((address: string) => void)[] = [];
  const lookup: LookupFunction = (hostname, _family, callback) => {
    if (hostname === "server") answers.push((address) => callback(null, address));
    else callback(null, hostname);
  };
  await using socket = await bind({ backend, lookup });
  const options: AddressedRequestOptions = { port: 0, timeout: 5, retries: 1 };
  const requests = ["server", "127.0.0.1"].flatMap((address) =>
    [1001, 1002].map((port) => {
      Object.assign(options, { address, port });
      return socket.request(`${address} ${port}`, options).catch(() => {});
    })
  );
  Object.assign(options, { address: "10.9.9.9", port: 9 });
  for (const answer of answers) answer("10.0.0.7");
  await Promise.all(requests);
  const sent = new Set(backend.sent.map(({ text, address, port }) => `${text}: ${address} ${port}`));
  assertEquals([...sent].sort(), [
    "127.0.0.1 1001: 127.0.0.1 1001",
    "127.0.0.1 1002: 127.0.0.1 1002",
    "server 1001: 10.0.0.7 1001",
    "server 1002: 10.0.0.7 1002",
  ]);
  assertEquals(backend.sent.length, 8);
});

async function scripted(): Promise<{ socket: BoundSocket; backend: ScriptedBackend }> {
  const backend = new ScriptedBackend();
  return { socket: await bind({ backend }), backend };
}
