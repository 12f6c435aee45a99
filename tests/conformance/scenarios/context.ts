/** What surrounds a call: asynchronous contexts, diagnostics_channel and util.promisify. */
import { AsyncLocalStorage } from "node:async_hooks";
import { Buffer } from "node:buffer";
import diagnostics from "node:diagnostics_channel";
import { promisify } from "node:util";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { AnySocket, Stage } from "../stage.ts";

const CHANNEL = "udp.socket";

export const contextScenarios: readonly Scenario[] = [
  scenario("a new socket is published on udp.socket, at the end of its construction", { rows: [10] }, (stage) => {
    const hear = (told: unknown, name: unknown): void => {
      const { socket } = told as { socket: AnySocket };
      stage.note(
        "published",
        name,
        Object.keys(told as object).join(" "),
        socket.type,
        socket.listenerCount("message"),
      );
      socket.close();
    };
    diagnostics.subscribe(CHANNEL, hear);
    try {
      stage.note("before");
      const made = stage.dgram.createSocket("udp6", () => {});
      stage.note("after");
      stage.call("closed by the subscriber", () => made.close());
      stage.call("wrong type", () => stage.dgram.createSocket("x"));
    } finally {
      diagnostics.unsubscribe(CHANNEL, hear);
    }
    stage.dgram.createSocket("udp4").close();
  }),

  scenario("the published socket is the one that is created", { rows: [10] }, (stage) => {
    let published: unknown;
    const hear = (told: unknown): void => {
      published = (told as { socket: unknown }).socket;
    };
    diagnostics.subscribe(CHANNEL, hear);
    const made = stage.dgram.createSocket("udp4");
    diagnostics.unsubscribe(CHANNEL, hear);
    stage.note("the same", published === made);
    made.close();
  }),

  scenario("callbacks run in the asynchronous context of their call", { rows: [11] }, async (stage) => {
    const storage = new AsyncLocalStorage<string>();
    const peer = await stage.bound("peer");
    const { port } = peer.address();
    const told = (label: string) => (): void => stage.note(label, storage.getStore());
    const a = storage.run("createSocket", () => stage.socket("a"));
    storage.run("bind", () => a.bind(0, "127.0.0.1", told("bind's callback")));
    storage.run("send while binding", () => a.send("x", port, "127.0.0.1", told("queued send's callback")));
    await stage.seen("queued send's callback");
    storage.run("send", () => a.send("x", port, "127.0.0.1", told("send's callback")));
    await stage.seen("note send's callback");
    storage.run("failing send", () => a.send(Buffer.alloc(65_508), port, "127.0.0.1", told("failing send's callback")));
    await stage.seen("note failing send's callback");
    storage.run("close", () => a.close(told("close's callback")));
    await stage.seen("close's callback");
  }),

  scenario("the callbacks of connect() and of connected sends run in the context of their call", {
    rows: [11],
    needs: ["connect"],
  }, async (stage) => {
    const storage = new AsyncLocalStorage<string>();
    const peer = await stage.bound("peer");
    const { port } = peer.address();
    const told = (label: string) => (): void => stage.note(label, storage.getStore());
    const a = storage.run("createSocket", () => stage.socket("a"));
    storage.run("connect", () => a.connect(port, "127.0.0.1", told("connect's callback")));
    await stage.seen("note connect's callback");
    storage.run("send", () => a.send("x", told("send's callback")));
    await stage.seen("note send's callback");
  }),

  scenario("sends of one turn keep their contexts apart", { rows: [11] }, async (stage) => {
    const storage = new AsyncLocalStorage<number>();
    const peer = await stage.bound("peer");
    const { port } = peer.address();
    const a = await stage.bound("a");
    for (let n = 0; n < 5; n++) {
      storage.run(n, () => a.send("x", port, "127.0.0.1", () => stage.note(`callback ${n} in`, storage.getStore())));
    }
    await stage.seen("callback 4 in");
  }),

  scenario("a send's callback keeps its context through a look-up", { rows: [11] }, async (stage) => {
    const storage = new AsyncLocalStorage<string>();
    const peer = await stage.bound("peer");
    const { port } = peer.address();
    const a = await stage.bound("a");
    const told = (): void => stage.note("send's callback", storage.getStore());
    storage.run("send", () => a.send("x", port, "localhost", told));
    await stage.seen("send's callback");
  }),

  scenario("listeners run in the context in which the socket was created", { rows: [11] }, async (stage) => {
    const storage = new AsyncLocalStorage<string>();
    const listener = (): void => stage.note("message's listener", storage.getStore());
    const a = storage.run("createSocket", () => stage.socket("a", "udp4", listener));
    storage.run("bind", () => a.bind(0, "127.0.0.1"));
    await stage.seen("a 'listening'");
    const b = await stage.bound("b");
    storage.run("send", () => b.send("x", a.address().port, "127.0.0.1"));
    await stage.seen("message's listener");
  }),

  scenario("a promisified send() resolves with the number of bytes", { rows: [92] }, async (stage) => {
    const peer = await stage.bound("peer");
    const { port } = peer.address();
    const a = await stage.bound("a");
    const send = promisify(a.send).bind(a) as (...args: unknown[]) => Promise<unknown>;
    await outcome(stage, "héé", send("héé", port, "127.0.0.1"));
    await outcome(stage, "too long", send(Buffer.alloc(65_508), port, "127.0.0.1"));
    await outcome(stage, "bad port", send("x", 0, "127.0.0.1"));
    await stage.seen("peer 'message'");
  }),

  scenario("promisified bind() and close() resolve", { rows: [30, 104] }, async (stage) => {
    const a = stage.socket("a");
    const bind = promisify(a.bind).bind(a) as (...args: unknown[]) => Promise<unknown>;
    const close = promisify(a.close).bind(a) as () => Promise<unknown>;
    await outcome(stage, "bind", bind(0, "127.0.0.1"));
    await outcome(stage, "close", close());
    await outcome(stage, "close again", close());
  }),
];

async function outcome(stage: Stage, label: string, promise: Promise<unknown>): Promise<void> {
  try {
    stage.note(`${label} resolved with`, await promise);
  } catch (error) {
    stage.note(`${label} rejected with`, error);
  }
}
