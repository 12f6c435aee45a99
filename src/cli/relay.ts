/** Carries datagrams between clients and one target: each client has a socket of its own, by which answers come back. */
import type { Buffer } from "node:buffer";
import type { RemoteInfo, SocketType } from "../../mod.ts";
import { place } from "./failure.ts";
import { MOST_WAITING, type Net, type Socket } from "./sockets.ts";

/** How often it is looked for clients that are idle, as a part of the time that they may be. */
const LOOKS = 4;

/** What went one way. */
export interface Flow {
  readonly datagrams: number;
  readonly bytes: number;
  /** What could not be carried on: refused by the other side or by the kernel, or too much. */
  readonly dropped: number;
}

/** A client's counts. */
export interface ClientCounts {
  readonly address: string;
  readonly port: number;
  readonly toTarget: Flow;
  readonly toClient: Flow;
}

/** What is carried, and how much of it. */
export interface RelayOptions {
  readonly type: SocketType;
  readonly address: string;
  readonly port: number;
  /** How many clients at once. */
  readonly clients: number;
  /** Milliseconds without a datagram after which a client is forgotten. */
  readonly idle: number;
  /** Is told of a new client, with the port that the target sees. */
  readonly joined: (client: ClientCounts, localPort: number) => void;
  /** Is told of a client that is forgotten. */
  readonly left: (client: ClientCounts) => void;
}

class Counter implements Flow {
  datagrams = 0;
  bytes = 0;
  dropped = 0;

  count(bytes: number, error: Error | null): void {
    if (error) this.dropped++;
    else {
      this.datagrams++;
      this.bytes += bytes;
    }
  }
}

interface Client extends ClientCounts {
  readonly toTarget: Counter;
  readonly toClient: Counter;
  readonly socket: Socket;
  seen: number;
}

/** The clients and their sockets. */
export class Relay {
  readonly #net: Net;
  readonly #options: RelayOptions;
  readonly #clients: Map<string, Client> = new Map();
  readonly #timer: ReturnType<typeof setInterval>;
  /** To the target. */
  readonly toTarget: Counter = new Counter();
  /** Back. */
  readonly toClient: Counter = new Counter();
  /** How many clients there have been. */
  served = 0;
  /** Datagrams of clients that there was no room or no socket for. */
  refused = 0;

  constructor(net: Net, options: RelayOptions) {
    this.#net = net;
    this.#options = options;
    this.#timer = setInterval(() => this.#forgetIdle(), Math.max(1, options.idle / LOOKS));
  }

  /** How many clients there are now. */
  get size(): number {
    return this.#clients.size;
  }

  /** Carries a client's datagram, which came by `by`, to the target. */
  carry(data: Buffer, from: RemoteInfo, by: Socket): void {
    const client = this.#clients.get(place(from.address, from.port)) ?? this.#join(from, by);
    if (!client) {
      this.refused++;
      return;
    }
    client.seen = performance.now();
    client.socket.send(data, (error) => {
      client.toTarget.count(data.length, error);
      this.toTarget.count(data.length, error);
    });
  }

  /** Closes all sockets. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#clients.values()].map((client) => this.#forget(client)));
  }

  #join({ address, port }: RemoteInfo, by: Socket): Client | undefined {
    // Port 0 is legal as a sender's, and can't be answered.
    if (port === 0 || this.#clients.size >= this.#options.clients) return undefined;
    const socket = this.#net.dgram.createSocket({ type: this.#options.type, maxSendQueueCount: MOST_WAITING });
    const client: Client = { address, port, toTarget: new Counter(), toClient: new Counter(), socket, seen: 0 };
    // What the target refuses (ECONNREFUSED) has been counted as sent: it left.
    socket.on("error", () => {});
    socket.on("message", (data) => {
      client.seen = performance.now();
      by.send(data, port, address, (error) => {
        client.toClient.count(data.length, error);
        this.toClient.count(data.length, error);
      });
    });
    try {
      socket.connectSync(this.#options.port, this.#options.address);
    } catch {
      // No more descriptors, or no way to the target for now.
      socket.close();
      return undefined;
    }
    this.#clients.set(place(address, port), client);
    this.served++;
    this.#options.joined(client, socket.address().port);
    return client;
  }

  #forgetIdle(): void {
    const oldest = performance.now() - this.#options.idle;
    for (const client of this.#clients.values()) if (client.seen < oldest) this.#forget(client);
  }

  #forget(client: Client): Promise<void> {
    this.#clients.delete(place(client.address, client.port));
    return new Promise((resolve) =>
      client.socket.close(() => {
        this.#options.left(client);
        resolve();
      })
    );
  }
}
