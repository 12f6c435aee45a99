/** Plays a program on a dgram module, and tells what was seen: the same on every module that behaves like node:dgram. */
import process from "node:process";
import type { AnySocket, DgramModule } from "../conformance/stage.ts";
import { show } from "../conformance/show.ts";
import { Actor } from "./actor.ts";
import { afterArrivals } from "./after_arrivals.ts";
import { callOf } from "./calls.ts";
import { comesTooSoon, deviation, isOfClosed, lackingFor, wasClosedWithin } from "./limits.ts";
import type { Op, Port, Program, Rest, Then } from "./program.ts";

/** What was seen, one event a line, each with its socket's label first. */
export type Lines = readonly string[];

const LABELS = "abcd";
const nameOf = ({ call, number }: Op): string => `${call} #${number}`;
/** Systems choose ports from here on. */
const CHOSEN_PORTS = 32_768;
const CLOSED_PORT = 9;
const TURNS = 6;
const isDeno = process.versions.deno !== undefined;
/** Deno reads each socket by a task of its own, which may have its turn after others have read twice. */
const ROUNDS = isDeno ? 6 : 2;
const PATIENCE = 15_000;

/** Ports have names; one that no socket is known to have had has another. */
class PortNames extends Map<number, string> {
  override get(port: number): string | undefined {
    return super.get(port) ?? (port >= CHOSEN_PORTS && port < 65_507 ? "<a port>" : undefined);
  }
}

/**
 * The first word of a line: the socket, and what its place in the trace depends on beside that socket's own doing: whose
 * listeners and callbacks it comes from, with an asterisk where one was told what came from the network, and an exclamation
 * mark where one was told that a datagram had left, or that a socket was closed.
 */
const prefix = (label: string, path: string): string => path === "" || path === label ? label : `${label}/${path}`;

/** Plays programs one after the other on one module. */
export class Player {
  readonly #dgram: DgramModule;
  #helper: AnySocket | undefined;
  #lines: string[] = [];
  #actors: Actor[] = [];
  /** What a line begins with that tells of an error. */
  #owners = new WeakMap<object, string>();
  /** Whose listeners and callbacks the calls are made from that are being made. */
  #path = "";
  #own = false;
  #patient = false;
  #lacking: readonly string[] = [];
  readonly #names = { objects: new Map<unknown, string>(), numbers: new PortNames(), learn: () => this.#learnPorts() };

  constructor(dgram: DgramModule) {
    this.#dgram = dgram;
    process.on("uncaughtException", (error) => this.#uncaught("uncaughtException", error));
    process.on("unhandledRejection", (error) => this.#uncaught("unhandledRejection", error));
  }

  /** Plays one, and closes what it opened. */
  async play({ sockets, turns, own = false, patient = false, lacking = [] }: Program): Promise<Lines> {
    this.#own = own;
    this.#patient = patient;
    this.#lacking = lacking;
    this.#lines = [];
    const lines = this.#lines;
    this.#names.objects.clear();
    this.#names.numbers.clear();
    this.#actors = sockets.map((plan, place) => {
      const label = LABELS[place];
      const actor = new Actor(label, plan, (options) => this.#dgram.createSocket(options), {
        record: (text, values) => lines === this.#lines && this.#record(label, text, values, ""),
        carryOut: (then, path) => lines === this.#lines && this.#carryOut(label, then, path),
        belongs: (error) => this.#owners.set(error as object, label),
      }, !own);
      this.#names.objects.set(actor.socket, `<${label}>`);
      return actor;
    });
    for (const { ops, then } of turns) {
      for (const op of ops) this.#do(op);
      await this.#rest(patient ? "quiet" : then);
    }
    await this.#quiet();
    await this.#end();
    return this.#lines;
  }

  /** No program follows. */
  stop(): void {
    this.#helper?.close();
  }

  #do(op: Op): void {
    const self = this.#actors[op.on % this.#actors.length];
    const name = nameOf(op);
    const to = this.#receiverOf(op, self);
    const left = this.#own ? undefined : this.#whyLeftOut(op, self, to);
    if (left !== undefined) return this.#record(self.label, `${name} is left out: ${left}`);
    const { method, values } = callOf(op, self, {
      port: (port) => this.#portOf(self, port, op),
      callback: (then) => then && this.#callback(self, op, then),
    });
    const { connecting: wasConnecting, closing: wasClosing } = self;
    // Of a program that is over nothing belongs into the trace of the next.
    const lines = this.#lines;
    // What is called from within comes after the call in the trace.
    this.#record(self.label, `${name} is called with`, values);
    try {
      this.#foresee(op, self, to);
      const value = op.call === "abort"
        ? self.controller?.abort()
        : (self.socket[method] as (...values: unknown[]) => unknown)(...values);
      if (!this.#own && wasClosedWithin(op, self, wasClosing)) {
        this.#record(self.label, `${name} threw: it is closed`);
      } else if (op.call === "dispose") {
        const path = this.#path || `${self.label}!`;
        (value as Promise<void>).then(() => {
          if (lines === this.#lines) this.#record(self.label, `${name} resolved`, [], path);
        });
      } else if (op.call === "sendMany") {
        this.#record(self.label, `${name} returned`);
        const tell = (how: string) => (value: unknown): void => {
          if (lines === this.#lines) this.#record(self.label, `${name} ${how} with`, [value]);
        };
        (value as Promise<number>).then(tell("fulfills"), tell("rejects"));
      } else {
        this.#record(self.label, `${name} returned`, [value]);
      }
      this.#learn(op, self);
    } catch (error) {
      if (op.call.startsWith("connect")) self.connecting = wasConnecting;
      if (!this.#own && isOfClosed(op, self, error)) this.#record(self.label, `${name} threw: it is closed`);
      else this.#record(self.label, `${name} threw`, [error]);
    }
  }

  /** Why the call can't be compared, or undefined. */
  #whyLeftOut(op: Op, self: Actor, to: Actor | undefined): string | number | undefined {
    const isForeign = /[*!]$/.test(this.#path) && !this.#path.startsWith(self.label);
    if (this.#patient && comesTooSoon(op, self, to, isForeign)) return "it comes too soon";
    return deviation(op, self, to) ?? lackingFor(op, self, to, this.#lacking);
  }

  /** What is true while the call lasts, since callbacks may come from within. */
  #foresee(op: Op, self: Actor, to: Actor | undefined): void {
    if (op.call === "send" || op.call === "sendMany") {
      to?.sentBy.add(self);
      // It may be connected when it leaves.
      if (self.connecting) self.peer?.sentBy.add(self);
      if (self.connected) self.hasSentToPeer = true;
      else self.hasSent = true;
      if (!self.bound) self.binding = self.queued = self.changing = true;
    } else if (op.call === "connect" || op.call === "connectSync") {
      if (self.connected || self.connecting || self.closing) return;
      self.connecting = true;
      self.changing = true;
      // Without a port it is not reached there later, either.
      self.peer = to?.port ? to : undefined;
      if (!self.bound && op.call === "connect") self.binding = self.queued = true;
    }
  }

  #learn(op: Op, self: Actor): void {
    if (op.call === "bind") {
      if (!self.bound) self.binding = self.changing = true;
    } else if (op.call === "setSendBufferSize") {
      self.narrow = true;
    } else if (op.call === "bindSync") {
      self.bound = true;
      self.learnPort();
    } else if (op.call === "connectSync") {
      self.bound = self.connected = true;
      self.connecting = false;
      self.learnPort();
    } else if (op.call === "disconnect") {
      self.connected = false;
      self.adrift = true;
      self.learnPort();
    } else if (op.call === "close" || op.call === "dispose" || (op.call === "abort" && self.controller)) {
      self.closing = true;
      self.closeWaits = self.queued;
    }
  }

  #callback(self: Actor, op: Op, then: Then): (...values: unknown[]) => void {
    const lines = this.#lines;
    const name = nameOf(op);
    const isConnect = op.call === "connect";
    const mark = op.call === "send" || op.call === "close" ? "!" : "";
    const isOwn = this.#path.replace(/[*!]$/, "").endsWith(self.label);
    const path = isOwn ? this.#path.replace(/([*!])?$/, (before) => before || mark) : this.#path + self.label + mark;
    const tell = (receiver: unknown, values: unknown[]): void => {
      // A program that is over may have left a socket that waits.
      if (lines !== this.#lines || self.lost) return;
      // A connect() with a callback tells it alone that it has failed.
      if (isConnect && values.length > 0) self.connecting = false;
      const on = receiver === undefined || receiver === globalThis ? "" : ` on ${show(receiver, this.#names)}`;
      this.#record(self.label, `${name} calls back${on} with`, values, path);
      self.calledBack = op.call === "bind";
      try {
        const throws = then.throws && !(op.call === "bind" && self.losesByThrowing(self.waited));
        this.#carryOut(self.label, { ...then, throws }, path);
      } finally {
        self.calledBack = false;
      }
    };
    const callback = function (this: unknown, ...values: unknown[]): void {
      tell(this, values);
    };
    // Errors about arguments tell a function's name, which a bundler may change.
    Object.defineProperty(callback, "name", { value: "callback" });
    this.#names.objects.set(callback, "<callback>");
    return callback;
  }

  #carryOut(label: string, { ops, throws }: Then, path: string): void {
    const before = this.#path;
    this.#path = path;
    try {
      for (const op of ops) this.#do(op);
    } finally {
      this.#path = before;
    }
    if (!throws) return;
    const error = new Error("thrown by the program");
    this.#owners.set(error, prefix(label, path));
    throw error;
  }

  #receiverOf(op: Op, self: Actor): Actor | undefined {
    if (!("port" in op)) return undefined;
    return op.call.startsWith("send") && self.connected ? self.peer : this.#find(self, op.port);
  }

  #find(self: Actor, port: Port): Actor | undefined {
    if (port === "sender") return self.senderAmong(this.#actors);
    return typeof port === "object" && port !== null ? this.#actors[port.of % this.#actors.length] : undefined;
  }

  #portOf(self: Actor, port: Port, op: Op): unknown {
    if (port !== "sender" && (typeof port !== "object" || port === null)) return port;
    // Nobody is ever bound where nobody is to be.
    return this.#find(self, port)?.port || (op.call.startsWith("bind") ? 0 : CLOSED_PORT);
  }

  #record(label: string, text: string, values: readonly unknown[] = [], path = this.#path): void {
    const shown = values.map((value) => show(value, this.#names)).join(", ");
    this.#lines.push(`${prefix(label, path)} ${text}${values.length === 0 ? "" : ` ${shown}`}`);
  }

  #uncaught(kind: string, error: unknown): void {
    const owner = (typeof error === "object" && error && this.#owners.get(error)) || "?";
    this.#record(owner, kind, [error], "");
  }

  #learnPorts(): void {
    for (const actor of this.#actors) {
      actor.learnPort();
      const { port, label } = actor;
      if (port >= CHOSEN_PORTS && !this.#names.numbers.has(port)) this.#names.numbers.set(port, `<port ${label}>`);
    }
  }

  async #rest(rest: Rest): Promise<void> {
    if (rest === "quiet") await this.#quiet();
    else if (rest === "tick") await new Promise<void>((resolve) => process.nextTick(resolve));
    else if (rest === "microtask") await Promise.resolve();
    else if (rest === "immediate") await new Promise<void>((resolve) => afterArrivals(resolve));
  }

  /** Waits until nothing more comes of what was done: some datagrams have made the whole way since. */
  async #quiet(): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      await this.#settle();
      await this.#roundTrip();
    }
    await this.#settle();
    // What Deno is not woken by is looked for in a millisecond.
    if (isDeno) await new Promise<void>((resolve) => setTimeout(resolve, 2));
    for (const actor of this.#actors) actor.rest(this.#actors);
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  async #roundTrip(): Promise<void> {
    this.#helper ??= await new Promise<AnySocket>((resolve) => {
      const socket = this.#dgram.createSocket("udp4");
      socket.bind(0, "127.0.0.1", () => resolve(socket));
    });
    const socket = this.#helper;
    const late = { timer: undefined as ReturnType<typeof setTimeout> | undefined };
    await new Promise<void>((done) => {
      late.timer = setTimeout(() => {
        this.#record("?", `FAILED: a datagram took more than ${PATIENCE} ms`);
        done();
      }, PATIENCE);
      socket.once("message", () => done());
      socket.send("?", socket.address().port, "127.0.0.1");
    });
    clearTimeout(late.timer);
  }

  async #end(): Promise<void> {
    for (const actor of this.#actors) {
      if (actor.closing) continue;
      try {
        actor.closing = true;
        actor.closeWaits = actor.queued;
        actor.socket.close();
      } catch (error) {
        this.#record(actor.label, "close at the end threw", [error]);
      }
      await this.#quiet();
    }
    for (const actor of this.#actors) if (!actor.closed) this.#abandon(actor);
  }

  #abandon({ label, socket, lost }: Actor): void {
    if (!lost) this.#record(label, "is not closed");
    socket.removeAllListeners();
    socket.on("error", () => {});
    socket.unref();
  }
}
