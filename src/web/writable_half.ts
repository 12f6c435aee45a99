import { isIP } from "../core/ip.ts";
import { setImmediate } from "node:timers";
import type { OutgoingMessage as CoreMessage, SendManyError, Socket } from "../core/types.ts";
import { AcceptedChunks } from "./accepted.ts";
import { networkError } from "./dom_exceptions.ts";
import type { OutgoingMessage } from "./outgoing_message.ts";
import { resolve } from "./resolve.ts";
import type { Settings } from "./settings.ts";
import type { SocketDnsQueryType, UDPMessage } from "./types.ts";

/**
 * So many datagrams leave together at most, wait in the stream before it asks for patience, and follow each other before
 * the event loop has its turn.
 */
const BURST = 64;

/**
 * The stream of what is to be sent. The stream gives one chunk at a time; what it has accepted besides is sent along
 * with that, so that datagrams which are written together need few system calls.
 */
export class WritableHalf {
  readonly stream: WritableStream<UDPMessage>;
  readonly #accepted: AcceptedChunks;
  readonly #ended: (error?: unknown) => void;
  #socket!: Socket;
  #queryType: SocketDnsQueryType | undefined;
  #lastLiteral = "";
  #open = true;
  #sinceTurn = 0;
  /** So many of the next writes have been carried out with an earlier one; the one after them has failed, if it has. */
  #ahead = 0;
  #failure: Error | null = null;
  /** Of the pending write. */
  #done!: () => void;
  #fail!: (error: unknown) => void;

  /** @param ended called once: without an error if the half was closed or aborted */
  constructor({ mode }: Settings, ended: (error?: unknown) => void) {
    this.#accepted = new AcceptedChunks(mode);
    this.#ended = ended;
    this.stream = new WritableStream<UDPMessage>({
      start: ({ signal }) => {
        // abort() below would wait for the pending write.
        signal.addEventListener("abort", () => {
          this.#fail?.(signal.reason);
          this.#end();
        }, { once: true });
      },
      write: () => this.#write(),
      close: () => this.#end(),
      abort: () => this.#end(),
    }, {
      highWaterMark: BURST,
      // All that a stream calls in the call of write(), which is when the data are to be copied. What the stream
      // accepts it gives to its sink in this order; what it refuses here comes after all that.
      size: (chunk) => {
        if (this.#open) this.#accepted.add(chunk);
        return 1;
      },
    });
  }

  /** Takes the open socket. `queryType` says which addresses of a name it can reach. */
  start(socket: Socket, queryType: SocketDnsQueryType | undefined): void {
    this.#socket = socket;
    this.#queryType = queryType;
  }

  #write(): Promise<void> | undefined {
    if (this.#ahead > 0) {
      this.#ahead--;
      return;
    }
    return new Promise((done, fail) => {
      this.#done = done;
      this.#fail = fail;
      if (this.#failure !== null) this.#failed(this.#failure);
      else if (this.#accepted.first!.next !== null) this.#send();
      // Others may be written in this turn.
      else queueMicrotask(this.#send);
    });
  }

  readonly #send = (): void => {
    if (!this.#open) return;
    const batch = this.#takeBatch();
    if (batch.length > 0) return this.#hand(batch);
    const { message, error } = this.#accepted.take();
    if (message === null) {
      this.#fail(error);
      this.#end(error);
    } else {
      this.#lookUpAndSend(message);
    }
  };

  /** As many of the next chunks as need no look-up and can't be malformed. */
  #takeBatch(): CoreMessage[] {
    const batch: CoreMessage[] = [];
    const accepted = this.#accepted;
    while (batch.length < BURST && accepted.first !== null) {
      const { message } = accepted.first;
      if (message === null || !this.#isDirect(message)) break;
      batch.push(this.#aimed(message.data, message.remotePort, message.remoteAddress));
      accepted.take();
    }
    return batch;
  }

  #isDirect({ remoteAddress, remotePort, dnsQueryType }: OutgoingMessage): boolean {
    if (remoteAddress === undefined) return true;
    if (remotePort === 0 || dnsQueryType !== undefined) return false;
    if (remoteAddress === this.#lastLiteral) return true;
    if (isIP(remoteAddress) === 0) return false;
    this.#lastLiteral = remoteAddress;
    return true;
  }

  #lookUpAndSend({ data, remoteAddress, remotePort, dnsQueryType }: OutgoingMessage): void {
    resolve(remoteAddress!, dnsQueryType ?? this.#queryType).then((address) => {
      if (this.#open) this.#hand([this.#aimed(data, remotePort, address)]);
    }, this.#failed);
  }

  #aimed(data: Uint8Array, port: number | undefined, address: string | undefined): CoreMessage {
    const mapped = this.#socket.type === "udp6" && address !== undefined && isIP(address) === 4;
    return { data, port, address: mapped ? `::ffff:${address}` : address };
  }

  #hand(batch: CoreMessage[]): void {
    this.#socket.sendMany(batch).then((sent) => this.#sent(sent, null), (error: SendManyError) => {
      const { index } = error;
      // Of a batch the writer knows nothing.
      delete (error as Partial<SendManyError>).index;
      delete (error as Partial<SendManyError>).sent;
      if (index === 0) this.#failed(error);
      else this.#sent(index, error);
    });
  }

  /** The pending write and those after it, `count` in all, are carried out. */
  #sent(count: number, failure: Error | null): void {
    this.#ahead = count - 1;
    this.#failure = failure;
    this.#sinceTurn += count;
    if (this.#sinceTurn < BURST) return this.#done();
    // A loop of writes runs in ticks and microtasks alone, and would keep everything else from running.
    this.#sinceTurn = 0;
    setImmediate(this.#done);
  }

  readonly #failed = (error: unknown): void => {
    const exception = networkError(error);
    this.#fail(exception);
    this.#end(exception);
  };

  #end(error?: unknown): void {
    if (!this.#open) return;
    this.#open = false;
    this.#accepted.clear();
    this.#ended(error);
  }
}
