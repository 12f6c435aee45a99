import { Buffer } from "node:buffer";
import { setImmediate } from "../common/timers.ts";
import type { Socket as DgramSocket } from "node:dgram";
import { type Family, type Host, type MessageBuffer, type RemoteInfo, UNAVAILABLE } from "../../core/backend.ts";
import { microtask, nextTick } from "../../core/process.ts";
import { udpWrapOf } from "./adopt.ts";
import type { EmulatedConnection } from "./connection.ts";
import type { LinkLocalScope } from "./scope.ts";
import { ownCopy } from "../common/message_memory.ts";

/** So many are read before the first of them is told: Deno 2.9.5 reads on as long as there is something. */
const MOST_WAITING = 32;

/** What a socket of Deno's own node:dgram receives: one message after the other, and none while it is paused. */
export class DenoNodeReceiver {
  readonly #inner: DgramSocket;
  readonly #host: Host;
  readonly #family: Family;
  readonly #scope: LinkLocalScope;
  readonly #connection: EmulatedConnection;
  /** Messages that wait for the ticks of the one before. */
  readonly #waiting: Message[] = [];
  #closed = false;
  #delivering = false;
  #paused = false;
  /** No receive follows the one that is pending. */
  #stopped = false;
  /** None is pending either. */
  #idle = false;

  constructor(inner: DgramSocket, host: Host, family: Family, scope: LinkLocalScope, connection: EmulatedConnection) {
    this.#inner = inner;
    this.#host = host;
    this.#family = family;
    this.#scope = scope;
    this.#connection = connection;
  }

  /** Begins to receive where no receive is pending: a microtask later, by when it is known whether it is paused. */
  begin(): void {
    this.#stopped = this.#idle = true;
    microtask(this.#receiveAgain);
  }

  /** The receive that is pending may still bring a datagram. */
  pause(): number {
    this.#paused = this.stop();
    return this.#paused ? 0 : UNAVAILABLE;
  }

  resume(): void {
    this.#paused = false;
    this.#receiveAgain();
  }

  /** Forgets what waits, and tells nothing any more. */
  end(): void {
    this.#closed = true;
    this.#waiting.length = 0;
  }

  /** The pending receive has ended, with a datagram or an error. */
  ended(): void {
    if (!this.#stopped) return;
    this.#idle = true;
    microtask(this.#receiveAgain);
  }

  /** The pending receive has failed. An error that lasts must not keep everything else from running. */
  failed(): void {
    this.stop();
    this.#idle = true;
    setImmediate(this.#receiveAgain);
  }

  stop(): boolean {
    this.#stopped = udpWrapOf(this.#inner)?.recvStop() === 0;
    return this.#stopped;
  }

  /** Deno 2.9.5 would begin a second receive beside a pending one, and after an event within which it is called. */
  #receiveAgain = (): void => {
    if (!this.#idle || this.#paused || this.#closed || this.#waiting.length >= MOST_WAITING) return;
    this.#stopped = this.#idle = false;
    udpWrapOf(this.#inner)!.recvStart();
  };

  /** A receive brought a datagram. */
  received(bytes: MessageBuffer, { address, port }: RemoteInfo): void {
    if (!this.#connection.admits(address, port)) return;
    if (this.#waiting.push({ data: shrunk(bytes), address, port }) >= MOST_WAITING) this.stop();
    if (this.#delivering) return;
    this.#delivering = true;
    nextTick(this.#deliver);
  }

  /**
   * Runs in a tick: what listeners throw is then an `uncaughtException` at once, and their ticks come before their
   * microtasks, as on Node. Deno 2.9.5 reads a burst at once: its messages wait here for the ticks and microtasks of
   * the one before.
   */
  #deliver = (): void => {
    const message = this.#waiting.shift();
    // Before the listeners, which could change the asynchronous context that the later messages would inherit.
    microtask(this.#afterMicrotasks);
    if (message === undefined) return;
    const { data, port } = message;
    const family = this.#family === 4 ? "IPv4" : "IPv6";
    const address = this.#family === 6 ? this.#scope.complete(message.address) : message.address;
    this.#host.message(data, { address, family, port, size: data.length });
  };

  #afterMicrotasks = (): void => microtask(this.#deliverNext);

  #deliverNext = (): void => {
    if (this.#idle) this.#receiveAgain();
    this.#delivering = this.#waiting.length > 0;
    if (this.#delivering) nextTick(this.#deliver);
  };
}

interface Message {
  readonly data: MessageBuffer;
  readonly address: string;
  readonly port: number;
}

/**
 * A message with memory of its own and of its size. Deno 2.9.5 reads each into 64 KiB: to free them at once costs
 * 2 µs, to leave them to the garbage collector 8 µs.
 */
function shrunk(bytes: MessageBuffer): MessageBuffer {
  const { buffer, byteOffset, length } = bytes;
  if (byteOffset === 0) return Buffer.from((buffer as TransferableBuffer).transfer(length));
  return ownCopy(bytes, 0, length);
}

/** ES2024, which every Deno has that this runs on. */
interface TransferableBuffer extends ArrayBuffer {
  transfer(length: number): ArrayBuffer;
}
