/** What a hostile other side, or one that errs, may write to the channel: each side keeps what it has, and says so. */
import { assert, assertEquals } from "@std/assert";
import { createSocket, type Socket } from "@x/dgram";
import { handoffCapabilities, receiveSockets, sendSocket } from "@x/dgram/handoff";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { KEY } from "../support/handoff_key.ts";
import { within } from "../support/within.ts";

const HOST = "127.0.0.1";

const { features, notes } = handoffCapabilities;
const noProcess = features.handoffToProcess === "unavailable" && notes.handoffToProcess!;
const noThread = features.handoffToThread === "unavailable" && notes.handoffToThread!;

type Members = Readonly<Record<string, unknown>>;

/** What can't be made a text of. */
const UNSPOKEN = { toString: 5, valueOf: 5 };
const LONG = "x".repeat(1_000_000);

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

function bound(): Socket {
  const socket = createSocket("udp4");
  socket.bindSync({ address: HOST });
  return socket;
}

/** Whether a socket sends, and what is sent to it reaches it. */
async function works(socket: Socket): Promise<boolean> {
  const heard = new Promise<boolean>((done) => {
    socket.on("message", function listen(message) {
      if (String(message) !== "to itself") return;
      socket.off("message", listen);
      done(true);
    });
  });
  socket.send("to itself", socket.address().port, HOST);
  return await within(heard, "a datagram");
}

/** A process, as far as can be told, and what it is told. */
class Process extends EventEmitter {
  readonly connected = true;
  readonly told: Members[] = [];

  send(value: { readonly [KEY]: Members }): void {
    this.told.push(value[KEY]);
  }

  tell(step: unknown): void {
    this.emit("message", { [KEY]: step });
  }
}

/** What a receiver may answer; `id` is put in where there is none. */
const answers: readonly unknown[] = [
  null,
  5,
  "ready",
  [],
  {},
  { id: null, step: "ready" },
  { id: 5, step: "ready" },
  { id: UNSPOKEN, step: "ready" },
  { id: LONG, step: "ready" },
  { id: "", step: "ready" },
  ...[null, 5, {}, [], "", "toString", "__proto__", "offer", "coming", "given", "withdrawn"].map((step) => ({ step })),
  { step: "taken" },
  { step: "has" },
  ...[undefined, null, 5, UNSPOKEN, LONG, []].map((runtime) => ({ step: "ready", runtime })),
  ...[null, 5, UNSPOKEN, "", "zz", LONG, "0".repeat(31), "0".repeat(32), "0".repeat(1000)].flatMap((at) =>
    ["node", "deno"].map((runtime) => ({ step: "ready", runtime, at }))
  ),
  ...[null, 1e300, "x", UNSPOKEN].map((cuts) => ({ step: "ready", runtime: "node", cuts })),
  ...[undefined, null, 5, UNSPOKEN, LONG, []].map((reason) => ({ step: "refused", reason })),
];

test(
  "whatever is answered to it, a socket that has not been taken stays with its giver",
  { skip: noProcess },
  async () => {
    for (const answer of answers) {
      const shown = String(JSON.stringify(answer)).slice(0, 80);
      const peer = new Process();
      const socket = bound();
      const left = sendSocket(socket, peer).then(() => ({ code: "none", message: "" }), ({ code, message }) => ({
        code,
        message: String(message),
      }));
      const [{ id }] = peer.told;
      const isStep = typeof answer === "object" && answer !== null && !Array.isArray(answer);
      // Twice, since who errs may repeat itself.
      for (let i = 0; i < 2; i++) peer.tell(isStep ? { id, ...answer } : answer);
      await turn();
      peer.emit("disconnect");
      const { code, message } = await within(left, shown);
      assert(/^E[A-Z_]+$/.test(code), `${shown}: ${code} ${message}`);
      assert(message.length < 2000, shown);
      assertEquals([shown, socket.isPaused()], [shown, false]);
      assert(await works(socket), shown);
      socket.close();
    }
  },
);

/** What a giver may offer. */
const offers: readonly Members[] = [
  ...[undefined, null, 5, "", "udp5", "__proto__", UNSPOKEN, ["udp4"]].map((type) => ({ type })),
  ...[
    5,
    "127.0.0.1",
    {},
    [],
    { port: 9 },
    { address: HOST },
    { address: 5, port: 9 },
    { address: "", port: 9 },
    { address: "localhost", port: 9 },
    { address: "::1", port: 9 },
    { address: LONG, port: 9 },
    { address: UNSPOKEN, port: 9 },
    ...[null, "9", -1, 0, 0.5, 65_536, 1e300, UNSPOKEN].map((port) => ({ address: HOST, port })),
  ].map((peer) => ({ type: "udp4", peer })),
];

test("what is no offer is refused, and the next socket is waited for", { skip: noProcess }, () => {
  const peer = new Process();
  const stop = receiveSockets(peer, () => assert(false, "there was none"));
  for (const offer of offers) {
    peer.tell({ step: "offer", id: "0", peer: null, ...offer });
    const { step, id, reason } = peer.told.pop()!;
    assertEquals({ step, id, reason }, { step: "refused", id: "0", reason: "the offer is malformed" });
  }
  for (const id of [undefined, null, 5, "", LONG, UNSPOKEN, []]) {
    for (const step of ["offer", "coming", "given", "withdrawn"]) peer.tell({ step, id, type: "udp4", peer: null });
  }
  assertEquals(peer.told, []);
  peer.tell({ step: "offer", id: "1", type: "udp4", peer: null });
  assertEquals(peer.told.map(({ step }) => step), ["ready"]);
  stop();
  peer.emit("disconnect");
  assertEquals(peer.listenerCount("message"), 0);
});

test("a maker of sockets that makes none, or throws anything, has the socket refused", { skip: noProcess }, () => {
  let made: () => unknown = () => createSocket("udp4");
  const peer = new Process();
  const stop = receiveSockets(peer, () => {}, { createSocket: () => made() as Socket });
  for (
    const make of [() => null, () => ({}), () => {
      throw new Error("no more");
    }, () => {
      throw null;
    }]
  ) {
    made = make;
    peer.tell({ step: "offer", id: "0", type: "udp4", peer: null });
    assertEquals(peer.told.pop()?.step, "refused");
  }
  stop();
});

test("another process can't name a descriptor of this one, nor have one bound that it has not sent", {
  skip: noProcess,
}, async () => {
  const own = bound();
  const peer = new Process();
  const stop = receiveSockets(peer, () => assert(false, "there was none"));
  const came: unknown[] = [undefined, null, "3", -1, 0, 0.5, 1e300, 2 ** 31];
  for (let fd = 1; fd < 100; fd++) came.push(fd);
  for (const fd of came) {
    peer.tell({ step: "offer", id: "0", type: "udp4", peer: null });
    assertEquals(peer.told.pop()?.step, "ready");
    peer.tell({ step: "coming", id: "0", fd });
    assertEquals([fd, peer.told.pop()?.step], [fd, "refused"]);
  }
  let closed = 0;
  const handles = [{}, { fd: "3" }, { fd: -1 }, { fd: UNSPOKEN }, { close: () => closed++ }, {
    destroy: () => closed++,
  }];
  for (const handle of handles) {
    peer.tell({ step: "offer", id: "0", type: "udp4", peer: null });
    peer.told.pop();
    peer.emit("message", { [KEY]: { step: "coming", id: "0" } }, handle);
    assertEquals(peer.told.pop()?.step, "refused");
  }
  // Of nobody's offer.
  peer.emit("message", { [KEY]: { step: "coming", id: "1" } }, { close: () => closed++ });
  assertEquals(closed, 3);
  stop();
  assert(await works(own));
  own.close();
});

/** Two ends of a channel within this thread, which has each step be others. */
function channel(change: (step: Members) => readonly unknown[]): { ends: [Port, Port]; close(): void } {
  const ends: [Port, Port] = [new Port(change), new Port(change)];
  ends[0].other = ends[1];
  ends[1].other = ends[0];
  return { ends, close: () => ends.forEach((end) => end.emit("close")) };
}

class Port extends EventEmitter {
  other!: Port;
  readonly #change: (step: Members) => readonly unknown[];

  constructor(change: (step: Members) => readonly unknown[]) {
    super();
    this.#change = change;
  }

  postMessage(value: unknown): void {
    for (const step of this.#change((value as { readonly [KEY]: Members })[KEY])) {
      setImmediate(() => this.other.emit("message", { [KEY]: step }));
    }
  }
}

interface Handed {
  /** How it ended for the giver. */
  readonly left: string;
  /** What the receiver's listener was given, and what that had heard by the time that it heard what was sent to it. */
  readonly sockets: number;
  readonly heard: readonly string[];
}

/** Hands a socket over a channel, which `change` is told of; what has it work in the end is the receiver's, or the giver's. */
async function handOver(
  change: (step: Members, close: () => void) => readonly unknown[],
  paused: readonly string[] = [],
): Promise<Handed> {
  const { ends: [from, to], close } = channel((step) => change(step, close));
  const heard: string[] = [];
  const arrived: Socket[] = [];
  const stop = receiveSockets(to, (socket) => {
    socket.on("message", (message) => heard.push(String(message)));
    arrived.push(socket);
  });
  const leaving = bound();
  if (paused.length > 0) leaving.pause();
  for (const text of paused) {
    const sender = createSocket("udp4");
    await new Promise<void>((done) => sender.send(text, leaving.address().port, HOST, () => done()));
    sender.close();
  }
  let left = "";
  try {
    const end = sendSocket(leaving, from).then(() => "gone", ({ code }) => String(code));
    left = await within(end, "the giver's end");
    // The giver's end is before the receiver's where the one is told while the other is written to.
    while (left === "gone" && arrived.length === 0) await turn();
    assert(await works(arrived[0] ?? leaving), "it works");
    return { left, sockets: arrived.length, heard };
  } finally {
    stop();
    close();
    for (const socket of left === "gone" ? arrived : [leaving, ...arrived]) socket.close();
  }
}

const FROM = { address: HOST, family: "IPv4", port: 9, size: 3 };

/** What a giver may say that it had read; well-formed ones are told, as "abc". */
const held: readonly unknown[] = [
  undefined,
  null,
  5,
  "abc",
  {},
  { length: 2 ** 31 },
  new Array(2 ** 32 - 1),
  [null, 5, "abc", [], {}, { data: "YWJj" }, { data: "YWJj", from: null }, { from: FROM }],
  [undefined, 5, {}, "YWJ", "YWJjZA==", LONG].map((data) => ({ data, from: FROM })),
  [undefined, null, "3", -1, 0, 2.5, 4, 65_536, 2 ** 31, 1e300, Infinity, NaN].map((size) => ({
    data: "YWJj",
    from: { ...FROM, size },
  })),
  [undefined, null, 5, "", "localhost", UNSPOKEN].map((address) => ({ data: "YWJj", from: { ...FROM, address } })),
  [undefined, null, "9", -1, 0.5, 65_536, 1e300].map((port) => ({ data: "YWJj", from: { ...FROM, port } })),
  [null, 5, "", "x", "1e5", "-1", "9".repeat(100), UNSPOKEN].map((receivedAt) => ({
    data: "YWJj",
    from: { ...FROM, receivedAt },
  })),
];

test("of what a giver says that it had read, what can't be is not told, and the socket works", {
  skip: noThread,
}, async () => {
  for (const list of held) {
    const { left, sockets, heard } = await handOver((step) => [step.step === "given" ? { ...step, held: list } : step]);
    assertEquals({ left, sockets, heard }, { left: "gone", sockets: 1, heard: ["to itself"] });
  }
  const good = ["0", "1", undefined].map((receivedAt) => ({ data: "YWJj", from: { ...FROM, receivedAt } }));
  const { heard } = await handOver((step) => [step.step === "given" ? { ...step, held: good } : step]);
  assertEquals(heard, ["abc", "abc", "abc", "to itself"]);
});

test("a number that is no descriptor is refused, and the socket is as it was", { skip: noThread }, async () => {
  for (const fd of [undefined, null, "3", {}, -1, 0, 0.5, 2 ** 31, 1e300, NaN, 2 ** 31 - 1]) {
    const { left, sockets } = await handOver((step) => [step.step === "coming" ? { ...step, fd } : step]);
    assertEquals([fd, left, sockets], [fd, "ERR_SOCKET_DGRAM_HANDOFF", 0]);
  }
});

test("a step that is told twice is carried out once", { skip: noThread }, async () => {
  for (const twice of ["offer", "ready", "coming", "taken", "given", "has"]) {
    const result = await handOver((step) => step.step === twice ? [step, step] : [step], ["first", "second"]);
    assertEquals([twice, result], [twice, { left: "gone", sockets: 1, heard: ["first", "second", "to itself"] }]);
  }
});

test(
  "a step that is never told leaves the socket with one side, once the channel ends",
  { skip: noThread },
  async () => {
    for (const lost of ["offer", "ready", "coming", "given", "has"]) {
      const { left, sockets } = await handOver((step, close) => {
        if (step.step !== lost) return [step];
        setImmediate(close);
        return [];
      });
      const isGone = lost === "given" || lost === "has";
      assertEquals([lost, left, sockets], [lost, isGone ? "gone" : "ERR_SOCKET_DGRAM_HANDOFF", isGone ? 1 : 0]);
    }
  },
);

test("steps out of their order are none", { skip: noThread }, async () => {
  const early = [{ step: "taken" }, { step: "has" }, { step: "given", held: [] }, { step: "coming", fd: 2 ** 30 }];
  const result = await handOver((step) =>
    step.step === "offer" ? [...early.map((each) => ({ ...each, id: step.id })), step] : [step]
  );
  assertEquals(result, { left: "gone", sockets: 1, heard: ["to itself"] });
});

test("a peer that nobody can be connected to leaves the socket without one, and with the receiver", {
  skip: noThread,
}, async () => {
  // To a broadcast address, without setBroadcast().
  const peer = { address: "255.255.255.255", family: "IPv4", port: 9 };
  const { left, sockets } = await handOver((step) => [step.step === "offer" ? { ...step, peer } : step]);
  assertEquals({ left, sockets }, { left: "gone", sockets: 1 });
});
