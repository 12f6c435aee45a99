import { isIP } from "node:net";
import { setImmediate } from "node:timers";
import type { Socket } from "../core/types.ts";
import { networkError } from "./dom_exceptions.ts";
import { type OutgoingMessage, readMessage } from "./outgoing_message.ts";
import { resolve } from "./resolve.ts";
import type { Settings } from "./settings.ts";
import type { SocketDnsQueryType, UDPMessage } from "./types.ts";

/** As many writes may follow each other before the event loop has its turn. */
const BURST = 64;

/** A chunk that the stream has accepted: what it was in that call, or why it can't be written. */
interface Accepted {
  readonly message: OutgoingMessage | null;
  readonly error: unknown;
  next: Accepted | null;
}

/** The stream of what is to be sent. It gives one chunk at a time, so that one write is pending at most. */
export class WritableHalf {
  readonly stream: WritableStream<UDPMessage>;
  readonly #mode: Settings["mode"];
  readonly #ended: (error?: unknown) => void;
  #socket!: Socket;
  #queryType: SocketDnsQueryType | undefined;
  #open = true;
  #first: Accepted | null = null;
  #last: Accepted | null = null;
  #written = 0;
  /** Of the pending write. */
  #done!: () => void;
  #fail!: (error: unknown) => void;

  /** @param ended called once: without an error if the half was closed or aborted */
  constructor({ mode }: Settings, ended: (error?: unknown) => void) {
    this.#mode = mode;
    this.#ended = ended;
    this.stream = new WritableStream<UDPMessage>({
      start: (controller) => {
        const { signal } = controller;
        // It comes before abort(), which waits for the pending write.
        signal.addEventListener("abort", () => this.#fail?.(signal.reason), { once: true });
      },
      write: () => this.#write(this.#take()),
      close: () => this.#end(),
      abort: () => this.#end(),
    }, {
      highWaterMark: 1,
      // The only call that the stream makes in that of write(), where the data are to be copied.
      size: (chunk) => {
        if (this.#open) this.#accept(chunk);
        return 1;
      },
    });
  }

  /** Takes the open socket. `queryType` says which addresses of a name it can reach. */
  start(socket: Socket, queryType: SocketDnsQueryType | undefined): void {
    this.#socket = socket;
    this.#queryType = queryType;
  }

  /** What the stream accepts it gives to write() in this order; what it refuses comes after all that it accepted. */
  #accept(chunk: unknown): void {
    const accepted = this.#read(chunk);
    if (this.#last === null) this.#first = accepted;
    else this.#last.next = accepted;
    this.#last = accepted;
  }

  #read(chunk: unknown): Accepted {
    try {
      return { message: readMessage(chunk, this.#mode), error: undefined, next: null };
    } catch (error) {
      return { message: null, error, next: null };
    }
  }

  #take(): Accepted {
    const accepted = this.#first!;
    this.#first = accepted.next;
    if (this.#first === null) this.#last = null;
    return accepted;
  }

  #write({ message, error }: Accepted): Promise<void> {
    return new Promise((done, fail) => {
      this.#done = done;
      this.#fail = fail;
      if (message === null) {
        fail(error);
        this.#end(error);
      } else {
        this.#send(message);
      }
    });
  }

  #send({ data, remoteAddress, remotePort, dnsQueryType }: OutgoingMessage): void {
    if (remoteAddress === undefined) {
      this.#socket.send(data, this.#sent);
    } else if (dnsQueryType === undefined && isIP(remoteAddress) !== 0) {
      this.#sendTo(data, remotePort!, remoteAddress);
    } else {
      resolve(remoteAddress, dnsQueryType ?? this.#queryType).then((address) => {
        if (this.#open) this.#sendTo(data, remotePort!, address);
      }).catch(this.#sent);
    }
  }

  #sendTo(data: Uint8Array, port: number, address: string): void {
    const mapped = this.#socket.type === "udp6" && isIP(address) === 4;
    try {
      this.#socket.send(data, port, mapped ? `::ffff:${address}` : address, this.#sent);
    } catch (error) {
      this.#sent(error);
    }
  }

  readonly #sent = (error: unknown): void => {
    if (error) {
      const exception = networkError(error);
      this.#fail(exception);
      this.#end(exception);
    } else if (++this.#written % BURST === 0) {
      // A loop of writes runs in ticks and microtasks alone, and would keep everything else from running.
      setImmediate(this.#done);
    } else {
      this.#done();
    }
  };

  #end(error?: unknown): void {
    if (!this.#open) return;
    this.#open = false;
    this.#first = null;
    this.#last = null;
    this.#ended(error);
  }
}
