/** Sockets for a command: opened with errors in words, and closed in any case. */
import type { Buffer } from "node:buffer";
import { once } from "node:events";
import { isIP } from "node:net";
import type { RemoteInfo, SocketOptions, SocketType } from "../../mod.ts";
import { parsePort } from "./arguments.ts";
import { failureOf, place, UsageError } from "./failure.ts";
import type { Module } from "./module.ts";

/** How many datagrams may wait to be sent to those who come from elsewhere; one more is dropped, as a router does it. */
export const MOST_WAITING = 4096;

/** A socket of whichever entry. */
export type Socket = ReturnType<Module["createSocket"]>;

/** What a command needs to open a socket. */
export interface Net {
  readonly dgram: Module;
  readonly signal: AbortSignal;
}

/** The address and the port to send from, as far as they were said. */
export interface Source {
  readonly address: string | undefined;
  /** 0 lets the kernel choose. */
  readonly port: number;
}

/** `ADDRESS`, `ADDRESS:PORT` or `:PORT`, with an IPv6 address in brackets before a port. */
export function parseSource(text: string): Source {
  if (isIP(text.split("%")[0])) return { address: text, port: 0 };
  const [, bracketed, plain = "", port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(text) ?? [];
  const address = bracketed ?? plain;
  if ((address === "" && port === undefined) || (bracketed !== undefined && isIP(bracketed.split("%")[0]) !== 6)) {
    throw new UsageError(`not an address or a port to send from: ${JSON.stringify(text)}`);
  }
  return { address: address === "" ? undefined : address, port: port === undefined ? 0 : parsePort(port) };
}

/** A socket that is to be closed. */
function open({ dgram }: Net, options: SocketOptions): Socket {
  const socket = dgram.createSocket(options);
  // Between two listeners of a command, and after the last, an error is nobody's business.
  socket.on("error", () => {});
  return socket;
}

function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(resolve));
}

/** Gives `use` a socket, which is closed when it is done. */
export async function withSocket<T>(
  net: Net,
  options: SocketOptions,
  use: (socket: Socket) => Promise<T>,
): Promise<T> {
  const socket = open(net, options);
  try {
    return await use(socket);
  } finally {
    await close(socket);
  }
}

/** The family of an address, or of what was asked for. */
export function familyOf(host: string | undefined, asked: 4 | 6 | undefined): 4 | 6 | undefined {
  if (host === "") throw new UsageError("the host is empty");
  const family = host === undefined ? 0 : isIP(host.split("%")[0]);
  if (family !== 0 && asked !== undefined && family !== asked) {
    throw new UsageError(`${host} is no IPv${asked} address`);
  }
  return family === 4 || family === 6 ? family : asked;
}

export function typeOf(family: 4 | 6 | undefined): SocketType {
  return family === 6 ? "udp6" : "udp4";
}

async function listening(socket: Socket, signal: AbortSignal, port: number, address?: string): Promise<void> {
  const listening = once(socket, "listening", { signal });
  socket.bind(port, address);
  await listening;
}

/** Binds it; the addresses of all interfaces if none is given. */
export async function bind(socket: Socket, signal: AbortSignal, port: number, address?: string): Promise<void> {
  try {
    await listening(socket, signal, port, address);
  } catch (error) {
    throw failureOf(error, address);
  }
}

/** Is given each socket before it is bound. */
export type Made = (socket: Socket) => void;

/** Where a command listens. Without an address and a family, on all addresses of both families. */
export interface Listening {
  readonly port: number;
  readonly address: string | undefined;
  readonly family: 4 | 6 | undefined;
  readonly reuseAddr?: boolean;
  readonly made?: Made | undefined;
}

/** Is called with each datagram. */
export type Heard = (data: Buffer, from: RemoteInfo, socket: Socket) => void;

/** How often a port is looked for that is free in both families. */
const TRIES = 20;
/** What a bind of a host without IPv6 fails with, and one of a runtime that can't keep IPv4 out of it. */
const NO_IPV6: readonly unknown[] = ["EAFNOSUPPORT", "EADDRNOTAVAIL", "ENOTSUP"];

/** Gives `use` the sockets that listen there, on one port: the one of IPv4 first. */
export async function withListening<T>(
  net: Net,
  where: Listening,
  heard: Heard,
  use: (sockets: readonly Socket[]) => Promise<T>,
): Promise<T> {
  const sockets = await listen(net, where, heard);
  try {
    return await use(sockets);
  } finally {
    await Promise.all(sockets.map(close));
  }
}

async function listen(
  net: Net,
  { port, address, family, reuseAddr, made }: Listening,
  heard: Heard,
): Promise<Socket[]> {
  const openBound = async (options: SocketOptions, at: number): Promise<Socket> => {
    const socket = open(net, { ...options, maxSendQueueCount: MOST_WAITING });
    made?.(socket);
    socket.on("message", (data, from) => heard(data, from, socket));
    try {
      await listening(socket, net.signal, at, address);
      return socket;
    } catch (error) {
      await close(socket);
      throw error;
    }
  };
  try {
    if (address !== undefined || family !== undefined) {
      return [await openBound({ type: typeOf(family), reuseAddr }, port)];
    }
    for (let tries = TRIES;; tries--) {
      const four = await openBound({ type: "udp4", reuseAddr }, port);
      try {
        return [four, await openBound({ type: "udp6", reuseAddr, ipv6Only: true }, four.address().port)];
      } catch (error) {
        const { code } = error as { code?: unknown };
        if (NO_IPV6.includes(code)) return [four];
        await close(four);
        if (code !== "EADDRINUSE" || port !== 0 || tries === 0) throw error;
      }
    }
  } catch (error) {
    throw failureOf(error, address);
  }
}

/** Where they listen, in words: `0.0.0.0:7000 and [::]:7000`. */
export function placesOf(sockets: readonly Socket[]): string {
  return sockets.map((socket) => socket.address()).map(({ address, port }) => place(address, port)).join(" and ");
}

/** Connects it. */
async function connect(socket: Socket, signal: AbortSignal, port: number, host: string): Promise<void> {
  // A look-up may take long, and an interrupt need not wait for it.
  const connected = once(socket, "connect", { signal });
  socket.connect(port, host);
  try {
    await connected;
  } catch (error) {
    throw failureOf(error, (error as { syscall?: string }).syscall === "getaddrinfo" ? host : place(host, port));
  }
}

/** Gives `use` a socket that is connected to a host: a name's IPv4 address if it has one, else its IPv6 address. */
export async function withConnected<T>(
  net: Net,
  host: string,
  port: number,
  asked: 4 | 6 | undefined,
  use: (socket: Socket) => Promise<T>,
  source?: Source,
): Promise<T> {
  const family = familyOf(host, asked);
  const attempt = (type: SocketType, orElse?: () => Promise<T>): Promise<T> => {
    let unknown = false;
    return withSocket(net, { type }, async (socket) => {
      if (source) await bind(socket, net.signal, source.port, source.address);
      try {
        await connect(socket, net.signal, port, host);
      } catch (error) {
        unknown = error instanceof UsageError;
        throw error;
      }
      return await use(socket);
    }).catch((error) => {
      if (unknown && orElse) return orElse();
      throw error;
    });
  };
  return await (family ? attempt(typeOf(family)) : attempt("udp4", () => attempt("udp6")));
}
