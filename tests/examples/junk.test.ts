/** The examples among strangers: junk, forged answers and endless ones. */
import { assert, assertEquals } from "@std/assert";
import { capabilities, createSocket, type Socket } from "@x/dgram";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { exampleCommand, runExample } from "./run_example.ts";
import { ServerProcess } from "./server_process.ts";
import { load } from "../support/child.ts";
import { noAddress } from "../support/loopback.ts";
import { within } from "../support/within.ts";

const HOST = "127.0.0.1";

type From = { readonly address: string; readonly port: number };

/** Gives a test a server, and a stranger on the same host. */
async function withServer<T>(use: (server: Socket, port: number, stranger: Socket) => Promise<T>): Promise<T> {
  const [server, stranger] = [createSocket("udp4"), createSocket("udp4")];
  try {
    const { port } = server.bindSync({ address: HOST });
    stranger.bindSync({ address: HOST });
    return await use(server, port, stranger);
  } finally {
    await Promise.all([server[Symbol.asyncDispose](), stranger[Symbol.asyncDispose]()]);
  }
}

/** Sends them one after the other; what can't be sent is not the example's business. */
async function send(socket: Socket, { port, address }: From, ...datagrams: Uint8Array[]): Promise<void> {
  for (const data of datagrams) await new Promise((sent) => socket.send(data, port, address, sent));
}

/** Bytes that look random and are the same each time, and what is left of an answer. */
function* junkLike(answer: Buffer): Generator<Buffer> {
  for (let length = 0; length < answer.length; length += 3) yield answer.subarray(0, length);
  let state = 7;
  for (let n = 0; n < 20; n++) {
    yield Buffer.from(Array.from({ length: n * 7 }, () => (state = Math.imul(state, 1664525) + 1013904223) >>> 24));
  }
}

/** No character that a terminal obeys. */
function assertPrintable(text: string): void {
  assertEquals(/[^\n\t\x20-\x7e]/.exec(text)?.[0], undefined, JSON.stringify(text));
}

const HOSTILE = "\x1b[2J\u202e\x9b31m\u200b";
const SHOWN = "\\u{1b}[2J\\u{202e}\\u{9b}31m\\u{200b}";

const text = (value: string): Buffer => Buffer.concat([Buffer.from([Buffer.byteLength(value)]), Buffer.from(value)]);

/** The answer to a DNS query: a TXT record. */
function dnsAnswer(query: Buffer, value: string): Buffer {
  const answer = Buffer.concat([
    query,
    Buffer.from("c00c001000010000003c", "hex"),
    Buffer.from([0, text(value).length]),
    text(value),
  ]);
  answer.writeUInt16BE(0x8180, 2);
  answer.writeUInt16BE(1, 6);
  return answer;
}

test("dns_query passes junk and strangers over, and prints nothing raw", async () => {
  await withServer(async (server, port, stranger) => {
    server.on("message", async (query, from) => {
      await send(stranger, from, dnsAnswer(query, "forged"));
      const answer = dnsAnswer(query, HOSTILE);
      await send(server, from, ...junkLike(answer), dnsAnswer(query, "x").fill(0xc0, query.length), answer);
    });
    const { code, stdout, stderr } = await runExample("dns_query", "a.test", "TXT", "--port", `${port}`);
    assertEquals([code, stdout, stderr], [0, `a.test 60 TXT ${SHOWN}\n`, ""]);
    assertPrintable(stdout);
  });
});

test("dns_resolver answers on after junk from its clients and from the server that it asks", async () => {
  await withServer(async (server, upstream, client) => {
    server.on("message", async (query, from) => {
      const answer = dnsAnswer(query, "found");
      await send(server, from, ...junkLike(answer), answer);
    });
    const resolver = new ServerProcess(
      ...exampleCommand("dns_resolver", ["--port", "0", "--upstream-port", `${upstream}`]),
    );
    try {
      const port = Number(
        await resolver.printed(({ output }) => /^listening on \S+ port (\d+)$/m.exec(output)?.[1], "the port"),
      );
      const query = Buffer.from("abcd01000001000000000000" + "0161047465737400" + "00100001", "hex");
      const heard = new Promise<Buffer>((done) =>
        client.on("message", (data) => data.includes("found") && data.readUInt16BE(0) === 0xabcd && done(data))
      );
      await send(client, { address: HOST, port }, ...junkLike(query), query);
      assertEquals((await within(heard, "the answer")).subarray(12, query.length), query.subarray(12));
      assertEquals(resolver.output.split("\n").length, 2, resolver.output);
    } finally {
      await resolver.stop();
    }
  });
});

test("sntp_query passes junk and strangers over, and prints nothing raw of a refusal", async () => {
  await withServer(async (server, port, stranger) => {
    server.on("message", async (question, from) => {
      const answer = Buffer.alloc(48);
      answer[0] = 0x24;
      question.copy(answer, 24, 40, 48);
      const forged = Buffer.from(answer);
      forged[1] = 1;
      answer.write("\x1b[2J", 12, "latin1");
      await send(stranger, from, forged);
      await send(server, from, ...junkLike(answer), answer);
    });
    const { code, stdout, stderr } = await runExample("sntp_query", "--port", `${port}`);
    assertEquals([code, stdout, stderr], [1, "", "sntp_query: the server refuses: \\u{1b}[2J\n"]);
  });
});

const CONTENT = 0x45;

test("coap_get passes junk and strangers over, prints nothing raw, and does not follow endless blocks", async () => {
  const response = (request: Buffer, block: number[], payload: string): Buffer =>
    Buffer.concat([
      Buffer.from([0x60 | request[0] & 15, CONTENT, request[2], request[3]]),
      request.subarray(4, 8),
      block.length ? Buffer.from([0xd0 | block.length, 23 - 13, ...block]) : Buffer.alloc(0),
      Buffer.from([0xff]),
      Buffer.from(payload),
    ]);
  const runs: [(requests: number) => number[], number, string][] = [
    [() => [], 0, `${SHOWN}\nline\n`],
    // The same block, which promises another one, for ever.
    [() => [0x08], 1, "another block than was asked for"],
    [
      (requests) => {
        const block = (requests - 1 << 4) + 0x0e;
        return [block >> 16, block >> 8 & 255, block & 255];
      },
      1,
      "longer than 1048576 bytes",
    ],
  ];
  for (const [block, code, expected] of runs) {
    await withServer(async (server, port, stranger) => {
      // By their tokens: one that is sent once more is no other.
      const tokens = new Set<string>();
      server.on("message", async (request, from) => {
        const requests = tokens.add(request.toString("hex", 4, 8)).size;
        const payload = code === 0 ? `${HOSTILE}\nline` : "x".repeat(1024);
        const answer = response(request, block(requests), payload);
        if (requests > 1) return await send(server, from, answer);
        await send(stranger, from, response(request, [], "forged"));
        await send(server, from, ...junkLike(answer.subarray(0, 8)), Buffer.from([0, 0, 0, 0]), answer);
      });
      const result = await runExample("coap_get", `coap://${HOST}:${port}/x`);
      assertEquals(result.code, code, result.stderr);
      assert((result.stdout + result.stderr).endsWith(code === 0 ? expected : `${expected}\n`), result.stderr);
      assertPrintable(result.stdout + result.stderr);
      assert(tokens.size <= 1100, `${tokens.size} requests`);
    });
  }
});

test("tftp_get takes no file of a stranger's, passes junk over, and prints nothing raw", {
  skip: noAddress("127.0.0.2"),
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), "tftp-"));
  const local = join(directory, "local");
  const data = (block: number, content: string): Buffer =>
    Buffer.concat([Buffer.from([0, 3, block >> 8, block & 255]), Buffer.from(content)]);
  try {
    await withServer(async (server, port) => {
      const stranger = createSocket("udp4");
      // As another host: a stranger that has an address of its own.
      stranger.bindSync({ address: "127.0.0.2" });
      server.on("message", async (request, from) => {
        if (request[1] !== 1) return;
        await send(stranger, from, data(1, "forged"));
        await send(server, from, ...junkLike(data(1, "")), data(1, "x".repeat(2000)), data(2, "y"), data(1, "real"));
      });
      const { code, stdout, stderr } = await runExample("tftp_get", "remote", local, "--port", `${port}`);
      await stranger[Symbol.asyncDispose]();
      assertEquals([code, stdout, stderr], [0, `${local}: 4 bytes in 1 blocks\n`, ""]);
      assertEquals(readFileSync(local, "utf8"), "real");
    });
    await withServer(async (server, port) => {
      server.on("message", (_, from) => send(server, from, Buffer.from(`\0\x05\0\x01${HOSTILE}\0behind`)));
      const absent = join(directory, "absent");
      const { code, stdout, stderr } = await runExample("tftp_get", "remote", absent, "--port", `${port}`);
      assertEquals([code, stdout, stderr], [1, "", `tftp_get: remote: ${SHOWN}\n`]);
      assertEquals(existsSync(absent), false);
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test("ask passes over what is not the answer", async () => {
  await withServer(async (server, port, stranger) => {
    server.on("message", async (question, from) => {
      await send(stranger, from, question, Buffer.from(HOSTILE));
      await send(server, from, Buffer.from(HOSTILE), question);
    });
    const { code, stdout, stderr } = await runExample("ask", HOST, `${port}`, "--count", "3");
    assertEquals([code, stderr], [0, ""]);
    assert(stdout.startsWith("3 of 3 answers, median "), stdout);
  });
});

/** A module of the examples'. */

const reusePort = capabilities.features.reusePort !== "unavailable";

test("pool_worker answers no answers, and goes on after junk", {
  skip: reusePort ? false : capabilities.notes.reusePort ?? "reusePort is unavailable",
}, async () => {
  const worker = new ServerProcess(...exampleCommand("pool_worker", ["--name", "w", "--port", "0"]));
  const client = createSocket("udp4");
  try {
    client.bindSync({ address: HOST });
    const port = Number(await worker.printed(({ output }) => / port (\d+)\n/.exec(output)?.[1], "the port"));
    const heard: string[] = [];
    const last = new Promise<void>((done) =>
      client.on("message", (message) => heard.push(`${message}`) && `${message}`.endsWith("last") && done())
    );
    const junk = [...junkLike(Buffer.from("!w 1"))].filter((data) => data[0] !== 0x3f);
    await send(client, { address: HOST, port }, Buffer.from("!w 1"), ...junk, Buffer.from(`?${"x".repeat(2000)}`));
    await send(client, { address: HOST, port }, Buffer.from("?last"));
    await within(last, "the last answer");
    assertEquals(heard, [`!w ${"x".repeat(64)}`, "!w last"]);
    assertEquals(worker.output, `w listens on ${HOST} port ${port}\n`);
  } finally {
    await worker.stop();
    await client[Symbol.asyncDispose]();
  }
});

test("pool_client counts no answer of a stranger, none twice and none with a name that is none", async () => {
  await withServer(async (server, port, stranger) => {
    const args = [HOST, `${port}`, "--pause", "5", "--patience", "15000"];
    const clients = new ServerProcess(...exampleCommand("pool_client", args));
    let questions = 0;
    try {
      const asked = new Promise<void>((done) =>
        server.on("message", async (message, from) => {
          const number = ++questions;
          const question = `${message.subarray(1)}`;
          const right = Buffer.from(`!right ${question}`);
          // Of so few that a client which does not get to run has room for all.
          const junk = number <= 3 ? junkLike(right) : [];
          await send(stranger, from, Buffer.from(`!stranger ${question}`));
          await send(server, from, ...junk, Buffer.from(`!${HOSTILE} ${question}`), right, right);
          if (number === 20) done();
        })
      );
      await within(asked, "twenty questions");
      clients.write("the end\n");
      const line = await clients.printed(({ output }) => /^at first: .*\n.*\n/.exec(output)?.[0], "the figures");
      const [, sent, answered] = /^at first: (\d+) sent, (\d+) answered, 0 lost, 0 by .*\n {2}right answered \S+\n$/
        .exec(line) ?? [];
      assertEquals(answered, sent, line);
      assertPrintable(clients.output);
    } finally {
      await clients.stop();
    }
  });
});

const example = (name: string) => load(`examples/${name}.mjs`);

test("whatever arrives, the messages of DNS and CoAP are read to their end or are none", async () => {
  const [dns, coap] = [await example("dns_message"), await example("coap_message")];
  const query: Buffer = dns.encodeQuery({ name: "some.name.test", type: 16, id: 7 });
  const get: Buffer = coap.encode({
    type: 0,
    code: 1,
    id: 7,
    token: Buffer.from("abcd"),
    options: [[11, Buffer.alloc(300)], [300, Buffer.alloc(14)]],
  });
  for (const [module, whole] of [[dns, dnsAnswer(query, "text")], [coap, get]]) {
    assert(module.tryDecode(whole) !== undefined);
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 });
    const mutated = fc.tuple(changes, fc.nat(whole.length)).map(([list, cut]) => {
      const data = Buffer.from(whole);
      for (const [at, byte] of list) data[at] = byte;
      return data.subarray(0, data.length - (cut >> 3));
    });
    const random = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(mutated, random), (data) => {
        const message = module.tryDecode(data);
        for (const { name } of message?.records ?? []) assert(name.length <= 255);
        // What is said to be there is there.
        for (const [, value] of message?.options ?? []) assert(value.length <= data.length);
      }),
      { numRuns: 1000 },
    );
  }
});
