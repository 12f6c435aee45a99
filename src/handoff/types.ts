/** What the handoff entry takes and gives. */
import type { Support } from "../core/backend.ts";
import type { Socket, SocketType } from "../core/types.ts";

/** A socket of this copy of the module, or what has one as `raw`, as those of the promises entry have. */
export type HandoffSocket = Socket | { readonly raw: Socket };

/** A process with an IPC channel: a `ChildProcess` that was started with one, a cluster's `Worker`, or `process` in the child. */
export interface HandoffProcess {
  /** Sends a message. */
  send?: unknown;
  /** Adds a listener. */
  on(...values: never[]): unknown;
}

/** A thread of node:worker_threads: a `Worker`, in it `parentPort`, or a `MessagePort`. */
export interface HandoffThread {
  /** Sends a message. */
  postMessage(value: unknown): void;
  /** Adds a listener. */
  on(...values: never[]): unknown;
}

/** Who gets a socket, or gives one. */
export type HandoffPeer = HandoffProcess | HandoffThread;

/** How a socket is handed off. */
export interface SendSocketOptions {
  /** Goes with it, as a message of that channel does: JSON between processes, a structured clone between threads. */
  message?: unknown;
  /** Takes it back, as long as the other side has not answered. */
  signal?: AbortSignal | undefined;
}

/** How sockets are received. */
export interface ReceiveSocketsOptions {
  /** Makes the socket that takes one over, unbound; `createSocket` of the main entry if left out. */
  createSocket?: ((type: SocketType) => Socket) | undefined;
}

/** Called with each socket that arrives, which is bound, and with the message that came with it. */
export type SocketListener = (socket: Socket, message: unknown) => void;

/** Where a socket can go. */
export type HandoffFeature = "handoffToProcess" | "handoffToThread";

/** What can be handed off here, of the main entry's sockets. */
export interface HandoffCapabilities {
  /** Each way's support. */
  readonly features: Readonly<Record<HandoffFeature, Support>>;
  /** Why there is no such way. */
  readonly notes: Readonly<Partial<Record<HandoffFeature, string>>>;
}
