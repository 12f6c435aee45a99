/** Sockets that go to other processes and threads, with what waits in the kernel for them. */
import { assertEquals, assertMatch, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import dgram, { capabilities } from "@x/dgram";
import { handoffCapabilities, receiveSockets, sendSocket, type SendSocketOptions } from "@x/dgram/handoff";
import { createNetwork } from "@x/dgram/testing";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { MessageChannel } from "node:worker_threads";
import { runtime, spawnSelf } from "../support/child.ts";
import { KEY } from "../support/handoff_key.ts";
import { noAddress } from "../support/loopback.ts";
import { notLinux } from "../support/proc.ts";

const { features, notes } = handoffCapabilities;

/** Where sockets go to, and why they can't. */
const ways = [
  ["process", "a child process", features.handoffToProcess === "unavailable" && notes.handoffToProcess!],
  ["thread", "a thread", features.handoffToThread === "unavailable" && notes.handoffToThread!],
] as const;

/** Runs one case of handoff.child.ts in a process of its own, which has to end by itself. */
async function play(name: string, kind: string): Promise<unknown> {
  const { stdout, stderr, code, signal, timedOut } = await spawnSelf("handoff/handoff", [name, kind]);
  assertEquals({ code, signal, timedOut }, { code: 0, signal: null, timedOut: false }, stderr);
  return JSON.parse(stdout);
}

const STAYS = { again: "ERR_SOCKET_DGRAM_HANDOFF", heard: true, isPaused: false };

const NOT_HANDED_OFF = "The socket was not handed off";

/** A socket that is offered to a process, which is one as far as can be told. */
function offered(options?: SendSocketOptions) {
  let id: unknown;
  const send = (value: { [KEY]: { id: unknown } }): void => {
    id = value[KEY].id;
  };
  const peer = Object.assign(new EventEmitter(), { send, connected: true });
  const socket = dgram.createSocket("udp4");
  socket.bindSync({ address: "127.0.0.1" });
  const left = sendSocket(socket, peer, options);
  const tell = (step: string, more: object): void => void peer.emit("message", { [KEY]: { step, id, ...more } });
  return { socket, left, tell, peer };
}

for (const [kind, where, skip] of ways) {
  test(`a socket goes to ${where} with every datagram, none lost and none twice`, {
    skip: skip || notLinux,
  }, async () => {
    assertEquals(await play("leave", kind), {
      message: { for: "you" },
      events: ["close", "left"],
      callbacks: 5,
      samePort: true,
      sameSocket: true,
      gone: "none",
      all: true,
      outs: 5,
    });
  });

  test(`what waits for a paused socket goes to ${where} with it`, { skip }, async () => {
    assertEquals(await play("paused", kind), { heard: [], later: true });
  });

  test(`a connected socket is connected in ${where}, too, and hears no stranger`, { skip }, async () => {
    assertEquals(await play("connected", kind), { samePeer: true, heard: ["last"] });
  });

  test(
    `a socket goes to ${where} with its memberships, which the kernel knows there`,
    { skip: skip || notLinux },
    async () => {
      assertEquals(await play("member", kind), {
        heard: true,
        drops: ["dropped", "EADDRNOTAVAIL"],
      });
    },
  );

  test(`several sockets go to ${where} at once, of both families`, { skip: skip || noAddress("::1") }, async () => {
    assertEquals(await play("several", kind), true);
  });

  test(`a socket that ${where} refuses is as it was`, { skip }, async () => {
    const error = {
      code: "ERR_SOCKET_DGRAM_HANDOFF",
      message: "The socket was not handed off: the other side refused it: not here",
    };
    assertEquals(await play("failed", `${kind} refuse`), { ...STAYS, error });
  });

  test(`a socket is as it was when ${where} has ended`, { skip }, async () => {
    const error = {
      code: "ERR_SOCKET_DGRAM_HANDOFF",
      message: "The socket was not handed off: the other side has ended",
    };
    assertEquals(await play("failed", `${kind} end`), { ...STAYS, error });
  });

  test(`a signal takes a socket back for which ${where} does nothing`, { skip }, async () => {
    assertEquals(await play("failed", `${kind} silent`), { ...STAYS, error: { message: "enough" } });
  });

  test(`a socket that is closed before ${where} has it only closes`, { skip }, async () => {
    assertEquals(await play("closed", kind), {
      code: "ERR_SOCKET_DGRAM_HANDOFF",
      message: "The socket was not handed off: it was closed",
    });
  });
}

for (const [kind, where, skip] of ways) {
  // Node without FFI has but one number, which a thread closes as it ends.
  const gone = kind === "thread" && capabilities.backend === "node";
  test(`a socket that ${where} has adopted and not said so when it ends stays, or is gone`, { skip }, async () => {
    const message = gone
      ? "The socket was handed off, but it or what waited here may be lost"
      : `${NOT_HANDED_OFF}: the other side has ended`;
    assertEquals(await play("vanished", kind), {
      error: { code: "ERR_SOCKET_DGRAM_HANDOFF", message },
      gone: gone ? "ERR_SOCKET_DGRAM_NOT_RUNNING" : "nothing",
      heard: gone ? 0 : 10,
    });
  });

  test(`a socket that is closed while its descriptor is on its way to ${where} arrives`, { skip }, async () => {
    assertEquals(await play("closedLate", kind), { samePort: true, heard: ["last"] });
  });
}

test("a socket that goes to a child process comes back, and goes again", { skip: ways[0][2] || notLinux }, async () => {
  assertEquals(await play("returned", "process"), { same: true, heard: true });
});

test("a socket that libc has received from goes to a child process and comes back", {
  skip: ways[0][2] || notLinux ||
    (capabilities.features.receiveInfo !== "native" && capabilities.notes.receiveInfo!),
}, async () => {
  assertEquals(await play("returned", "informed"), { same: true, heard: true });
});

test("a socket for which a child process has no descriptor left is as it was", {
  skip: ways[0][2] || notLinux,
}, async () => {
  const { error, ...rest } = await play("failed", "process full") as typeof STAYS & { error: { message: string } };
  assertEquals(rest, STAYS);
  // Between Nodes by the runtime's own messages, by libc elsewhere; Deno 2.9.6 itself may panic there.
  const refused = "the other side refused it: (its descriptor was lost|recvmsg EAGAIN)";
  assertMatch(error.message, new RegExp(`: (${refused}${runtime === "deno" ? "|the other side has ended" : ""})$`));
});

test("a child process gives a socket to its parent", { skip: ways[0][2] }, async () => {
  assertEquals(await play("come", "process"), { message: "back", heard: true });
});

test("a child process may end as soon as it has given its socket, with much that it had read", {
  skip: ways[0][2],
}, async () => {
  assertEquals(await play("left", "process"), { message: "w0", heard: true });
});

test("a thread gives a socket to the main thread, or says what it needs", { skip: ways[1][2] }, async () => {
  const expected = capabilities.backend === "node"
    ? { code: "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM" }
    : { message: "back", heard: true };
  assertEquals(await play("come", "thread"), expected);
});

test("a listener that throws at a socket of a giver that has gone is called with the others", {
  skip: ways[1][2],
}, async () => {
  assertEquals(await play("thrown", "thread"), ["0", "1", "2"]);
});

test("many sockets that leave at once are no leak of listeners", { skip: ways[1][2] }, async () => {
  assertEquals(await play("crowd", "thread"), { warnings: [], same: true });
});

test("what can't be handed off fails at once, and leaves the socket alone", { skip: ways[1][2] }, async () => {
  const { port1, port2 } = new MessageChannel();
  try {
    const socket = dgram.createSocket("udp4");
    const codeOf = (call: () => void): string => (assertThrows(call) as Error & { code: string }).code;
    assertEquals(codeOf(() => sendSocket({} as never, port1)), "ERR_INVALID_ARG_TYPE");
    assertEquals(codeOf(() => sendSocket(socket, {} as never)), "ERR_INVALID_ARG_TYPE");
    assertEquals(codeOf(() => sendSocket(socket, null as never)), "ERR_INVALID_ARG_TYPE");
    assertEquals(codeOf(() => sendSocket(socket, port1, 1 as never)), "ERR_INVALID_ARG_TYPE");
    assertEquals(codeOf(() => sendSocket(socket, port1, { signal: 1 as never })), "ERR_INVALID_ARG_TYPE");
    assertEquals(codeOf(() => sendSocket(socket, port1)), "ERR_SOCKET_DGRAM_HANDOFF");
    socket.bindSync({ address: "127.0.0.1" });
    const reason = new Error("before");
    assertEquals(await assertRejects(() => sendSocket(socket, port1, { signal: AbortSignal.abort(reason) })), reason);
    // A function can't be cloned.
    const uncloned = await assertRejects(() => sendSocket(socket, port1, { message: () => {} }));
    assertEquals((uncloned as Error).name, "DataCloneError");
    assertEquals(socket.isPaused(), false);
    socket.close();
    assertEquals(codeOf(() => sendSocket(socket, port1)), "ERR_SOCKET_DGRAM_NOT_RUNNING");

    assertEquals(codeOf(() => receiveSockets({} as never, () => {})), "ERR_INVALID_ARG_TYPE");
    assertEquals(codeOf(() => receiveSockets(port2, 1 as never)), "ERR_INVALID_ARG_TYPE");
    const stop = receiveSockets(port2, () => {});
    assertEquals(codeOf(() => receiveSockets(port2, () => {})), "ERR_SOCKET_DGRAM_HANDOFF");
    // A cluster's worker has its process.
    const owner = { process: port2, on() {}, postMessage() {} };
    assertEquals(codeOf(() => receiveSockets(owner, () => {})), "ERR_SOCKET_DGRAM_HANDOFF");
    stop();
    const stopAgain = receiveSockets(owner, () => {});
    stop();
    assertEquals(codeOf(() => receiveSockets(port2, () => {})), "ERR_SOCKET_DGRAM_HANDOFF");
    stopAgain();
  } finally {
    port1.close();
    port2.close();
  }
});

test("where there is no such way, both sides say why at once", () => {
  const { port1, port2 } = new MessageChannel();
  // A process, as far as can be told.
  const process = Object.assign(new EventEmitter(), { send() {}, connected: true });
  const socket = dgram.createSocket("udp4");
  try {
    for (
      const [feature, from, to] of [["handoffToThread", port1, port2], ["handoffToProcess", process, process]] as const
    ) {
      const note = notes[feature];
      if (note === undefined) continue;
      for (const call of [() => sendSocket(socket, to), () => receiveSockets(from, () => {})]) {
        const error = assertThrows(call) as Error & { code: string };
        assertEquals(error.code, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM");
        assertStringIncludes(error.message, note);
      }
    }
  } finally {
    socket.close();
    port1.close();
    port2.close();
  }
});

test("what a process told last counts, also when it comes after its 'exit'", { skip: ways[0][2] }, async () => {
  const { socket, left, tell, peer } = offered();
  peer.emit("exit", 0, null);
  peer.emit("close", 0, null);
  tell("refused", { reason: "late" });
  peer.emit("disconnect");
  assertEquals(
    (await assertRejects(() => left) as Error).message,
    `${NOT_HANDED_OFF}: the other side refused it: late`,
  );
  socket.close();
});

test("a socket that is taken back by who hears first that the other side is ready is as it was", {
  skip: ways[0][2],
}, async () => {
  const controller = new AbortController();
  const { socket, left, tell, peer } = offered({ signal: controller.signal });
  peer.prependListener("message", () => controller.abort("enough"));
  tell("ready", { runtime, cuts: true });
  assertEquals(await left.catch((reason) => reason), "enough");
  assertEquals(socket.isPaused(), false);
  socket.close();
});

test("a process that has ended is given up, also where its channel stays open", { skip: ways[0][2] }, async () => {
  for (const events of [["disconnect"], ["disconnect", "exit", "close"], ["exit", "close"]]) {
    const { socket, left, peer } = offered();
    for (const event of events) peer.emit(event);
    assertEquals((await assertRejects(() => left) as Error).message, `${NOT_HANDED_OFF}: the other side has ended`);
    assertEquals(socket.isPaused(), false);
    socket.close();
    assertEquals(["disconnect", "exit", "close", "message"].map((event) => peer.listenerCount(event)), [0, 0, 0, 0]);
  }
});

test("a socket in memory has no descriptor to hand off", { skip: ways[1][2] }, () => {
  const { port1, port2 } = new MessageChannel();
  const socket = createNetwork().host().dgram.createSocket("udp4");
  socket.bindSync();
  const error = assertThrows(() => sendSocket(socket, port1)) as Error & { code: string };
  assertEquals(error.code, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM");
  assertStringIncludes(error.message, "handoffToThread is unavailable");
  port1.close();
  port2.close();
});

test("the messages of a channel that are not this module's are left alone", { skip: ways[1][2] }, async () => {
  const { port1, port2 } = new MessageChannel();
  try {
    const stop = receiveSockets(port2, () => {});
    const heard = new Promise((done) => port2.on("message", done));
    for (const message of [null, 1, "text", { [KEY]: 1 }]) port1.postMessage(message);
    port1.postMessage({ [KEY]: { step: "given", id: "unknown", held: [] } });
    assertEquals(await heard, null);
    stop();
  } finally {
    port1.close();
    port2.close();
  }
});

test("capabilities say of each way why there is none", () => {
  for (const feature of ["handoffToProcess", "handoffToThread"] as const) {
    assertEquals(features[feature] === "unavailable", notes[feature] !== undefined);
  }
  assertMatch(features.handoffToThread, /^(native|unavailable)$/);
});
