/** What a runtime had read when its socket was paused, over a network that says what that is. */
import { assertEquals } from "@std/assert";
import { createSocket, type Socket, type SocketOptions } from "@x/dgram";
import { nextTick } from "node:process";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { ScriptedBackend } from "../support/scripted_backend.ts";

/** The ticks and microtasks between two messages are over by then. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A paused socket that holds three messages. */
class Stage {
  readonly network = new ScriptedBackend({ pause: "native" });
  readonly seen: string[] = [];
  readonly socket: Socket;

  /** @param told called with each message that the socket's program is told */
  constructor(options: Partial<SocketOptions> = {}, told: (text: string, socket: Socket) => void = () => {}) {
    const socket = createSocket({ type: "udp4", ...options, backend: this.network });
    this.socket = socket;
    socket.on("message", (data) => {
      this.seen.push(`${data}`);
      told(`${data}`, socket);
    });
    (socket as Socket & { on(event: "messages", listener: (all: { data: Uint8Array }[]) => void): void })
      .on("messages", (all) => void this.seen.push(all.map(({ data }) => `${data}`).join(" ")));
    socket.on("close", () => void this.seen.push("close"));
    socket.bindSync();
    socket.pause();
    for (const text of ["one", "two", "three"]) this.network.arrive(text);
  }

  async look(): Promise<string[]> {
    await turn();
    return this.seen.splice(0);
  }
}

test("what is held is told after resume(), in order, and only then is the kernel read again", async () => {
  const stage = new Stage({}, () => stage.seen.push(stage.network.paused ? "the kernel waits" : "the kernel is read"));
  assertEquals([await stage.look(), stage.network.paused], [[], true]);
  stage.socket.resume();
  assertEquals(stage.seen, []);
  // What a runtime still gives is told after what is held.
  stage.network.arrive("four");
  const waits = "the kernel waits";
  assertEquals(await stage.look(), ["one", waits, "two", waits, "three", waits, "four", waits]);
  assertEquals(stage.network.paused, false);
  stage.network.arrive("five");
  assertEquals(await stage.look(), ["five", "the kernel is read"]);
  stage.socket.close();
});

test("a listener that pauses again is told no more of what is held until resume()", async () => {
  const stage = new Stage({}, (text, socket) => text === "one" && socket.pause());
  stage.socket.resume();
  assertEquals(await stage.look(), ["one"]);
  stage.network.arrive("four");
  assertEquals([await stage.look(), stage.socket.isPaused(), stage.network.paused], [[], true, true]);
  stage.socket.resume();
  assertEquals(await stage.look(), ["two", "three", "four"]);
  stage.socket.close();
});

test("nothing of what is held is told once a listener has closed the socket", async () => {
  const stage = new Stage({}, (text, socket) => text === "two" && socket.close());
  stage.socket.resume();
  assertEquals(await stage.look(), ["one", "two", "close"]);
  assertEquals(await stage.look(), []);
});

test("nothing of what is held is told after close(), whether resume() was called before or not", async () => {
  for (const isResumed of [true, false]) {
    for (const batchMessages of [true, false]) {
      const stage = new Stage({ batchMessages });
      if (isResumed) stage.socket.resume();
      stage.socket.close();
      assertEquals(await stage.look(), ["close"]);
      assertEquals(await stage.look(), []);
    }
  }
});

test("resume() twice tells each message of what is held once", async () => {
  for (const batchMessages of [false, true]) {
    const stage = new Stage({ batchMessages });
    stage.socket.resume().pause().resume().resume();
    assertEquals([await stage.look(), stage.network.paused], [["one", "two", "three"], false]);
    stage.socket.close();
  }
});

test("however often resume() is called, a message's microtasks and ticks come before the next, and the kernel is read once", async () => {
  const stage = new Stage({}, (text) => {
    queueMicrotask(() => stage.seen.push(`microtask of ${text}`));
    nextTick(() => void stage.seen.push(`tick of ${text}`));
  });
  stage.socket.resume().pause().resume().pause().resume();
  const expected = ["one", "two", "three"].flatMap((text) => [text, `tick of ${text}`, `microtask of ${text}`]);
  assertEquals([await stage.look(), stage.network.resumed], [expected, 1]);
  stage.socket.close();
});

test("a socket that was paused before its bind has the kernel wait, and one that was resumed before it has not", () => {
  for (const [calls, expected] of [[["pause"], true], [["pause", "resume"], true], [[], false]] as const) {
    const backend = new ScriptedBackend({ pause: "native" });
    const socket = createSocket({ type: "udp4", backend });
    for (const call of calls) socket[call]();
    socket.bindSync();
    assertEquals([calls, backend.paused], [calls, expected]);
    socket.close();
  }
});
