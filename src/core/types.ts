import type { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import type { BlockList } from "node:net";
import type { AddressInfo, Backend, RemoteInfo } from "./backend.ts";

export type { AddressInfo, RemoteInfo } from "./backend.ts";

/** `udp4` or `udp6`. */
export type SocketType = "udp4" | "udp6";

/** Answers a host name with a numeric address. */
export type LookupFunction = (
  hostname: string,
  family: 4 | 6,
  callback: (error: Error | null, address: string, family?: number) => void,
) => void;

/** Called when a datagram has been handed to the kernel, or could not be. */
export type SendCallback = (error: Error | null, bytes?: number) => void;

/** What can be sent: a string goes as UTF-8. */
export type Payload = string | ArrayBufferView;

/** One message of `sendMany`; on a connected socket it has data alone. */
export interface OutgoingMessage {
  /** What is sent; a list is joined to one datagram. */
  data: Payload | readonly Payload[];
  /** 1 to 65535. */
  port?: number;
  /** A host name or an address; this host if left out. */
  address?: string;
}

/** Why `sendMany` rejects: the error of the first message that failed. */
export interface SendManyError extends Error {
  /** The place of that message in the array. */
  index: number;
  /** How many of the messages were sent. */
  sent: number;
}

/** What `createSocket` takes. */
export interface SocketOptions {
  /** The family. */
  type: SocketType;
  /** Lets several sockets bind one address and port (SO_REUSEADDR). */
  reuseAddr?: boolean;
  /** Spreads datagrams over the sockets that bind one address and port with it (SO_REUSEPORT). */
  reusePort?: boolean;
  /** Keeps a udp6 socket from receiving IPv4 (IPV6_V6ONLY). */
  ipv6Only?: boolean;
  /** SO_RCVBUF in bytes, set when the socket is bound. */
  recvBufferSize?: number;
  /** SO_SNDBUF in bytes, set when the socket is bound. */
  sendBufferSize?: number;
  /** Takes the place of `dns.lookup`, for every address. */
  lookup?: LookupFunction;
  /** Closes the socket when it is aborted. */
  signal?: AbortSignal;
  /** Datagrams from these addresses are dropped silently. */
  receiveBlockList?: BlockList;
  /** Sending and connecting to these addresses fails with ERR_IP_BLOCKED. */
  sendBlockList?: BlockList;
  /** How many datagrams may wait to be sent; more fail with ERR_SOCKET_DGRAM_QUEUE_FULL. No bound if 0 or left out. */
  maxSendQueueCount?: number;
  /** How many bytes may wait to be sent. No bound if 0 or left out. */
  maxSendQueueSize?: number;
  /** The adapter to use in place of the runtime's own: for tests and for other networks. */
  backend?: Backend;
}

/** What `bind` takes. */
export interface BindOptions {
  /** 0 to 65535; 0 lets the kernel choose. */
  port?: number;
  /** The local address; all interfaces if left out. */
  address?: string;
  /** In a cluster worker: don't share the port with the other workers. */
  exclusive?: boolean;
  /** A descriptor of a UDP socket to adopt. */
  fd?: number;
}

/** What `bindSync` takes. */
export interface BindSyncOptions {
  /** 0 to 65535; 0 lets the kernel choose. */
  port?: number;
  /** A numeric local address; all interfaces if left out. */
  address?: string;
}

/** The events of a socket. */
export interface SocketEvents {
  close: [];
  connect: [];
  drain: [];
  error: [error: Error];
  listening: [];
  message: [message: Buffer, from: RemoteInfo];
}

type Listener<Event extends keyof SocketEvents> = (...values: SocketEvents[Event]) => void;

/** A UDP socket with the API of `node:dgram`. */
export interface Socket extends EventEmitter {
  /** `udp4` or `udp6`. */
  type: SocketType;

  on<Event extends keyof SocketEvents>(event: Event, listener: Listener<Event>): this;
  on(event: string | symbol, listener: (...values: unknown[]) => void): this;
  once<Event extends keyof SocketEvents>(event: Event, listener: Listener<Event>): this;
  once(event: string | symbol, listener: (...values: unknown[]) => void): this;

  bind(port?: number, address?: string, callback?: () => void): this;
  bind(port: number, callback: () => void): this;
  bind(callback: () => void): this;
  bind(options: BindOptions, callback?: () => void): this;
  bindSync(options?: BindSyncOptions): AddressInfo;
  close(callback?: () => void): this;

  connect(port: number, address?: string, callback?: (error?: Error) => void): void;
  connect(port: number, callback: (error?: Error) => void): void;
  connectSync(port: number, address?: string): void;
  disconnect(): void;

  send(message: Payload | readonly Payload[], port?: number, address?: string, callback?: SendCallback): void;
  send(message: Payload | readonly Payload[], port: number, callback: SendCallback): void;
  send(message: Payload | readonly Payload[], callback: SendCallback): void;
  send(
    message: Payload,
    offset: number,
    length: number,
    port?: number,
    address?: string,
    callback?: SendCallback,
  ): void;
  send(message: Payload, offset: number, length: number, port: number, callback: SendCallback): void;
  send(message: Payload, offset: number, length: number, callback: SendCallback): void;
  sendto(
    message: Payload,
    offset: number,
    length: number,
    port: number,
    address: string,
    callback?: SendCallback,
  ): void;

  /** Sends each message as a datagram of its own, in order, with as few system calls as the runtime allows. */
  sendMany(messages: readonly OutgoingMessage[]): Promise<number>;

  address(): AddressInfo;
  remoteAddress(): AddressInfo;

  addMembership(multicastAddress: string, multicastInterface?: string): void;
  dropMembership(multicastAddress: string, multicastInterface?: string): void;
  addSourceSpecificMembership(sourceAddress: string, groupAddress: string, multicastInterface?: string): void;
  dropSourceSpecificMembership(sourceAddress: string, groupAddress: string, multicastInterface?: string): void;
  setBroadcast(flag: boolean): void;
  setTTL(ttl: number): number;
  setMulticastTTL(ttl: number): number;
  setMulticastLoopback(flag: boolean): boolean;
  setMulticastInterface(multicastInterface: string): void;
  setRecvBufferSize(size: number): void;
  setSendBufferSize(size: number): void;
  getRecvBufferSize(): number;
  getSendBufferSize(): number;
  getSendQueueSize(): number;
  getSendQueueCount(): number;

  ref(): this;
  unref(): this;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The constructor of `Socket`; `createSocket` is the same without `new`. */
export interface SocketConstructor {
  new (options: SocketType | SocketOptions, listener?: Listener<"message">): Socket;
  (this: Socket, options: SocketType | SocketOptions, listener?: Listener<"message">): void;
  readonly prototype: Socket;
}
