/** The few members of Bun that its adapter uses, as Bun 1.4.5 has them. */
import type { AddressInfo, MessageBuffer } from "../../core/backend.ts";

/** `globalThis.Bun`. */
export interface BunNamespace {
  /** Throws at once if the socket can't be opened; the promise is settled when the call returns. */
  udpSocket(options: BunSocketOptions): Promise<BunSocket>;
  /** The value of a settled promise. */
  peek<T>(promise: Promise<T>): T;
}

/** Options of `Bun.udpSocket`. */
export interface BunSocketOptions {
  hostname?: string;
  port?: number;
  /** Undocumented: the sum of {@linkcode BUN_FLAGS}. */
  flags?: number;
  /** Undocumented: adopts a descriptor; what stands above is then ignored. */
  fd?: number;
  binaryType?: "buffer";
  connect?: { hostname: string; port: number };
  socket?: BunHandlers;
}

/** Undocumented flags of `Bun.udpSocket`, each seen in its system calls. */
export const BUN_FLAGS = {
  reusePort: 4,
  ipv6Only: 8,
  reuseAddr: 16,
  /** Fails where `reusePort` is unsupported, instead of going on without it. */
  reusePortOrFail: 32,
} as const;

/** What a socket calls. */
export interface BunHandlers {
  data?(socket: BunSocket, data: MessageBuffer, port: number, address: string): void;
  drain?(socket: BunSocket): void;
  error?(error: BunError): void;
}

/** What a socket's `error` is called with. */
export interface BunError {
  readonly code?: string;
  /** It was read from the socket's error queue. */
  readonly errqueue?: boolean;
}

/** What `Bun.udpSocket` answers. Failures throw. */
export interface BunSocket {
  /** Read once and then kept: a later `connect` through the descriptor does not show. */
  readonly address: AddressInfo;
  readonly port: number;
  readonly fd: number;
  /** False if the kernel is full: the datagram was not taken, and `drain` comes. */
  send(data: Uint8Array, port: number, address: string): boolean;
  /** `[data, port, address, …]`; answers how many were taken, and throws only if the first one was refused. */
  sendMany(flat: readonly (Uint8Array | number | string)[]): number;
  setBroadcast(on: boolean): unknown;
  setTTL(ttl: number): unknown;
  setMulticastTTL(ttl: number): unknown;
  setMulticastLoopback(on: boolean): unknown;
  /** False if the address can't be read. */
  setMulticastInterface(address: string): boolean;
  addMembership(group: string, address?: string): unknown;
  dropMembership(group: string, address?: string): unknown;
  addSourceSpecificMembership(source: string, group: string, address?: string): unknown;
  dropSourceSpecificMembership(source: string, group: string, address?: string): unknown;
  ref(): void;
  unref(): void;
  close(): void;
  /** Undocumented: puts other handlers in the place of those given at creation. */
  reload(options: { binaryType?: "buffer"; socket: BunHandlers }): void;
}
