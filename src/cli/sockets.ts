/** Sockets for a command: opened with errors in words, and closed in any case. */
import { once } from "node:events";
import { isIP } from "node:net";
import { createSocket, type Socket, type SocketOptions, type SocketType } from "../../mod.ts";
import { failureOf, place, UsageError } from "./failure.ts";

/** Gives `use` a socket, which is closed when it is done. */
export async function withSocket<T>(options: SocketOptions, use: (socket: Socket) => Promise<T>): Promise<T> {
  const socket = createSocket(options);
  // Between two listeners of a command, and after the last, an error is nobody's business.
  socket.on("error", () => {});
  try {
    return await use(socket);
  } finally {
    await new Promise<void>((resolve) => socket.close(resolve));
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

/** Binds it; the addresses of all interfaces if none is given. */
export async function bind(
  socket: Socket,
  signal: AbortSignal,
  port: number,
  address?: string,
): Promise<void> {
  const listening = once(socket, "listening", { signal });
  socket.bind(port, address);
  try {
    await listening;
  } catch (error) {
    throw failureOf(error, address);
  }
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
  signal: AbortSignal,
  host: string,
  port: number,
  asked: 4 | 6 | undefined,
  use: (socket: Socket) => Promise<T>,
): Promise<T> {
  const family = familyOf(host, asked);
  const attempt = (type: SocketType, orElse?: () => Promise<T>): Promise<T> => {
    let unknown = false;
    return withSocket({ type }, async (socket) => {
      try {
        await connect(socket, signal, port, host);
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
