import { Buffer } from "node:buffer";
import { createSocket, type Socket, type SocketOptions } from "@x/dgram";

export const HOST = "127.0.0.1";
const SIZE = 100;
/** Fewer than a receive buffer holds: what is lost then, somebody has lost. */
const WINDOW = 100;
/** Milliseconds without a datagram after which none is waited for. */
const PATIENCE = 10_000;

let streams = 0;

/** Counts what comes of each numbered stream. */
export class Counter {
  received = 0;
  /** Datagrams that came before one that was sent earlier, or more than once. */
  disordered = 0;

  /** To be called with each datagram. */
  take(message: Uint8Array): void {
    const view = new DataView(message.buffer, message.byteOffset);
    if (view.getUint32(4) !== this.received) this.disordered++;
    this.received++;
  }
}

/** A datagram of a stream. */
export function datagram(stream: number, index: number): Buffer {
  const bytes = Buffer.alloc(SIZE);
  bytes.writeUint32BE(stream, 0);
  bytes.writeUint32BE(index, 4);
  return bytes;
}

/** Numbered datagrams from one socket to another, of which only so many are on their way at once. */
export class Stream extends Counter {
  sent = 0;
  /** Sends nothing meanwhile. */
  isResting = false;
  readonly sender: Socket;
  readonly receiver: Socket;
  readonly #id = streams++;
  #failed: Error | undefined;

  constructor(options: Partial<SocketOptions> = {}) {
    super();
    this.sender = createSocket("udp4");
    this.receiver = createSocket({ type: "udp4", ...options }, (message) => this.take(message));
    for (const socket of [this.sender, this.receiver]) socket.on("error", (error) => this.#failed ??= error);
    this.receiver.bindSync({ address: HOST });
    this.sender.connectSync(this.receiver.address().port, HOST);
  }

  /** Sends up to so many, and answers how many it was. */
  send(most: number): number {
    if (this.#failed) throw this.#failed;
    const count = this.isResting ? 0 : Math.min(most, WINDOW - (this.sent - this.received));
    for (let i = 0; i < count; i++) this.sender.send(datagram(this.#id, this.sent++));
    return Math.max(count, 0);
  }

  /** Connects the sender anew while datagrams are on their way. */
  async reconnect(): Promise<void> {
    this.isResting = true;
    const { port } = this.receiver.address();
    this.sender.disconnect();
    await new Promise<void>((done, fail) =>
      this.sender.connect(port, HOST, (error?: Error) => error ? fail(error) : done())
    );
    this.isResting = false;
  }

  /** Closes both when all has come, or nothing comes any more. */
  async end(): Promise<void> {
    this.isResting = true;
    let last = performance.now();
    for (let received = -1; this.received < this.sent && performance.now() - last < PATIENCE;) {
      if (received !== this.received) last = performance.now();
      received = this.received;
      await new Promise((done) => setTimeout(done, 2));
    }
    for (const socket of [this.sender, this.receiver]) await new Promise<void>((done) => void socket.close(done));
  }
}
