import { Buffer } from "node:buffer";
import type { AddressInfo } from "../core/backend.ts";
import { byteLengthOf, toBytes } from "../core/bytes.ts";
import { invalidArgType, notRunning } from "../core/errors.ts";
import { nothingElse } from "../core/nothing_else.ts";
import type { LookupFunction, OutgoingMessage, Payload, Socket } from "../core/types.ts";
import { validateAbortSignal } from "../core/validate.ts";
import { DatagramIterator } from "./datagram_iterator.ts";
import { SocketDelegates } from "./delegates.ts";
import { withoutPlace } from "./errors.ts";
import { Inbox, type InboxBound } from "./inbox.ts";
import { onAbort, untilAborted } from "./on_abort.ts";
import { readOne } from "./read_one.ts";
import { Request, type RequestingSocket } from "./request.ts";
import { Requests } from "./requests.ts";
import type { BoundSocket, ConnectedSocket } from "./sockets.ts";
import type { AddressedRequestOptions, CancelOptions, Datagrams, IncomingDatagram } from "./types.ts";

type Data = Payload | readonly Payload[];

/** What a socket of this entry is made of. */
export interface Parts {
  readonly raw: Socket;
  readonly inbox: InboxBound;
  readonly lookup: LookupFunction | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Both kinds of socket: what the caller may give and must give differs by type only. */
export class OpenSocket extends SocketDelegates implements BoundSocket, ConnectedSocket, RequestingSocket {
  readonly requests: Requests = new Requests();
  readonly lookup: LookupFunction | undefined;
  readonly #inbox: Inbox;
  #signal: AbortSignal | undefined;
  readonly #closed: Promise<void>;
  #running = true;

  constructor({ raw, inbox, lookup, signal }: Parts) {
    super(raw);
    this.lookup = lookup;
    this.#inbox = new Inbox(inbox, raw);
    this.#signal = signal;
    const stop = signal === undefined ? undefined : onAbort(signal, () => {
      this.#inbox.abort(signal.reason);
      this.requests.failAll(signal.reason);
    });
    raw.on("message", (data, from) => {
      if (this.requests.size > 0 && this.requests.take(data, from)) return;
      this.#inbox.put(data, from);
    });
    raw.on("error", (error) => {
      const told = this.requests.failToPeer(error);
      if (!told || this.#inbox.hasReaders) this.#inbox.fail(error);
    });
    this.#closed = new Promise((done) => {
      raw.once("close", () => {
        this.#running = false;
        stop?.();
        // What waits in the inbox is read also where it is aborted later.
        if (!signal?.aborted) this.#signal = undefined;
        this.#inbox.end();
        this.requests.failAll(notRunning());
        done();
      });
    });
  }

  get dropped(): number {
    return this.#inbox.dropped;
  }

  get waiting(): number {
    return this.#inbox.waiting;
  }

  remoteAddress(): AddressInfo {
    return this.raw.remoteAddress();
  }

  send(data: Data, options?: CancelOptions): Promise<number>;
  send(data: Data, port: number, address?: string, options?: CancelOptions): Promise<number>;
  send(data: Data, portOrOptions?: number | CancelOptions, address?: string, last?: CancelOptions): Promise<number> {
    const toPeer = portOrOptions !== null && typeof portOrOptions === "object";
    const options = toPeer ? portOrOptions : last;
    const message = nothingElse({ data, port: toPeer ? undefined : portOrOptions, address });
    return this.#cancellable(options, () => {
      const size = sizeOf(data);
      return this.raw.sendMany([message]).then(() => size, (error) => this.#failed(withoutPlace(error)));
    });
  }

  sendMany(messages: readonly OutgoingMessage[], options?: CancelOptions): Promise<number> {
    return this.#cancellable(options, () => this.raw.sendMany(messages).catch((error) => this.#failed(error)));
  }

  request(data: Data, options: Partial<AddressedRequestOptions> = nothingElse({})): Promise<IncomingDatagram> {
    try {
      this.#check(options);
      this.#checkRunning();
      const request = new Request(this, data, options);
      request.start();
      return request.answer;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  receive(options?: CancelOptions): Promise<IncomingDatagram> {
    try {
      return readOne(this.#inbox, this.#check(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  datagrams(options: CancelOptions = nothingElse({})): Datagrams {
    return new DatagramIterator(this.#inbox, signalOf(options));
  }

  [Symbol.asyncIterator](): Datagrams {
    return new DatagramIterator(this.#inbox, undefined);
  }

  close(): Promise<void> {
    this.#running = false;
    try {
      this.raw.close();
    } catch (error) {
      if ((error as { code?: string }).code !== "ERR_SOCKET_DGRAM_NOT_RUNNING") throw error;
    }
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #cancellable<T>(options: CancelOptions | undefined, work: () => Promise<T>): Promise<T> {
    try {
      const signal = this.#check(options);
      this.#checkRunning();
      return untilAborted(signal, work());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** What a send that failed rejects with. */
  #failed(error: unknown): never {
    this.requests.sendFailed(error);
    throw this.#signal?.aborted ? this.#signal.reason : error;
  }

  /** The signal that the caller gave, which has not been aborted, nor has the socket's own. */
  #check(options: CancelOptions | undefined): AbortSignal | undefined {
    const signal = options === undefined ? undefined : signalOf(options);
    if (this.#signal?.aborted) throw this.#signal.reason;
    if (signal?.aborted) throw signal.reason;
    return signal;
  }

  /** Before the arguments: a closed socket has no peer, and would ask for a port. */
  #checkRunning(): void {
    if (!this.#running) throw notRunning();
  }
}

function signalOf(options: CancelOptions): AbortSignal | undefined {
  if (options === null || typeof options !== "object") throw invalidArgType("options", "of type object", options);
  const { signal } = options;
  if (signal !== undefined) validateAbortSignal(signal, "options.signal");
  return signal;
}

/** In bytes; of what can't be sent it does not matter. */
function sizeOf(data: Data): number {
  if (typeof data === "string") return Buffer.byteLength(data);
  const bytes = toBytes(data);
  if (bytes !== null) return byteLengthOf(bytes);
  return Array.isArray(data) ? data.reduce((sum: number, part: Payload) => sum + sizeOf(part), 0) : 0;
}
