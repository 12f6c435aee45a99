/** Does to sockets what a scenario asks, and tells what they emit: the same code in the kernel's hosts and in memory's. */
import type { Socket, SocketOptions } from "@x/dgram";
import { watchIcmp } from "@x/dgram/ancillary";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** A call of a method of a socket. */
export interface Order {
  /** The socket's name, which no other one in the scenario has. */
  readonly socket: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What came of it: what it returned, or threw, or what the callback of a send was given. */
export type Outcome = { readonly value: unknown } | { readonly error: string };

/** A socket has told something. */
export interface Told {
  readonly socket: string;
  readonly what: string;
}

/** So many bytes, which tell where they are. */
export interface Bytes {
  readonly size: number;
}

/** The number that a datagram begins with, and when a kernel had it, in milliseconds, if that is told. */
export type Counted = readonly [number: number, time: number];

type Method = (...args: unknown[]) => unknown;
type CreateSocket = (options: SocketOptions) => Socket;

const SHORT = 64;

function bytesOf(given: string | Bytes | Uint8Array): Uint8Array {
  if (given instanceof Uint8Array) return given;
  if (typeof given === "string") return Buffer.from(given);
  return Uint8Array.from({ length: given.size }, (_, place) => place * 31 + (place >> 8));
}

function show(message: Uint8Array): string {
  if (message.length <= SHORT) return JSON.stringify(Buffer.from(message).toString("latin1"));
  return `${message.length} bytes ${createHash("sha1").update(message).digest("hex").slice(0, 8)}`;
}

/** All of an error that is Node's contract. */
function showError(error: unknown): string {
  const { name, message, code, errno, syscall, address, port } = error as Record<string, unknown>;
  return JSON.stringify({ name, message, code, errno, syscall, address, port });
}

export class Player {
  readonly #createSocket: CreateSocket;
  readonly #tell: (told: Told) => void;
  readonly #sockets: Map<string, Socket> = new Map();
  readonly #counted: Map<string, Counted[]> = new Map();
  readonly #watches: Map<string, () => void> = new Map();

  constructor(createSocket: CreateSocket, tell: (told: Told) => void) {
    this.#createSocket = createSocket;
    this.#tell = tell;
  }

  async carryOut({ socket, method, args }: Order): Promise<Outcome> {
    try {
      return { value: (await this.#do(socket, method, args)) ?? null };
    } catch (error) {
      return { error: showError(error) };
    }
  }

  /** Closes all of them. */
  async end(): Promise<void> {
    const sockets = [...this.#sockets.values()];
    this.#sockets.clear();
    await Promise.all(sockets.map((socket) => new Promise<void>((closed) => socket.close(closed))));
  }

  #do(name: string, method: string, args: readonly unknown[]): unknown {
    if (method === "open") return this.#open(name, args[0] as SocketOptions, args[1] as object);
    const socket = this.#sockets.get(name)!;
    if (method === "send") return this.#send(socket, ...args as [string | Bytes]);
    if (method === "flood") return this.#flood(socket, ...args as [number, Bytes]);
    if (method === "number") return this.#number(socket, ...args as [number, number]);
    if (method === "count") return this.#count(name, socket);
    if (method === "counted") return this.#counted.get(name);
    if (method === "watchIcmp") return this.#watch(name, socket);
    if (method === "unwatchIcmp") return this.#watches.get(name)!();
    if (method === "burst") return this.#burst(socket, ...args as [number[]]);
    if (method === "close") {
      this.#sockets.delete(name);
      return new Promise<void>((closed) => socket.close(closed));
    }
    const value = (socket as unknown as Record<string, Method>)[method](...args);
    return value === socket || (value as { close?: unknown } | undefined)?.close ? null : value;
  }

  #open(name: string, options: SocketOptions, bind: object): void {
    const socket = this.#createSocket(options);
    socket.on("message", (message, { receivedAt: _, ...from }) => {
      this.#tell({ socket: name, what: `heard ${show(message)} from ${JSON.stringify(from)}` });
    });
    socket.on("error", (error) => this.#tell({ socket: name, what: `failed: ${showError(error)}` }));
    this.#sockets.set(name, socket);
    socket.bindSync(bind);
  }

  #send(socket: Socket, what: string | Bytes | Uint8Array, ...to: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | null, bytes?: number): void => error === null ? resolve(bytes) : reject(error);
      (socket.send as Method).call(socket, bytesOf(what), ...to, done);
    });
  }

  /** Keeps what comes from now on, in place of telling it. */
  #count(name: string, socket: Socket): void {
    const list: Counted[] = [];
    this.#counted.set(name, list);
    socket.removeAllListeners("message");
    socket.on("message", (message, { receivedAt }) => {
      list.push([message.readUInt32BE(), receivedAt === undefined ? 0 : Number(receivedAt) / 1e6]);
    });
  }

  /** Sends so many datagrams of such sizes in one turn, over a connection: how many milliseconds did that take? */
  async #burst(socket: Socket, sizes: readonly number[]): Promise<number> {
    const messages = sizes.map((size, number) => {
      const message = Buffer.alloc(size);
      message.writeUInt32BE(number);
      return message;
    });
    const since = performance.now();
    const sent = messages.map((message) => new Promise<void>((done) => socket.send(message, () => done())));
    const took = performance.now() - since;
    await Promise.all(sent);
    return took;
  }

  #watch(name: string, socket: Socket): void {
    const stop = watchIcmp(socket, ({ data, receivedAt: _, ...error }) => {
      this.#tell({ socket: name, what: `told ${JSON.stringify(error)} about ${show(data)}` });
    });
    this.#watches.set(name, stop);
  }

  /** One after the other: those of one turn may leave as one message, which a kernel cuts. */
  async #flood(socket: Socket, count: number, what: Bytes, ...to: unknown[]): Promise<void> {
    for (let sent = 0; sent < count; sent++) await this.#send(socket, what, ...to);
  }

  /** The same with numbers, from the first to before the second. */
  async #number(socket: Socket, from: number, to: number, ...where: unknown[]): Promise<void> {
    const message = Buffer.alloc(4);
    for (let number = from; number < to; number++) {
      message.writeUInt32BE(number);
      await this.#send(socket, message, ...where);
    }
  }
}
