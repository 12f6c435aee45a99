/** Block lists: addresses that no loopback interface sends from, and lists of the user's own, which may call anything. */
import { assertEquals } from "@std/assert";
import { BlockList } from "node:net";
import { test } from "node:test";
import { createSocket, type LookupFunction, type Socket, type SocketOptions } from "@x/dgram";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const HERE = "127.0.0.1";
const BLOCKED = "127.0.0.2";
const atOnce: LookupFunction = (name, family, done) => done(null, name.replace("a.test", HERE), family);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A bound socket over a scripted network, whose send block list calls the function with its number each time it is asked. */
function asking(ask: (socket: Socket, count: number) => void, options: Partial<SocketOptions> = {}) {
  const backend = new ScriptedBackend();
  const sendBlockList = new BlockList();
  const asked: string[] = [];
  sendBlockList.check = (address) => {
    asked.push(address as string);
    ask(socket, asked.length);
    return address === BLOCKED;
  };
  const socket = createSocket({ type: "udp4", backend, sendBlockList, ...options });
  const told: string[] = [];
  socket.on("close", () => told.push("close"));
  socket.bindSync({ address: HERE });
  const send = (text: string, address = HERE): void =>
    socket.send(text, 9, address, (error: unknown) => {
      told.push(`${text} ${error === null ? "sent" : (error as { code?: string }).code ?? error}`);
    });
  const left = (): string[] => backend.sent.map(({ text }) => text);
  return { backend, socket, asked, told, send, left };
}

for (const batchMessages of [false, true]) {
  test(`a sender's scope takes it past no block list${batchMessages ? ", where messages come in batches" : ""}`, () => {
    const receiveBlockList = new BlockList();
    receiveBlockList.addSubnet("fe80::", 10, "ipv6");
    const backend = new ScriptedBackend();
    const socket = createSocket({ type: "udp6", backend, receiveBlockList, batchMessages });
    const heard: string[] = [];
    socket.on("message", (message) => heard.push(String(message)));
    socket.on("messages", (messages) => heard.push(...messages.map(({ data }) => String(data))));
    socket.bindSync({ address: "::1" });
    backend.arrive("without", 9, "fe80::1");
    backend.arrive("with", 9, "fe80::1%eth0");
    backend.arrive("another", 9, "fd00::1");
    assertEquals(heard, ["another"]);
    socket.close();
  });
}

for (const lookup of [undefined, atOnce]) {
  const name = lookup ? "a.test" : HERE;
  const where = lookup ? ", after a look-up that answers at once" : "";

  test(`each datagram ends once where the send block list aborts the socket${where}`, async () => {
    const controller = new AbortController();
    const { told, send, left } = asking(() => controller.abort(), { lookup, signal: controller.signal });
    send("one", name);
    if (!lookup) send("two", name);
    await turn();
    assertEquals([told, left()], [["one ECANCELED", ...lookup ? [] : ["two ECANCELED"], "close"], []]);
  });

  test(`sendMany() settles where the send block list closes or aborts the socket, or throws${where}`, async () => {
    const ends: unknown[] = [];
    const controllers = [0, 1, 2].map(() => new AbortController());
    const acts: ((socket: Socket) => void)[] = [
      (socket) => socket.close(),
      () => controllers[1].abort(),
      () => {
        throw Object.assign(new Error("of the list"), { code: "MINE" });
      },
    ];
    for (const [i, act] of acts.entries()) {
      const { socket, left } = asking((socket, count) => count === 2 && act(socket), {
        lookup,
        signal: controllers[i].signal,
      });
      const messages = ["1", "2", "3"].map((data) => ({ data, port: 9, address: name }));
      const end = await socket.sendMany(messages).catch(({ code, index, sent }) => `${code} ${index} ${sent}`);
      ends.push([end, left().length]);
    }
    // A look-up that answers at once has each of them asked for in its turn: the third does not leave any more.
    const expected = lookup ? [["ECANCELED 2 2", 2], ["ECANCELED 1 1", 1]] : [[3, 3], ["ECANCELED 0 0", 0]];
    assertEquals(ends, [...expected, ["MINE 1 2", 2]]);
  });
}

test("a datagram for which the send block list throws waits for nothing: a bounded queue has room again", async () => {
  const { told, send, left } = asking((_, count) => {
    if (count === 1) throw Object.assign(new Error("of the list"), { code: "MINE" });
    if (count === 2) throw "of no kind";
  }, { maxSendQueueCount: 1 });
  for (const text of ["one", "two", "three"]) {
    send(text);
    await turn();
  }
  assertEquals([told, left()], [["one MINE", "two of no kind", "three sent"], ["three"]]);
});

test("the send block list is asked once, also about what waits for room, and about what it sends itself", async () => {
  const { backend, socket, asked, told, send, left } = asking((_, count) => {
    if (count === 1) { for (const address of [HERE, BLOCKED]) send(`within to ${address}`, address); }
  });
  backend.answer = 0;
  send("one");
  await turn();
  assertEquals([asked, left()], [[HERE, HERE, BLOCKED], []]);
  backend.answer = 1;
  backend.drain();
  await turn();
  assertEquals(asked.length, 3);
  assertEquals(told, ["one sent", `within to ${HERE} sent`, `within to ${BLOCKED} ERR_IP_BLOCKED`]);
  socket.close();
});

test("what an abort keeps from its look-up ends with ECANCELED, and no send block list is asked about it", async () => {
  const controller = new AbortController();
  const { socket, asked, told, send } = asking(() => {}, { lookup: () => {}, signal: controller.signal });
  send("one", "a.name");
  const many = socket.sendMany([{ data: "two", port: 9, address: "b.name" }]).catch(({ code }) => code);
  controller.abort();
  while (told.at(-1) !== "close") await turn();
  assertEquals([await many, asked, told], ["ECANCELED", [], ["one ECANCELED", "close"]]);
});
