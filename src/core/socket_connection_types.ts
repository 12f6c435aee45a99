import type { AddressInfo } from "./backend.ts";

/** The two ends of a socket, and its connection to a peer. A part of the interface of a socket. */
export interface SocketConnection {
  /**
   * Connects the socket to a peer: `send()` needs no destination any more, only the peer's datagrams are delivered,
   * and `address()` is the address that the kernel sends from. Binds an unbound socket first. 'connect' follows.
   *
   * If it fails the socket is disconnected as before; the error goes to the callback, or else to 'error'.
   *
   * Errors: EINVAL for a literal of the other family, EACCES for a broadcast address and ENETUNREACH of `connect`;
   * ENOTFOUND of `getaddrinfo`; ERR_IP_BLOCKED by `sendBlockList`. If the bind fails there is an 'error' event and the
   * callback is not called.
   *
   * Feature `connect`: emulated on Deno. There foreign datagrams are filtered outside the kernel. Feature `icmpErrors`:
   * unavailable on Deno. It is the ECONNREFUSED of a peer that is not there, an 'error' event of `recvmsg` (RFC 1122,
   * 4.1.3.3).
   *
   * Source: Node's documentation; measured. Node's stays connecting for ever where its bind fails, and tells a connected
   * socket what strangers had sent before.
   *
   * @param port 1 to 65535.
   * @param address The peer's address or name; 127.0.0.1 or ::1 if left out.
   * @param callback A listener of 'connect' that is called once; or it is called with the error.
   * @throws {RangeError} ERR_SOCKET_BAD_PORT.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for an address that is no string.
   * @throws {Error} ERR_SOCKET_DGRAM_IS_CONNECTED if it is connected or connecting; ERR_SOCKET_DGRAM_NOT_RUNNING after
   * `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const server = createSocket("udp4", (message) => {
   *   console.log(`${message}`); // prints hello
   *   server.close();
   *   client.close();
   * });
   * const { port } = server.bindSync({ address: "127.0.0.1" });
   *
   * const client = createSocket("udp4");
   * client.connect(port, "127.0.0.1", () => client.send("hello"));
   * ```
   */
  connect(port: number, address?: string, callback?: (error?: Error) => void): void;
  /** Connects to a port of this host. */
  connect(port: number, callback?: (error?: Error) => void): void;

  /**
   * Connects the socket before it returns, and binds it first if need be; 'connect' follows on a tick. It resolves no
   * names. See `connect()` for what a connection is on each runtime.
   *
   * On Node 18 to 22, on Deno and on Bun too, whose node:dgram has no such method.
   *
   * Source: Node 26's documentation; measured.
   *
   * @param port 1 to 65535.
   * @param address The peer's numeric address; 127.0.0.1 or ::1 if left out.
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING; ERR_SOCKET_DGRAM_IS_CONNECTED; ERR_SOCKET_ALREADY_BOUND while a bind
   * is under way; ERR_IP_BLOCKED; or the system call's error: the socket is bound then, and not connected.
   * @throws {RangeError} ERR_SOCKET_BAD_PORT.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE; ERR_INVALID_ARG_VALUE for a host name.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.connectSync(7000, "127.0.0.1");
   * console.log(socket.address().address); // prints 127.0.0.1
   * socket.close();
   * ```
   */
  connectSync(port: number, address?: string): void;

  /**
   * Ends the connection, at once and without an event; `connect()` may be called again. On Linux a port that the kernel
   * had chosen is given up: with a connection of the kernel's own, `address().port` is 0 until the next send.
   *
   * Source: Node's documentation; measured.
   *
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_CONNECTED unless it is connected; ERR_SOCKET_DGRAM_NOT_RUNNING after
   * `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.connectSync(7000, "127.0.0.1");
   * socket.disconnect();
   * socket.connectSync(7001, "127.0.0.1");
   * console.log(socket.remoteAddress().port); // prints 7001
   * socket.close();
   * ```
   */
  disconnect(): void;

  /**
   * The local end. On a connected socket it is the address that the kernel sends from. A link-local IPv6 address
   * carries its scope (`fe80::1%eth0`, RFC 4007). Feature `linkLocalScope`: emulated on Deno.
   *
   * Source: Node's documentation; measured.
   *
   * @returns The numeric address, the family and the port.
   * @throws {Error} EBADF of `getsockname` while it is not bound; ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bindSync();
   * console.log(socket.address().address); // prints 0.0.0.0
   * socket.close();
   * ```
   */
  address(): AddressInfo;

  /**
   * The peer that the socket is connected to.
   *
   * Source: Node's documentation; measured.
   *
   * @returns The numeric address, the family and the port.
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_CONNECTED unless it is connected; ERR_SOCKET_DGRAM_NOT_RUNNING after
   * `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp6");
   * socket.connectSync(7000, "::1");
   * console.log(socket.remoteAddress().address); // prints ::1
   * socket.close();
   * ```
   */
  remoteAddress(): AddressInfo;
}
