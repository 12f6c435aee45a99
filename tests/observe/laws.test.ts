/**
 * That counts add up, whatever a program does: what was given is what left, was dropped, failed or waits; what arrived was
 * told, dropped or is held; the channels say the same, and the kernel, which is a scripted one.
 */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { createSocket, type SendCallback, type Socket, type SocketOptions } from "@x/dgram";
import { type Guard, guard } from "@x/dgram/guard";
import { type Capture, capture, type ChannelMessages, type Observation, observe } from "@x/dgram/observe";
import diagnostics from "node:diagnostics_channel";
import { BlockList } from "node:net";
import os from "node:os";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { within } from "../support/within.ts";

const HERE = "127.0.0.1";
const BLOCKED = "192.0.2.1";
/** The list of the program's own throws there. */
const THROWN_AT = "192.0.2.2";
/** More than one turn's callbacks take. */
const TURNS = 8;
const EPERM = -os.constants.errno.EPERM;
const ECONNREFUSED = -os.constants.errno.ECONNREFUSED;
/** A bounded run: some seconds on the slowest runtime. */
const RUNS = 150;
const SEED = 17;

const address = fc.constantFrom(HERE, HERE, HERE, BLOCKED, THROWN_AT, "::1", "a.name", "no.name", "bad.name");
const message = fc.record({
  size: fc.constantFrom(0, 1, 8, 100, 65_508),
  address,
  segmentSize: fc.constantFrom(undefined, undefined, undefined, 30),
});
type Message = typeof message extends fc.Arbitrary<infer Value> ? Value : never;

/** What is done with a socket, with its kernel or with the names that it waits for. */
type Op =
  | { readonly call: "send"; readonly message: Message; readonly watched: boolean; readonly then?: Op | undefined }
  | { readonly call: "sendMany"; readonly messages: readonly Message[] }
  | { readonly call: "arrive"; readonly from: string; readonly together: boolean }
  | { readonly call: "answer" | "end"; readonly result: number }
  | { readonly call: "drain" | "names" | "connect" | "disconnect" | "pause" | "resume" | "turn" | "fail" }
  | { readonly call: "close" | "abort" | "nothing" };

const simple = fc.constantFrom(
  ...(["drain", "names", "connect", "disconnect", "pause", "resume", "turn", "turn", "turn", "fail"] as const),
).map((call): Op => ({ call }));
const ending = fc.constantFrom("close" as const, "abort" as const, "nothing" as const).map((call): Op => ({ call }));

function ops(then: fc.Arbitrary<Op | undefined>): fc.Arbitrary<Op> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ call: fc.constant("send" as const), message, watched: fc.boolean(), then }) },
    {
      weight: 3,
      arbitrary: fc.record({
        call: fc.constant("sendMany" as const),
        messages: fc.oneof(
          fc.array(message, { minLength: 1, maxLength: 4 }),
          message.map((one) => new Array<Message>(70).fill(one)),
        ),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        call: fc.constant("arrive" as const),
        from: fc.constantFrom(HERE, HERE, BLOCKED, THROWN_AT),
        together: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ call: fc.constant("answer" as const), result: fc.constantFrom(0, 0, 1, 1, EPERM) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ call: fc.constant("end" as const), result: fc.constantFrom(0, 0, ECONNREFUSED) }),
    },
    { weight: 10, arbitrary: simple },
    { weight: 1, arbitrary: ending },
  );
}

const programs = fc.record({
  kernel: fc.constantFrom(undefined, undefined, "serial" as const, "full" as const),
  bind: fc.constantFrom("first" as const, "first" as const, "first" as const, "implicit" as const),
  lookup: fc.boolean(),
  lists: fc.boolean(),
  batchMessages: fc.boolean(),
  maxSendQueueCount: fc.constantFrom(0, 0, 1, 5),
  guard: fc.constantFrom("none" as const, "none" as const, "before" as const, "after" as const),
  /** Done when the send block list is asked for the second time. */
  asked: fc.option(ops(fc.constant(undefined)), { nil: undefined }),
  ops: fc.array(ops(fc.option(ops(fc.constant(undefined)), { nil: undefined })), { minLength: 1, maxLength: 25 }),
});
type Program = typeof programs extends fc.Arbitrary<infer Value> ? Value : never;

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, one) => all + one, 0);
const datagramsOf = ({ size, segmentSize }: Message): number => Math.ceil(size / (segmentSize ?? Infinity)) || 1;
const codeOf = (error: unknown): string => String((error as { code?: unknown }).code);

/** What the channels were told of one socket. */
class Told {
  sent = 0;
  failed = 0;
  message = 0;
  readonly in: Record<string, number> = {};
  readonly out: Record<string, number> = {};
  droppedBytes = 0;
  readonly closed: unknown[] = [];
}

class Play {
  readonly #program: Program;
  readonly #controller = new AbortController();
  readonly #backend = new ScriptedBackend({ pause: "native", sendOffload: "native" });
  readonly #socket: Socket;
  readonly #observation: Observation;
  readonly #captured: Capture;
  readonly #told = new Told();
  readonly #guard: Guard | undefined;
  /** Look-ups that are not answered. */
  readonly #names: (() => void)[] = [];
  readonly #promises: Promise<unknown>[] = [];
  #given = 0;
  #asked = 0;
  #arrived = 0;
  #heard = 0;
  #ended = 0;
  #awaited = 0;
  #isClosed = false;

  constructor(program: Program) {
    this.#program = program;
    this.#backend.deferred = program.kernel;
    this.#socket = createSocket({
      type: "udp4",
      backend: this.#backend,
      signal: this.#controller.signal,
      batchMessages: program.batchMessages,
      maxSendQueueCount: program.maxSendQueueCount,
      ...(program.lookup ? { lookup: this.#lookUp as never } : {}),
      ...(program.lists ? { sendBlockList: this.#sendList(), receiveBlockList: this.#receiveList() } : {}),
    } as SocketOptions);
    const watch = (): Guard => guard(this.#socket, { rate: { datagrams: 10 }, samePort: true });
    const before = program.guard === "before" ? watch() : undefined;
    this.#observation = observe(this.#socket);
    this.#guard = program.guard === "after" ? watch() : before;
    this.#captured = capture(this.#socket);
    this.#socket.on("error", () => {});
    this.#socket.on("message", () => this.#heard++);
    this.#socket.on("messages", (messages) => this.#heard += messages.length);
    this.#socket.on("close", () => this.#isClosed = true);
  }

  async run(): Promise<void> {
    const channels = {
      send: ({ error }: ChannelMessages["x-dgram:socket:send"]) =>
        error === null ? this.#told.sent++ : this.#told.failed++,
      message: () => this.#told.message++,
      drop: ({ direction, reason, size }: ChannelMessages["x-dgram:socket:drop"]) => {
        const counts = this.#told[direction];
        counts[reason] = (counts[reason] ?? 0) + 1;
        if (direction === "in") this.#told.droppedBytes += size;
      },
      close: ({ stats }: ChannelMessages["x-dgram:socket:close"]) => this.#told.closed.push(stats),
    };
    const subscribed = Object.entries(channels).map(([name, tell]) => {
      const channel = diagnostics.channel(`x-dgram:socket:${name}`);
      const heard = (event: unknown): void => {
        if ((event as { socket: Socket }).socket === this.#socket) tell(event as never);
      };
      channel.subscribe(heard);
      return () => void channel.unsubscribe(heard);
    });
    try {
      if (this.#program.bind === "first") this.#socket.bindSync({ address: HERE });
      for (const op of this.#program.ops) {
        this.#carryOut(op);
        if (op.call === "turn") await this.#rest();
      }
      await this.#end();
    } finally {
      for (const unsubscribe of subscribed) unsubscribe();
    }
  }

  /** Everything is answered and has left, and the socket is closed. */
  async #end(): Promise<void> {
    this.#carryOut({ call: "close" });
    const closed = new Promise<void>((done) => this.#isClosed ? done() : this.#socket.on("close", done));
    for (let left = 500; left > 0 && !this.#isClosed; left--) {
      for (const call of ["names", "drain"] as const) this.#carryOut({ call });
      while (this.#flying > 0) this.#carryOut({ call: "end", result: 0 });
      await turn();
    }
    await within(closed, "'close'");
    await within(Promise.all(this.#promises), "the ends of sendMany()");
    await this.#rest();
    const stats = this.#observation.read();
    const { sent, waiting } = stats;
    assertEquals(sent.datagrams + sum(sent.dropped) + sum(sent.failed), this.#given, "all that was given");
    assertEquals(waiting, { held: 0, count: 0, size: 0 });
    assertEquals(this.#ended, this.#awaited, "callbacks");
    assertEquals(this.#told.closed, [stats]);
  }

  async #rest(): Promise<void> {
    for (let turns = 0; turns < TURNS; turns++) await turn();
    const { received, sent, waiting } = this.#observation.read();
    const told = this.#told;
    const by = (counts: Readonly<Record<string, number>>): unknown =>
      Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
    assertEquals(received.datagrams, this.#arrived);
    assertEquals([received.delivered, told.message], [this.#heard, this.#heard]);
    assertEquals(by(told.in), by(received.dropped));
    assertEquals(received.datagrams, received.delivered + sum(received.dropped) + waiting.held);
    // Each that arrives has one byte.
    assertEquals([received.bytes, told.droppedBytes], [this.#arrived, sum(received.dropped)]);
    if (sent.rows === 0 && !JSON.stringify(this.#program).includes('"segmentSize":30')) {
      assertEquals([told.sent, told.failed, by(told.out)], [sent.datagrams, sum(sent.failed), by(sent.dropped)]);
    }
    const all = this.#captured.packets + this.#captured.dropped;
    assertEquals(all, received.datagrams + sent.datagrams, "captured");
    if (this.#program.kernel === undefined) {
      const taken = this.#backend.sent.reduce((bytes, { text }) => bytes + text.length, 0);
      assertEquals(sent.bytes, taken, "bytes that the kernel took");
    } else {
      const most = sent.batches.reduce((count, batch) => count + batch.upTo * batch.count, 0);
      assertEquals(most, this.#told.sent, "batches of a kernel that takes one at a time");
    }
    if (this.#guard) {
      const { admitted, sourcePort, ownAddress, samePort, rate, validatedRate } = this.#guard.counts;
      const seen = admitted + sourcePort + ownAddress + samePort + rate + validatedRate;
      assertEquals(seen, received.delivered + received.dropped.guard, "what the guard has seen");
    }
  }

  get #flying(): number {
    return this.#program.kernel === undefined ? 0 : this.#backend.flying;
  }

  /** What is refused with a code is no business of this test. */
  #carryOut(op: Op): void {
    try {
      this.#call(op);
    } catch (error) {
      if (!/^ERR_|^E[A-Z]+$/.test(codeOf(error))) throw error;
    }
  }

  #call(op: Op): void {
    const socket = this.#socket;
    const backend = this.#backend;
    const isOpen = backend.opened > 0 && backend.closed === 0;
    switch (op.call) {
      case "send":
        return this.#send(op);
      case "sendMany":
        return this.#sendMany(op.messages);
      case "arrive": {
        // What a list throws at comes back from each but those of a batch, which nobody here hears.
        if (!isOpen || this.#program.batchMessages && op.from === THROWN_AT) return;
        const from = op.together && this.#program.batchMessages ? [op.from, HERE, op.from] : [op.from];
        this.#arrived += from.length;
        if (from.length > 1) return backend.arriveTogether(from.map(() => "x"), from);
        try {
          backend.arrive("x", 1000, op.from);
        } catch (error) {
          assertEquals(codeOf(error), "MINE");
        }
        return;
      }
      case "answer":
        backend.answer = op.result;
        return;
      case "drain":
        if (backend.answer <= 0) backend.answer = 1;
        return isOpen ? backend.drain() : undefined;
      case "end":
        return this.#flying > 0 ? backend.end(op.result) : undefined;
      case "names":
        for (const answer of this.#names.splice(0)) answer();
        return;
      case "connect":
        if (this.#program.bind === "first") socket.connectSync(1000, HERE);
        return;
      case "disconnect":
        return socket.disconnect();
      case "pause":
      case "resume":
        // What is held when a list throws at it reaches the process.
        if (!this.#program.lists) socket[op.call]();
        return;
      case "close":
        return void socket.close();
      case "abort":
        return this.#controller.abort();
      case "fail":
        return isOpen ? backend.fail(ECONNREFUSED) : undefined;
    }
  }

  #to(message: Message): { readonly port?: number; readonly address?: string } {
    try {
      this.#socket.remoteAddress();
      return {};
    } catch {
      return { port: 9, address: message.address.endsWith(".name") && !this.#program.lookup ? HERE : message.address };
    }
  }

  #send({ message, watched, then }: Extract<Op, { call: "send" }>): void {
    const { port, address } = this.#to(message);
    let calls = 0;
    const callback: SendCallback | undefined = watched
      ? () => {
        assertEquals(++calls, 1);
        this.#ended++;
        if (then) this.#carryOut(then);
      }
      : undefined;
    const data = "x".repeat(message.size);
    this.#given++;
    if (watched) this.#awaited++;
    try {
      if (port === undefined) this.#socket.send(data, callback);
      else this.#socket.send(data, port, address, callback);
    } catch (error) {
      this.#given--;
      if (watched) this.#awaited--;
      throw error;
    }
  }

  #sendMany(messages: readonly Message[]): void {
    const given = messages.reduce((count, message) => count + datagramsOf(message), 0);
    this.#given += given;
    const many = messages.map((message) => ({
      data: "x".repeat(message.size),
      ...this.#to(message),
      ...(message.segmentSize === undefined ? {} : { segmentSize: message.segmentSize }),
    }));
    this.#promises.push(
      this.#socket.sendMany(many).then((count) => assertEquals(count, messages.length), (error) => {
        // None of them was accepted.
        if (error.sent === undefined) this.#given -= given;
      }),
    );
  }

  readonly #lookUp = (
    name: string,
    _family: unknown,
    done: (error: Error | null, address: string, family: number) => void,
  ): void => {
    const answer = (): void => {
      const error = name === "no.name" ? Object.assign(new Error("no such name"), { code: "ENOTFOUND" }) : null;
      done(error, name === "a.name" ? HERE : name, 4);
      // Once is enough.
      done(null, BLOCKED, 4);
    };
    if (name === "a.name" || name === "no.name") this.#names.push(answer);
    else answer();
  };

  #sendList(): BlockList {
    const list = new BlockList();
    list.check = (address) => {
      if (++this.#asked === 2 && this.#program.asked) this.#carryOut(this.#program.asked);
      if (address === THROWN_AT) throw Object.assign(new Error("of a list"), { code: "MINE" });
      return address === BLOCKED;
    };
    return list;
  }

  #receiveList(): BlockList {
    const list = new BlockList();
    list.check = (address) => {
      if (address === THROWN_AT) throw Object.assign(new Error("of a list"), { code: "MINE" });
      return address === BLOCKED;
    };
    return list;
  }
}

test(`the counts of ${RUNS} random programs add up`, async () => {
  await fc.assert(fc.asyncProperty(programs, (program) => new Play(program).run()), {
    numRuns: RUNS,
    seed: SEED,
    endOnFailure: false,
  });
});
