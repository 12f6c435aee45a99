/**
 * Each method called where node:dgram has no callback to compare with: it works, or throws an error with a code; nothing
 * reaches the process; and the socket is closed in the end, with 'close' and a free port. What node:dgram has as well are
 * the scenarios of tests/conformance/scenarios/reentrancy.ts.
 */
import diagnostics from "node:diagnostics_channel";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { createSocket, type Socket, type SocketOptions } from "@x/dgram";
import { guard } from "@x/dgram/guard";
import { observe } from "@x/dgram/observe";
import { bind } from "@x/dgram/promises";
import { boundSocketCount, notLinux } from "../support/proc.ts";
import { within } from "../support/within.ts";

const HOST = "127.0.0.1";

/** Has `act` called with a socket. */
type Place = (act: (socket: Socket) => void) => void | Promise<unknown>;

function opened(options: Partial<SocketOptions> = {}): Socket {
  const socket = createSocket({ type: "udp4", ...options });
  socket.on("error", onError);
  return socket;
}

function onError(error: Error & { code?: unknown }): void {
  assert(typeof error.code === "string", error.stack);
}

function sendToItself(socket: Socket, count = 1): void {
  const { port } = socket.address();
  for (let i = 0; i < count; i++) socket.send("x", port, HOST);
}

function onChannel(event: string, use: (socket: Socket) => void): Place {
  return (act) => {
    const socket = opened();
    const name = `x-dgram:socket:${event}`;
    const hear = (told: unknown): void => {
      if ((told as { socket: Socket }).socket !== socket) return;
      diagnostics.unsubscribe(name, hear);
      act(socket);
    };
    diagnostics.subscribe(name, hear);
    observe(socket);
    try {
      use(socket);
    } catch (error) {
      // What was called in the midst of it may have closed the socket.
      onError(error as Error);
    }
  };
}

function bindAndSend(socket: Socket): void {
  socket.bind(0, HOST, () => sendToItself(socket));
}

const places: Readonly<Record<string, Place>> = {
  "what sendMany() fulfils": async (act) => {
    const socket = opened();
    await socket.sendMany([{ data: "x", port: 9, address: HOST }]);
    act(socket);
  },
  "a getter of sendMany()'s message": (act) => {
    const socket = opened();
    socket.bindSync({ address: HOST });
    const message = {
      data: "x",
      port: 9,
      get address() {
        act(socket);
        return HOST;
      },
    };
    return socket.sendMany([message, message]).catch(onError);
  },
  "the conversion of bind()'s port": (act) => {
    const socket = opened();
    socket.bind({ port: { valueOf: () => (act(socket), 0) } as never, address: HOST });
  },
  "'messages'": (act) => {
    const socket = opened({ batchMessages: true });
    socket.once("messages", () => act(socket));
    bindAndSend(socket);
  },
  "'message', of the first of many": (act) => {
    const socket = opened();
    socket.once("message", () => act(socket));
    socket.bind(0, HOST, () => sendToItself(socket, 20));
  },
  "'message' behind a guard": (act) => {
    const socket = opened();
    guard(socket, { samePort: true });
    socket.once("message", () => act(socket));
    const sender = opened();
    socket.bind(0, HOST, () => sender.send("x", socket.address().port, HOST, () => sender.close()));
  },
  "what receive() fulfils": async (act) => {
    const socket = await bind({ address: HOST });
    await socket.send("x", socket.address().port, HOST);
    await socket.receive();
    act(socket.raw);
  },
  "the channel of observed sockets that are new": onChannel("open", (socket) => socket.bind(0, HOST)),
  "the channel of observed sockets that are bound": onChannel("bind", (socket) => socket.bind(0, HOST)),
  "the channel of what observed sockets send": onChannel("send", bindAndSend),
  "the channel of what observed sockets receive": onChannel("message", bindAndSend),
  "the channel of observed sockets that are closed": onChannel("close", (socket) => socket.close()),
};

const calls: Readonly<Record<string, (socket: Socket) => unknown>> = {
  "bind()": (socket) => socket.bind(0, HOST),
  "bindSync()": (socket) => socket.bindSync({ address: HOST }),
  "close()": (socket) => socket.close(),
  "connect()": (socket) => socket.connect(9, HOST),
  "connectSync()": (socket) => socket.connectSync(9, HOST),
  "disconnect()": (socket) => socket.disconnect(),
  "send()": (socket) => socket.send("again", 9, HOST, () => {}),
  "sendMany()": (socket) => void socket.sendMany([{ data: "again", port: 9, address: HOST }]).catch(onError),
  "pause()": (socket) => socket.pause(),
  "pause() and resume()": (socket) => socket.pause().resume(),
  "ref()": (socket) => socket.ref(),
  "setTTL()": (socket) => socket.setTTL(5),
  "disposal": (socket) => void socket[Symbol.asyncDispose]().catch(onError),
  "guard()": (socket) => void guard(socket),
  "observe()": (socket) => void observe(socket),
  "a listener that throws and is heard": (socket) => socket.emit("error", Object.assign(new Error(), { code: "E" })),
};

/** As Node 18.17 and 18.18 do (nodejs/node#49510): whoever begins to listen then is on another channel than who tells. */
function forgetsChannels(): boolean {
  const name = "x-dgram:test:forgotten";
  const channel = diagnostics.channel(name);
  const hear = (): void => {};
  diagnostics.subscribe(name, hear);
  diagnostics.unsubscribe(name, hear);
  return diagnostics.channel(name) !== channel;
}

const forgotten = forgetsChannels() && "this runtime forgets a channel when its last listener stops";

for (const [where, place] of Object.entries(places)) {
  test(`within ${where} each method works or says by a code why not, and leaves nothing open`, {
    skip: where.startsWith("the channel of") && forgotten,
  }, async () => {
    await playAll(place);
    if (notLinux) return;
    for (let attempt = 0; attempt < 20 && boundSocketCount() > 0; attempt++) {
      await new Promise((done) => setImmediate(done));
    }
    assertEquals(boundSocketCount(), 0, "a socket stays open");
  });
}

async function playAll(place: Place): Promise<void> {
  for (const [name, call] of Object.entries(calls)) {
    let socket: Socket | undefined;
    const called = new Promise<void>((done) => {
      void place((one) => {
        if (socket !== undefined) return;
        socket = one;
        try {
          call(one);
        } catch (error) {
          const { code, stack } = error as Error & { code?: unknown };
          assert(typeof code === "string", `${name}: ${stack}`);
        }
        done();
      });
    });
    await within(called, `${name} is called`);
    await within(ended(socket!), `the end after ${name}`);
  }
}

/** What is closed, or closes, emits 'close' before it is disposed of. */
async function ended(socket: Socket): Promise<void> {
  await new Promise((done) => setImmediate(done));
  await socket[Symbol.asyncDispose]();
}
