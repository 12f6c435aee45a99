/** The sockets of node:dgram that the adapters work with, on whichever runtime. */
import type { Socket as DgramSocket } from "node:dgram";
import { ACCESS_DENIED, type OpenOptions, type WrongFdType } from "../../core/backend.ts";
import { dgramSocket } from "../../core/own_dgram.ts";

type Lookup = (hostname: string, family: number, done: (error: null, address: string) => void) => void;

/** The core gives numeric addresses only; a look-up that answers at once makes bind and sends synchronous. */
const answerAtOnce: Lookup = (hostname, _family, done) => done(null, hostname);

/** What a socket is made with. */
type DgramOptions = Pick<OpenOptions, "family"> & Partial<Pick<OpenOptions, "reuseAddr" | "reusePort" | "ipv6Only">>;

/** An unbound socket. What else stands in the options, node:dgram does not look at. */
export function createDgram(options: DgramOptions): DgramSocket {
  const Socket = dgramSocket() as new (options: object) => DgramSocket;
  return new Socket({ __proto__: null, ...options, type: `udp${options.family}`, lookup: answerAtOnce });
}

/** A socket that is bound, and shared with no other process. */
export function bindDgram(options: OpenOptions): DgramSocket | WrongFdType | number {
  const socket = createDgram(options);
  let failure = 0;
  const onError = (error: Error): void => {
    failure = errnoOfDgram(error);
  };
  socket.once("error", onError);
  try {
    // A descriptor passes the address.
    socket.bind({ __proto__: null, ...options, exclusive: true } as never);
  } catch (error) {
    socket.close();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_INVALID_FD_TYPE") return { fdType: message.slice(message.lastIndexOf(" ") + 1) };
    return errnoOfDgram(error);
  }
  socket.off("error", onError);
  if (failure === 0) return socket;
  socket.close();
  return failure;
}

/** The negative errno of an error that node:dgram threw or emitted. */
export function errnoOfDgram(error: unknown): number {
  const { code, errno } = error as NodeJS.ErrnoException;
  if (code === "ERR_ACCESS_DENIED") return ACCESS_DENIED;
  if (typeof errno !== "number") throw error;
  return errno;
}

/** What node:dgram's sockets are made of. */
export interface UdpWrap {
  readonly fd: number;
  hasRef(): boolean;
  connect(address: string, port: number): number;
  recvStart(): number;
  recvStop(): number;
  /** Called with what was received, or a negative number. */
  onmessage: unknown;
}

/** It has no public name on Node 26. */
export function udpWrapOf(socket: DgramSocket): UdpWrap | undefined {
  return stateOf<{ handle: UdpWrap }>(socket)?.handle;
}

/** What node:dgram keeps of a socket, by the description of the symbol that hides it. */
export function stateOf<State>(socket: DgramSocket, description = "state symbol"): State | undefined {
  const symbol = Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === description);
  return symbol && (socket as unknown as Record<symbol, State>)[symbol];
}
