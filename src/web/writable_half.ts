import { backendOf } from "../core/state.ts";
import { isIP } from "../core/ip.ts";
import { microtask } from "../core/process.ts";
import { setImmediate } from "node:timers";
import type { Socket } from "../core/types.ts";
import { networkError } from "./dom_exceptions.ts";
import type { OutgoingMessage } from "./outgoing_message.ts";
import { resolve } from "./resolve.ts";
import type { Settings } from "./settings.ts";
import type { SocketDnsQueryType, UDPMessage } from "./types.ts";
import { WrittenChunks } from "./written_chunks.ts";

/** So many datagrams wait in the stream before it asks for patience, or leave before the event loop has its turn. */
const BURST = 64;

/** A write that has been accepted and whose datagram has not been handed over: it can still be refused. */
interface Pending {
  readonly message: OutgoingMessage;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * The stream of what is to be sent. A datagram is handed over when the write before it has ended: the stream may refuse
 * what waits in it at any time, by an abort or since a write has failed, and what it has refused must not have left.
 */
export class WritableHalf {
  readonly stream: WritableStream<UDPMessage>;
  readonly #written: WrittenChunks;
  readonly #ended: (error?: unknown) => void;
  #socket!: Socket;
  #signal!: AbortSignal;
  #queryType: SocketDnsQueryType | undefined;
  #lastLiteral: string | undefined;
  #open = true;
  #sinceTurn = 0;
  #pending: Pending | null = null;

  /** @param ended called once: without an error if the half was closed or aborted */
  constructor({ mode }: Settings, ended: (error?: unknown) => void) {
    this.#written = new WrittenChunks(mode);
    this.#ended = ended;
    this.stream = new WritableStream<UDPMessage>({
      // Bun before 1.4 has no signal: an abort waits for the pending write there.
      start: ({ signal = new AbortController().signal }) => {
        this.#signal = signal;
        // abort() below would wait for the pending write, which may wait for a look-up.
        signal.addEventListener("abort", () => {
          this.#pending?.fail(signal.reason);
          this.#end();
        }, { once: true });
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#end(),
      abort: () => this.#end(),
    }, {
      highWaterMark: BURST,
      // All that a stream calls in the call of write(), which is when the data are to be copied.
      size: (chunk) => {
        if (this.#open) this.#written.add(chunk);
        return 1;
      },
    });
  }

  /** Takes the open socket. `queryType` says which addresses of a name it can reach. */
  start(socket: Socket, queryType: SocketDnsQueryType | undefined): void {
    this.#socket = socket;
    this.#queryType = queryType;
  }

  #write(chunk: UDPMessage): Promise<void> {
    let message: OutgoingMessage;
    try {
      message = this.#written.take(chunk);
    } catch (error) {
      this.#end(error);
      throw error;
    }
    // A getter of the message's may have aborted the stream.
    if (!this.#open) throw this.#signal.reason;
    return new Promise((done, fail) => {
      this.#pending = { message, done, fail };
      // An abort in this turn refuses it.
      microtask(this.#send);
    });
  }

  readonly #send = (): void => {
    const pending = this.#pending;
    if (pending === null) return;
    const { remoteAddress, dnsQueryType } = pending.message;
    if (remoteAddress === undefined || (dnsQueryType === undefined && this.#isLiteral(remoteAddress))) {
      this.#hand(pending, remoteAddress);
      return;
    }
    resolve(remoteAddress, dnsQueryType ?? this.#queryType, backendOf(this.#socket)).then((address) => {
      if (this.#pending === pending) this.#hand(pending, address);
    }, (error) => {
      if (this.#pending === pending) this.#fail(pending, error);
    });
  };

  #isLiteral(address: string): boolean {
    if (address === this.#lastLiteral) return true;
    if (isIP(address) === 0) return false;
    this.#lastLiteral = address;
    return true;
  }

  /** From here on the write ends as the datagram does, whatever becomes of the stream. */
  #hand(pending: Pending, address: string | undefined): void {
    this.#pending = null;
    const socket = this.#socket;
    const { data, remotePort } = pending.message;
    const ended = (error: Error | null): void => error ? this.#fail(pending, error) : this.#sent(pending);
    try {
      if (address === undefined) socket.send(data, ended);
      else socket.send(data, remotePort!, this.#reachable(address), ended);
    } catch (error) {
      this.#fail(pending, error);
    }
  }

  #reachable(address: string): string {
    return this.#socket.type === "udp6" && isIP(address) === 4 ? `::ffff:${address}` : address;
  }

  #sent({ done }: Pending): void {
    this.#sinceTurn++;
    if (this.#sinceTurn < BURST) return done();
    // A loop of writes runs in ticks and microtasks alone, and would keep everything else from running.
    this.#sinceTurn = 0;
    setImmediate(done);
  }

  #fail({ fail }: Pending, error: unknown): void {
    const exception = networkError(error);
    fail(exception);
    this.#end(exception);
  }

  #end(error?: unknown): void {
    if (!this.#open) return;
    this.#open = false;
    this.#pending = null;
    this.#written.clear();
    this.#ended(error);
  }
}
