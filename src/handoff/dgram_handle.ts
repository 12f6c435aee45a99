/** What a socket of Node's own dgram is made of, where a socket of this module is made of one. */
import type { Socket as DgramSocket } from "node:dgram";
import type { AddressInfo } from "../core/backend.ts";
import { dgramSocket } from "../core/own_dgram.ts";
import { kState, type StatefulSocket } from "../core/state.ts";
import { runtimeName } from "./runtime_name.ts";

/** Node's native socket. */
export interface NativeSocket {
  readonly fd: number;
  open(fd: number): number;
  recvStop(): number;
  connect(address: string, port: number): number;
  getpeername(peer: object): number;
  getsockname(name: object): number;
  close(): void;
}

/** The socket of node:dgram that a socket of this module is made of; null where it is not. */
export function innerOf(socket: StatefulSocket): DgramSocket | null {
  return socket[kState].handle?.inner ?? null;
}

/** What one of node:dgram is made of; it has no public name. */
export function nativeOf(inner: DgramSocket): NativeSocket | undefined {
  for (const symbol of Object.getOwnPropertySymbols(inner)) {
    const state = (inner as never as Record<symbol, { handle?: NativeSocket } | undefined>)[symbol];
    if (typeof state?.handle?.recvStop === "function") return state.handle;
  }
}

/** A socket of node:dgram that owns a descriptor and reads nothing; undefined if there can't be one. */
export function dgramAt(
  fd: number,
  type: string,
): { readonly inner: DgramSocket; readonly native: NativeSocket } | undefined {
  const inner = new (dgramSocket() as never as new (type: string) => DgramSocket)(type);
  const native = nativeOf(inner);
  if (native?.open(fd) === 0) return { inner, native };
  inner.close();
}

/**
 * Has node:dgram know of the connection that its socket has in the kernel. libuv refuses a second one to the same peer, and
 * the kernel would take back a port that it chose with the first one.
 */
function connectedAlready(native: NativeSocket | undefined, connect: () => void): void {
  if (native === undefined) return connect();
  const original = native.connect;
  native.connect = () => 0;
  try {
    connect();
  } finally {
    native.connect = original;
  }
}

/** The connection is the kernel's already. Where it can't be had again, the socket arrives without one. */
export function connectAgain(socket: StatefulSocket, { port, address }: AddressInfo): void {
  const inner = innerOf(socket);
  const native = inner && runtimeName() === "node" ? nativeOf(inner) : undefined;
  // Where the kernel has none, Node alone would believe in it.
  if (native !== undefined && native.getpeername({}) < 0) return;
  try {
    connectedAlready(native, () => socket.connectSync(port, address));
  } catch {
    // If it were refused now both sides would have it, and a disconnect would cost a port that the kernel has chosen.
  }
}
