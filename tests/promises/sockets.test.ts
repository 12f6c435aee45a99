/** Opening, sending and closing by promises. */
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { capabilities } from "@x/dgram";
import type { LookupFunction, Socket } from "@x/dgram";
import { bind, connect } from "@x/dgram/promises";
import { setImmediate } from "node:timers";
import { spawnSelf } from "../support/child.ts";
import { countedSignal } from "../support/counted_signal.ts";
import { freePort } from "../support/free_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { watchSockets } from "../support/watch_sockets.ts";

const LOOPBACK = "127.0.0.1";

test("bind() gives a socket that is bound where it was asked to be", async () => {
  await using socket = await bind({ port: 0, address: LOOPBACK });
  const { address, family, port } = socket.address();
  assertEquals([address, family, port > 0], [LOOPBACK, "IPv4", true]);
  assertEquals(socket.raw.type, "udp4");
});

test("bind(port, address) is short for the options", async () => {
  await using socket = await bind(0, LOOPBACK);
  assertEquals(socket.address().address, LOOPBACK);
});

test("bind() without arguments takes any port of all interfaces", async () => {
  await using socket = await bind();
  assertEquals(socket.address().address, "0.0.0.0");
});

test("the type of a socket follows a numeric address, unless it is given", async () => {
  await using six = await bind({ address: "::1", backend: new ScriptedBackend() });
  await using peer = await connect({ port: 1, address: "::1", backend: new ScriptedBackend() });
  await using local = await connect({ port: 1, localAddress: "::1", backend: new ScriptedBackend() });
  await using name = await bind({ address: "localhost", backend: new ScriptedBackend() });
  await using given = await bind({ type: "udp6", backend: new ScriptedBackend() });
  assertEquals([six, peer, local, name, given].map((socket) => socket.raw.type), [
    "udp6",
    "udp6",
    "udp6",
    "udp4",
    "udp6",
  ]);
});

test("bind() rejects with the system call's error and leaves no socket", async () => {
  await using first = await bind(0, LOOPBACK);
  const { port } = first.address();
  const { created, stop } = watchSockets();
  const error = await assertRejects(() => bind(port, LOOPBACK), Error, "bind EADDRINUSE") as NodeJS.ErrnoException;
  stop();
  assertEquals([error.code, created.length], ["EADDRINUSE", 1]);
  assertClosed(created[0]);
});

test("connect() rejects when the name can't be found, and leaves no socket", async () => {
  const lookup: LookupFunction = (hostname, _family, callback) => {
    if (hostname === "nowhere.invalid") callback(new Error("not found"), "");
    else callback(null, hostname);
  };
  const { created, stop } = watchSockets();
  await assertRejects(() => connect({ port: 9, address: "nowhere.invalid", lookup }), Error, "not found");
  stop();
  assertEquals(created.length, 1);
  assertClosed(created[0]);
});

test("connect() rejects with the system call's error", async () => {
  const backend = new ScriptedBackend();
  backend.answer = -101;
  const error = await assertRejects(() => connect({ port: 9, address: LOOPBACK, backend })) as NodeJS.ErrnoException;
  assertEquals([error.errno, error.syscall], [-101, "connect"]);
  assertEquals(backend.closed, 1);
});

// What is wrong is given on purpose.
// deno-lint-ignore no-explicit-any
type Wrong = any;

const wrongBinds: readonly (readonly [what: string, options: Wrong, code: string])[] = [
  ["a port out of range", { port: 65536 }, "ERR_SOCKET_BAD_PORT"],
  ["a port that is no number", "x", "ERR_SOCKET_BAD_PORT"],
  ["null for options", null, "ERR_INVALID_ARG_TYPE"],
  ["an unknown type", { type: "udp5" }, "ERR_SOCKET_BAD_TYPE"],
  ["an address that is no string", { address: 5 }, "ERR_INVALID_ARG_TYPE"],
  ["a lookup that is no function", { lookup: 5 }, "ERR_INVALID_ARG_TYPE"],
  ["a signal that is none", { signal: {} }, "ERR_INVALID_ARG_TYPE"],
  ["an inbox that is no object", { inbox: 5 }, "ERR_INVALID_ARG_TYPE"],
  ["an inbox without room", { inbox: { limit: 0 } }, "ERR_OUT_OF_RANGE"],
  ["an inbox without a bound", { inbox: { limit: Infinity } }, "ERR_OUT_OF_RANGE"],
  ["a limit that is no number", { inbox: { limit: "5" } }, "ERR_INVALID_ARG_TYPE"],
  ["an unknown policy", { inbox: { whenFull: "drop" } }, "ERR_INVALID_ARG_VALUE"],
];

for (const [what, options, code] of wrongBinds) {
  test(`bind() rejects ${what}`, async () => {
    assertEquals(await codeOf(bind(options)), code);
  });
}

const wrongConnects: readonly (readonly [what: string, options: Wrong, code: string])[] = [
  ["no options", undefined, "ERR_SOCKET_BAD_PORT"],
  ["null for options", null, "ERR_INVALID_ARG_TYPE"],
  ["a missing port", { address: LOOPBACK }, "ERR_SOCKET_BAD_PORT"],
  ["port 0", { port: 0 }, "ERR_SOCKET_BAD_PORT"],
  ["a local port out of range", { port: 9, localPort: -1 }, "ERR_SOCKET_BAD_PORT"],
  ["an address that is no string", { port: 9, address: {} }, "ERR_INVALID_ARG_TYPE"],
];

for (const [what, options, code] of wrongConnects) {
  test(`connect() rejects ${what}`, async () => {
    const { created, stop } = watchSockets();
    assertEquals(await codeOf(connect(options)), code);
    stop();
    for (const socket of created) assertClosed(socket);
  });
}

test("a connected socket sends to its peer and hears from it alone", async () => {
  await using server = await bind(0, LOOPBACK);
  await using stranger = await bind(0, LOOPBACK);
  await using client = await connect(server.address().port, LOOPBACK);
  assertEquals(client.remoteAddress(), { ...server.address() });
  assertEquals(await client.send("hello"), 5);
  const { data, port } = await server.receive();
  assertEquals([String(data), port], ["hello", client.address().port]);
  await stranger.send("not from the peer", port, LOOPBACK);
  await server.send("from the peer", port, LOOPBACK);
  assertEquals(String((await client.receive()).data), "from the peer");
});

test("what strangers send while names are looked up is not delivered by a connected socket", async () => {
  await using server = await bind(0, LOOPBACK);
  await using stranger = await bind(0, LOOPBACK);
  const localPort = await freePort();
  let floods = 0;
  const lookup: LookupFunction = async (_hostname, _family, callback) => {
    floods++;
    for (let n = 0; n < 5; n++) {
      await stranger.send("not from the peer", localPort, LOOPBACK);
      // Once this has come, a turn later, a socket that were bound by now would have received the other.
      await new Promise<void>((turn) => setImmediate(turn));
      await stranger.send("a turn", server.address().port, LOOPBACK);
      await server.receive();
    }
    callback(null, LOOPBACK);
  };
  const names = { address: "peer.test", localAddress: "own.test" };
  await using client = await connect({ port: server.address().port, localPort, lookup, ...names });
  assertEquals(floods, 2);
  const iteration = client.datagrams();
  const answer = client.request("question", { timeout: 60_000 });
  await server.receive();
  await server.send("answer", localPort, LOOPBACK);
  await server.send("more", localPort, LOOPBACK);
  assertEquals(String((await answer).data), "answer");
  assertEquals(String((await iteration.next()).value?.data), "more");
  assertEquals(client.waiting, 0);
});

test("connect() opens nothing after an abort, however late the look-up answers", async () => {
  const backend = new ScriptedBackend();
  let answer = (): void => {};
  const lookup: LookupFunction = (hostname, _family, callback) => answer = () => callback(null, hostname);
  const controller = new AbortController();
  const { signal } = controller;
  const opening = connect({ port: 9, address: LOOPBACK, lookup, backend, signal }).catch((reason) => reason);
  controller.abort("enough");
  assertEquals(await opening, "enough");
  answer();
  assertEquals(backend.opened, 0);
});

for (const found of ["", "no address", "::1"]) {
  test(`connect() rejects with EINVAL when the look-up gives ${JSON.stringify(found)}`, async () => {
    const lookup: LookupFunction = (hostname, _, callback) =>
      callback(null, hostname === "peer.test" ? found : hostname);
    const error = await assertRejects(() => connect({ type: "udp4", port: 9, address: "peer.test", lookup }));
    assertEquals([(error as NodeJS.ErrnoException).code, (error as NodeJS.ErrnoException).syscall], [
      "EINVAL",
      "connect",
    ]);
  });
}

test("connect() binds the local end that is asked for", async () => {
  const localPort = await freePort();
  await using client = await connect({ port: 9, address: LOOPBACK, localPort, localAddress: LOOPBACK });
  assertEquals(client.address(), { address: LOOPBACK, family: "IPv4", port: localPort });
});

test("close() sends what was accepted before, and may be called again", async () => {
  await using receiver = await bind(0, LOOPBACK);
  const socket = await bind(0, LOOPBACK);
  const sent = socket.send("last", receiver.address().port, LOOPBACK);
  const closed = socket.close();
  assertEquals(await sent, 4);
  await closed;
  await socket.close();
  assertClosed(socket.raw);
  assertEquals(String((await receiver.receive()).data), "last");
});

test("a closed socket rejects what is begun on it", async () => {
  const socket = await bind({ backend: new ScriptedBackend() });
  await socket.close();
  const given = { port: 9, address: LOOPBACK };
  for (
    const begun of [
      socket.send("a", 9, LOOPBACK),
      socket.sendMany([{ data: "a", ...given }]),
      socket.request("a", given),
      socket.receive(),
    ]
  ) assertEquals(await codeOf(begun), "ERR_SOCKET_DGRAM_NOT_RUNNING");
});

test("a connected socket that is being closed rejects what is begun on it, for want of no port", async () => {
  const socket = await connect({ port: 9, address: LOOPBACK, backend: new ScriptedBackend() });
  const closed = socket.close();
  for (const when of ["in the same turn", "closed"]) {
    for (
      const begun of [socket.send("a"), socket.sendMany([{ data: "a" }]), socket.sendMany([]), socket.request("a")]
    ) assertEquals(await codeOf(begun), "ERR_SOCKET_DGRAM_NOT_RUNNING", when);
    await closed;
  }
});

test("`await using` closes the socket, also one that was closed before", async () => {
  const backend = new ScriptedBackend();
  {
    await using socket = await bind({ backend });
    assert(socket.address().port > 0);
  }
  assertEquals(backend.closed, 1);
  {
    await using socket = await bind({ backend });
    await socket.close();
  }
  assertEquals(backend.closed, 2);
});

const REASON = { toString: (): string => "a reason of my own" };

test("an aborted signal keeps bind() and connect() from opening anything", async () => {
  const signal = AbortSignal.abort(REASON);
  const { created, stop } = watchSockets();
  assertStrictEquals(await bind({ signal }).catch((reason) => reason), REASON);
  assertStrictEquals(await connect({ port: 9, signal }).catch((reason) => reason), REASON);
  stop();
  for (const socket of created) assertClosed(socket);
});

test("an abort while a name is looked up rejects bind() and connect() with its reason, and leaves nothing", async () => {
  const lookup: LookupFunction = (hostname, _family, callback) => {
    if (hostname !== "slow") callback(null, hostname);
  };
  const { created, stop } = watchSockets();
  for (
    const begin of [
      (signal: AbortSignal) => bind({ address: "slow", lookup, signal }),
      (signal: AbortSignal) => connect({ port: 9, address: "slow", lookup, signal }),
    ]
  ) {
    const counted = countedSignal();
    const opening = begin(counted.signal).catch((reason) => reason);
    counted.abort(REASON);
    assertStrictEquals(await opening, REASON);
    assertEquals(counted.listeners, 0);
  }
  stop();
  assertEquals(created.length, 2);
  for (const socket of created) assertClosed(socket);
});

test("an abort closes the socket, and all that is pending or begun later rejects with its reason", async () => {
  const backend = new ScriptedBackend();
  const counted = countedSignal();
  const socket = await bind({ backend, signal: counted.signal });
  const given = { port: 9, address: LOOPBACK };
  const iteration = socket.datagrams();
  const pending = [socket.receive(), iteration.next(), socket.request("a", given)];
  const reasons = Promise.all(pending.map((promise) => promise.catch((reason: unknown) => reason)));
  counted.abort(REASON);
  const begun = [socket.receive(), socket.send("a", 9), socket.request("a", given), socket.sendMany([])];
  for (const reason of await reasons) assertStrictEquals(reason, REASON);
  for (const promise of begun) assertStrictEquals(await promise.catch((reason) => reason), REASON);
  assertStrictEquals(await socket.datagrams().next().catch((reason) => reason), REASON);
  assertEquals((await iteration.next()).done, true);
  await socket.close();
  assertEquals([backend.closed, counted.listeners], [1, 0]);
});

test("a send that waits when the socket's signal is aborted rejects with its reason", async () => {
  const lookup: LookupFunction = (hostname, _family, callback) => {
    if (hostname !== "slow") callback(null, hostname);
  };
  const controller = new AbortController();
  const socket = await bind({ backend: new ScriptedBackend(), lookup, signal: controller.signal });
  const sends = [
    socket.send("x", 9, "slow"),
    socket.sendMany([{ data: "x", port: 9, address: "slow" }]),
    socket.send("x", 9, "slow", { signal: new AbortController().signal }),
  ];
  const reasons = Promise.all(sends.map((send) => send.catch((reason: unknown) => reason)));
  controller.abort(REASON);
  for (const reason of await reasons) assertStrictEquals(reason, REASON);
});

test("a look-up that aborts the send that asks it has that reject with the reason", async () => {
  const controller = new AbortController();
  const lookup: LookupFunction = (hostname, _family, callback) => {
    if (hostname === "aborting") controller.abort(REASON);
    setTimeout(() => callback(null, hostname === "aborting" ? LOOPBACK : hostname));
  };
  await using socket = await bind({ backend: new ScriptedBackend(), lookup });
  const sent = socket.send("x", 9, "aborting", { signal: controller.signal });
  assertStrictEquals(await sent.catch((reason: unknown) => reason), REASON);
});

test("what waits in the inbox of a closed socket is read also when its signal is aborted later", async () => {
  const backend = new ScriptedBackend();
  const controller = new AbortController();
  const socket = await bind({ backend, signal: controller.signal });
  backend.arrive("waits");
  await socket.close();
  controller.abort(REASON);
  assertEquals(String((await socket.receive()).data), "waits");
  assertEquals(await socket.receive().catch((error) => error.code), "ERR_SOCKET_DGRAM_NOT_RUNNING");
});

test("a send of a list that holds itself rejects", async () => {
  await using socket = await bind({ backend: new ScriptedBackend() });
  const list: unknown[] = [];
  list.push(list);
  assert(await socket.send(list as string[], 9).catch((error) => error) instanceof Error);
});

test("a close takes the socket's listeners off its signal", async () => {
  const counted = countedSignal();
  const socket = await bind({ backend: new ScriptedBackend(), signal: counted.signal });
  await socket.close();
  assertEquals(counted.listeners, 0);
});

test("the members of node:dgram are passed on with what is given and what is answered", async () => {
  await using socket = await bind({ backend: new ScriptedBackend() });
  const { raw } = socket as unknown as { raw: Record<string, unknown> };
  const silent = [
    "addMembership",
    "dropMembership",
    "addSourceSpecificMembership",
    "dropSourceSpecificMembership",
    "setBroadcast",
    "setMulticastInterface",
    "setRecvBufferSize",
    "setSendBufferSize",
  ];
  const calls: readonly (readonly [name: string, ...given: unknown[]])[] = [
    ["addMembership", "239.1.1.1", LOOPBACK],
    ["dropMembership", "239.1.1.1", LOOPBACK],
    ["addSourceSpecificMembership", LOOPBACK, "232.1.1.1", LOOPBACK],
    ["dropSourceSpecificMembership", LOOPBACK, "232.1.1.1", LOOPBACK],
    ["setBroadcast", true],
    ["setMulticastInterface", LOOPBACK],
    ["setRecvBufferSize", 4096],
    ["setSendBufferSize", 4096],
    ["setTTL", 3],
    ["setMulticastTTL", 3],
    ["setMulticastLoopback", false],
    ["address"],
    ["remoteAddress"],
    ["getRecvBufferSize"],
    ["getSendBufferSize"],
    ["getSendQueueSize"],
    ["getSendQueueCount"],
  ];
  for (const [name, ...given] of calls) {
    const answer = {};
    let seen: unknown[] = [];
    raw[name] = (...values: unknown[]): unknown => {
      seen = values;
      return answer;
    };
    const result = (socket as unknown as Record<string, (...given: unknown[]) => unknown>)[name](...given);
    assertEquals(seen, given, name);
    assertStrictEquals(result, silent.includes(name) ? undefined : answer, name);
    delete raw[name];
  }
  assertStrictEquals(socket.ref(), socket);
  assertStrictEquals(socket.unref(), socket);
});

test("a membership joined through the socket brings the group's datagrams", {
  skip: capabilities.features.multicastInterface === "unavailable" ? "no multicast interface here" : false,
}, async () => {
  const group = "239.255.41.7";
  await using receiver = await bind(0);
  await using sender = await bind(0);
  receiver.addMembership(group, LOOPBACK);
  sender.setMulticastInterface(LOOPBACK);
  await sender.send("to the group", receiver.address().port, group);
  assertEquals(String((await receiver.receive()).data), "to the group");
  receiver.dropMembership(group, LOOPBACK);
});

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  const error = await promise.then(() => undefined, (error) => error);
  return error?.code;
}

function assertClosed(socket: Socket): void {
  let code: string | undefined;
  try {
    socket.address();
  } catch (error) {
    code = (error as NodeJS.ErrnoException).code;
  }
  assertEquals(code, "ERR_SOCKET_DGRAM_NOT_RUNNING");
}

test("a foreign listener that throws keeps nobody waiting for what opens a socket", async () => {
  const { stdout, stderr, code } = await spawnSelf("promises/foreign_listener", [], { timeout: 100_000 });
  assertEquals([stderr, code], ["", 0]);
  assertEquals(JSON.parse(stdout), { ended: ["bind", "connect", "opened"], threw: true });
});
