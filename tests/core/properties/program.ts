/** Carries a program out on a socket of this runtime, with what has to come of it. */
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import {
  createSocket,
  type OutgoingMessage,
  type Payload,
  type SendCallback,
  type SendManyError,
  type Socket,
} from "@x/dgram";
import { close } from "../../support/close.ts";
import { LOOPBACK } from "../../support/wire.ts";
import { within } from "../../support/within.ts";
import { bytesOf, type Form, LONGEST_DATAGRAM, type Message, type Operation } from "./operations.ts";
import { type Expected, HOST, type Receivers } from "./receivers.ts";

/** Bytes that may wait in one receive buffer: well below the 212,992 that Linux gives. */
const ROOM = 150_000;
/** What the kernel's own books add to a datagram. */
const OVERHEAD = 1500;
const PATIENCE = 15_000;

type Coded = Error & { readonly code: string };

/** What is known of a datagram that the socket has accepted. */
interface Accepted extends Expected {
  readonly size: number;
  /** It was given with its destination, and the socket was connected before it had surely left. */
  overtaken: boolean;
}

/** One program. The model of the socket's state is as small as what a user can know of it. */
export class Program {
  readonly #receivers: Receivers;
  readonly #socket: Socket = createSocket("udp4");
  readonly #errors: Coded[] = [];
  #binding: "unbound" | "binding" | "bound" = "unbound";
  #peer: number | null = null;
  #closing = false;
  #closes = 0;
  /** Datagrams to the port that refuses, from the connected socket: as many ICMP errors may come from now on. */
  #refusals = 0;
  #refused = 0;
  #id = 0;
  #room = ROOM;
  #accepted: Accepted[] = [];
  #ends: Promise<void>[] = [];
  #callbacks = 0;
  readonly #closed: Promise<void>;

  constructor(receivers: Receivers, bound: boolean) {
    this.#receivers = receivers;
    const socket = this.#socket;
    socket.on("listening", () => this.#binding = "bound");
    socket.on("error", (error) => this.#errors.push(error as Coded));
    this.#closed = new Promise((resolve) =>
      socket.on("close", () => {
        this.#closes++;
        resolve();
      })
    );
    if (!bound) return;
    socket.bindSync({ address: LOOPBACK[4] });
    this.#binding = "bound";
  }

  async run(steps: readonly Operation[]): Promise<void> {
    try {
      for (const step of steps) await this.#carryOut(step);
      await this.#settle();
    } finally {
      // What went wrong must not keep the process alive.
      this.#socket.unref();
      if (!this.#closing) await close(this.#socket);
    }
    await within(this.#closed, "'close'", PATIENCE);
    assertEquals(this.#closes, 1);
  }

  async #carryOut(step: Operation): Promise<void> {
    switch (step.kind) {
      case "send":
        return await this.#send(step, step.watched);
      case "sendMany":
        return await this.#sendMany(step.messages);
      case "send to a bad port":
        if (this.#peer === null) this.#refuses("ERR_SOCKET_BAD_PORT", () => this.#socket.send("x", step.port, HOST));
        return;
      case "connect":
        return await this.#connect(step.peer);
      case "connectSync":
        return this.#connectSync(step.peer);
      case "disconnect":
        return this.#disconnect();
      case "turn":
        return await new Promise((resolve) => setImmediate(resolve));
      case "settle":
        return await this.#settle();
      case "close":
        return this.#close();
    }
  }

  async #send(message: Message, watched: boolean): Promise<void> {
    if (this.#closing) {
      this.#refuses("ERR_SOCKET_DGRAM_NOT_RUNNING", () => this.#socket.send("x", 9, HOST));
      return;
    }
    await this.#makeRoom(message.size);
    const accepted = this.#accept(message);
    let calls = 0;
    let inCall = true;
    let end: (problem?: unknown) => void = () => {};
    const ended = new Promise<void>((resolve, reject) => end = (problem) => problem ? reject(problem) : resolve());
    const callback: SendCallback = (error, bytes) => {
      if (++calls === 1) this.#callbacks--;
      try {
        assertEquals({ calls, inCall }, { calls: 1, inCall: false });
        if (error === null) this.#sent(accepted, bytes);
        else this.#failed(accepted, error as Coded);
        end();
      } catch (problem) {
        end(problem);
      }
    };
    if (watched) {
      this.#callbacks++;
      this.#ends.push(ended);
    }
    this.#pass(message.form, accepted, watched ? callback : undefined);
    inCall = false;
  }

  /** In one of the ways in which send() can be called. */
  #pass(form: Form, { data, peer }: Accepted, callback: SendCallback | undefined): void {
    const payload = form === "part"
      ? [Buffer.concat([Buffer.from("<<"), data, Buffer.from(">>>")]), 2, data.length]
      : [payloadOf(form, data)];
    const to = this.#peer === null ? [this.#receivers.ports[peer], HOST] : [];
    const send = this.#socket.send as (...args: unknown[]) => void;
    send.call(this.#socket, ...payload, ...to, ...(callback === undefined ? [] : [callback]));
  }

  async #sendMany(messages: readonly Message[]): Promise<void> {
    let room = ROOM;
    const list = messages.filter(({ size }) => (room -= size + OVERHEAD) >= 0);
    if (this.#closing) {
      const error = await this.#socket.sendMany([{ data: "x", ...(this.#peer === null ? { port: 9 } : {}) }]).then(
        () => null,
        (error: Coded) => error,
      );
      assertEquals(error?.code, "ERR_SOCKET_DGRAM_NOT_RUNNING");
      return;
    }
    await this.#makeRoom(...list.map(({ size }) => size));
    const accepted = list.map((message) => this.#accept(message));
    const outgoing: OutgoingMessage[] = list.map(({ form }, i) => ({
      data: payloadOf(form, accepted[i].data),
      ...(this.#peer === null ? { port: this.#receivers.ports[accepted[i].peer], address: HOST } : {}),
    }));
    this.#ends.push(
      this.#socket.sendMany(outgoing).then(
        (count) => {
          assertEquals(count, list.length);
          for (const each of accepted) this.#sent(each, each.size);
        },
        (error: SendManyError & Coded) => {
          assert(
            error.index < list.length && error.sent < list.length,
            `${error.index}, ${error.sent}: ${error.stack}`,
          );
          for (const each of accepted.slice(0, error.index)) this.#sent(each, each.size);
          this.#failed(accepted[error.index], error);
          if (accepted.some((each) => this.#mayFail(each))) return;
          const right = accepted.filter(({ size }) => size <= LONGEST_DATAGRAM);
          assertEquals(error.sent, right.length);
          for (const each of right) this.#sent(each, each.size);
        },
      ),
    );
  }

  /** A datagram that the socket is about to take. */
  #accept({ size, peer }: Message): Accepted {
    const data = bytesOf(this.#id++, size);
    const to = this.#peer ?? peer;
    if (this.#peer !== null && !this.#receivers.isLive(to)) this.#refusals++;
    const accepted: Accepted = {
      data,
      size,
      peer: to,
      fate: size > LONGEST_DATAGRAM ? "failed" : "sent",
      overtaken: false,
    };
    if (this.#binding === "unbound") this.#binding = "binding";
    this.#accepted.push(accepted);
    return accepted;
  }

  #mayFail({ overtaken }: Accepted): boolean {
    return overtaken || this.#refusals > 0;
  }

  #sent(accepted: Accepted, bytes: number | undefined): void {
    assertEquals(bytes, accepted.size);
    assert(accepted.size <= LONGEST_DATAGRAM, "it is too long to have been sent");
    accepted.fate = "surely sent";
  }

  #failed(accepted: Accepted, error: Coded): void {
    accepted.fate = "failed";
    if (error.code === "ECONNREFUSED" && this.#refusals > 0) this.#refused++;
    else if (error.code === "EISCONN") assert(accepted.overtaken, error.stack);
    else assert(error.code === "EMSGSIZE" && accepted.size > LONGEST_DATAGRAM, error.stack);
  }

  async #connect(peer: number): Promise<void> {
    const connect = (): void => this.#socket.connect(this.#receivers.ports[peer], HOST);
    if (this.#peer !== null) return this.#refuses("ERR_SOCKET_DGRAM_IS_CONNECTED", connect);
    if (this.#closing) return this.#refuses("ERR_SOCKET_DGRAM_NOT_RUNNING", connect);
    // Not once() of node:events, which an ICMP error that comes meanwhile rejects.
    const connected = new Promise<void>((resolve) => this.#socket.once("connect", () => resolve()));
    connect();
    this.#overtake();
    await within(connected, "'connect'", PATIENCE);
    this.#connectedTo(peer);
  }

  #connectSync(peer: number): void {
    const connect = (): void => this.#socket.connectSync(this.#receivers.ports[peer], HOST);
    if (this.#closing) return this.#refuses("ERR_SOCKET_DGRAM_NOT_RUNNING", connect);
    if (this.#peer !== null) return this.#refuses("ERR_SOCKET_DGRAM_IS_CONNECTED", connect);
    if (this.#binding === "binding") return this.#refuses("ERR_SOCKET_ALREADY_BOUND", connect);
    connect();
    this.#binding = "bound";
    this.#overtake();
    this.#connectedTo(peer);
  }

  #connectedTo(peer: number): void {
    this.#peer = peer;
    assertEquals(this.#socket.remoteAddress().port, this.#receivers.ports[peer]);
  }

  /** Datagrams that were given with their destination, and leave after the socket was connected, fail as on Node. */
  #overtake(): void {
    for (const accepted of this.#accepted) accepted.overtaken = true;
  }

  #disconnect(): void {
    if (this.#peer === null) {
      this.#refuses("ERR_SOCKET_DGRAM_NOT_CONNECTED", () => this.#socket.disconnect());
      return;
    }
    if (this.#closing) return this.#refuses("ERR_SOCKET_DGRAM_NOT_RUNNING", () => this.#socket.disconnect());
    this.#socket.disconnect();
    this.#peer = null;
  }

  #close(): void {
    if (this.#closing) return this.#refuses("ERR_SOCKET_DGRAM_NOT_RUNNING", () => this.#socket.close());
    this.#socket.close();
    this.#closing = true;
  }

  #refuses(code: string, call: () => void): void {
    let thrown: Coded | null = null;
    try {
      call();
    } catch (error) {
      thrown = error as Coded;
    }
    assertEquals(thrown?.code, code, thrown?.stack);
  }

  async #makeRoom(...sizes: readonly number[]): Promise<void> {
    const needed = sizes.reduce((sum, size) => sum + size + OVERHEAD, 0);
    if (needed > this.#room) await this.#settle();
    this.#room -= needed;
  }

  /** Waits until all that was accepted has ended and what was sent has arrived, and compares. */
  async #settle(): Promise<void> {
    // Datagrams without a callback have left when one behind them has.
    this.#room = ROOM;
    if (this.#closing) await within(this.#closed, "'close'", PATIENCE);
    else await this.#send({ size: 64, form: "buffer", peer: 0 }, true);
    await within(Promise.all(this.#ends), "each callback and promise", PATIENCE);
    assertEquals(this.#callbacks, 0);
    if (!this.#closing) assertEquals([this.#socket.getSendQueueCount(), this.#socket.getSendQueueSize()], [0, 0]);
    for (const each of this.#accepted) if (each.fate === "sent" && this.#mayFail(each)) each.fate = "perhaps sent";
    const accepted = this.#accepted;
    [this.#accepted, this.#ends, this.#room] = [[], [], ROOM];
    await this.#receivers.compare(accepted);
    for (const { code, stack } of this.#errors) assertEquals(code, "ECONNREFUSED", stack);
    assert(
      this.#errors.length + this.#refused <= this.#refusals,
      "more refusals than datagrams to the port that refuses",
    );
  }
}

function payloadOf(form: Form, data: Buffer): Payload | Payload[] {
  if (form === "string") return data.toString();
  if (form !== "list") return data;
  const middle = data.length >> 1;
  return [data.subarray(0, middle), new Uint8Array(0), data.subarray(middle)];
}
