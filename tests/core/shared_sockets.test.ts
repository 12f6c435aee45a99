/** Sockets that a cluster's primary shares: over a backend whose primary answers when the test says so. */
import { assertEquals } from "@std/assert";
import { createSocket, type Handle, type Host, type OpenOptions, type SocketOptions, type UdpSocket } from "@x/dgram";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { errnoOf } from "../support/errno_of.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

class SharingBackend extends ScriptedBackend {
  /** What the primary has been asked for: what it is to be answered with. */
  readonly asked: { readonly options: OpenOptions; answer(errno?: number): void }[] = [];

  openShared(options: OpenOptions, host: Host, done: (result: Handle | number) => void): void {
    this.asked.push({ options, answer: (errno) => done(errno ?? this.open(options, host)) });
  }
}

interface Stage {
  readonly backend: SharingBackend;
  readonly socket: UdpSocket;
  readonly seen: string[];
}

function stage(options: Partial<SocketOptions> = {}): Stage {
  const backend = new SharingBackend({
    receiveOffload: "native",
    receiveInfo: "native",
    reusePort: "native",
    fd: "native",
  });
  const socket = createSocket({ type: "udp4", ...options, backend });
  const seen: string[] = [];
  socket.on("error", ({ message }) => seen.push(message));
  for (const event of ["listening", "close"]) socket.on(event, () => void seen.push(event));
  return { backend, socket, seen };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a bind is the primary's, unless it is to be exclusive or what it receives needs a socket of its own", async () => {
  const binds: readonly (readonly [options: Partial<SocketOptions>, exclusive: boolean, isShared: boolean])[] = [
    [{}, false, true],
    [{ reuseAddr: true }, false, true],
    [{}, true, false],
    [{ reusePort: true }, false, false],
    [{ receiveInfo: true }, false, false],
    [{ receiveOffload: true }, false, false],
  ];
  for (const [options, exclusive, isShared] of binds) {
    const { backend, socket, seen } = stage(options);
    socket.bind({ port: 4000, address: "127.0.0.1", exclusive });
    await turn();
    assertEquals([backend.asked.length, backend.opened], isShared ? [1, 0] : [0, 1], JSON.stringify(options));
    for (const { options: { port, address }, answer } of backend.asked) {
      assertEquals([port, address], [4000, "127.0.0.1"]);
      answer();
    }
    await turn();
    assertEquals(seen, ["listening"]);
    socket.close();
  }
});

test("what the primary refuses is the bind's error, and the socket can be bound again", async () => {
  const { backend, socket, seen } = stage();
  socket.bind(4000, "127.0.0.1");
  await turn();
  backend.asked[0].answer(errnoOf("EADDRINUSE"));
  await turn();
  assertEquals(seen, ["bind EADDRINUSE 127.0.0.1:4000"]);
  socket.bind(4001, "127.0.0.1");
  await turn();
  backend.asked[1].answer();
  await turn();
  assertEquals(seen.slice(1), ["listening"]);
  socket.close();
});

test("a descriptor that the primary refuses is the open's error", async () => {
  const { backend, socket, seen } = stage();
  socket.bind({ fd: 5 });
  await turn();
  backend.asked[0].answer(errnoOf("EEXIST"));
  await turn();
  assertEquals(seen, ["open EEXIST"]);
  socket.close();
});

test("a socket that the primary gives after close() is closed, and what it refuses then is told to nobody", async () => {
  for (const errno of [undefined, errnoOf("EADDRINUSE")]) {
    const controller = new AbortController();
    const { backend, socket, seen } = stage({ signal: controller.signal });
    socket.bind(4000, "127.0.0.1");
    await turn();
    controller.abort();
    for (let i = 0; i < 3; i++) await turn();
    backend.asked[0].answer(errno);
    await turn();
    const opened = errno === undefined ? 1 : 0;
    assertEquals([backend.opened, backend.closed, seen], [opened, opened, ["close"]]);
  }
});
