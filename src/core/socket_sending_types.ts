import type { OutgoingMessage, Payload, SendCallback } from "./message_types.ts";

/** How datagrams are sent, and what waits for room in the kernel. A part of the interface of a socket. */
export interface SocketSending {
  /**
   * Sends a datagram. An unbound socket is bound first, to all interfaces and a port of the kernel's choice.
   *
   * Datagrams leave in the order of their calls, also across a bind and while the kernel has no room; those to a host
   * name wait for its look-up, and leave in their order then. The datagrams of one turn of the event loop are handed
   * over together at its end; on a connected socket each one in the call. One datagram is at most 65507 bytes on IPv4
   * and 65527 on IPv6 (RFC 768, RFC 8200); if it is not to be fragmented, the path's MTU less 28 or 48.
   *
   * Errors go to the callback: EMSGSIZE, EACCES (broadcast without `setBroadcast(true)`), EINVAL (a literal of the
   * other family), ENETUNREACH, ECONNREFUSED (connected) of `send`; ERR_IP_BLOCKED. Without a callback they are dropped
   * as by Node, all but a look-up's and ERR_SOCKET_DGRAM_QUEUE_FULL, which are 'error' events. If the bind fails there
   * is one 'error' event, and the callbacks of what waited for it are never called.
   *
   * Feature `sendInTurn`: unavailable on Deno. Where it is there the callback comes in the same turn of the event
   * loop as the call; otherwise some turns later. Feature `sendErrors`: emulated on Deno. There what the kernel refuses
   * is ENETUNREACH.
   *
   * Source: Node's documentation; measured. Node's takes 1024 parts of a list at most, and lets datagrams to one host name
   * overtake each other.
   *
   * @param message What is sent; a list is joined to one datagram.
   * @param port 1 to 65535; not on a connected socket.
   * @param address A host name or an address; 127.0.0.1 or ::1 if left out.
   * @param callback Called when the datagram is in the kernel, or could not be sent.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for a message or an address of another type.
   * @throws {RangeError} ERR_SOCKET_BAD_PORT; ERR_BUFFER_OUT_OF_BOUNDS for a bad offset or length.
   * @throws {Error} ERR_SOCKET_DGRAM_IS_CONNECTED for an offset form with a port on a connected socket;
   * ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.send("hello", 7000, "127.0.0.1", (error, bytes) => {
   *   console.log(error, bytes); // prints null 5
   *   socket.close();
   * });
   * ```
   */
  send(message: Payload | readonly Payload[], port?: number, address?: string, callback?: SendCallback): void;
  /** Sends a datagram to a port of this host. */
  send(message: Payload | readonly Payload[], port?: number, callback?: SendCallback): void;
  /** Sends a datagram to the peer of a connected socket. */
  send(message: Payload | readonly Payload[], callback?: SendCallback): void;
  /**
   * Sends a part of the message.
   *
   * @param offset Where the part begins, in bytes.
   * @param length Its length in bytes.
   */
  send(
    message: Payload,
    offset: number,
    length: number,
    port?: number,
    address?: string,
    callback?: SendCallback,
  ): void;
  /** Sends a part of the message to a port of this host. */
  send(message: Payload, offset: number, length: number, port?: number, callback?: SendCallback): void;
  /** Sends a part of the message to the peer of a connected socket. */
  send(message: Payload, offset: number, length: number, callback?: SendCallback): void;

  /**
   * Sends a part of the message: the form of `send()` that checks that every argument is there. Node has it and does
   * not document it.
   *
   * @param offset Where the part begins, in bytes.
   * @param length Its length in bytes.
   * @param port 1 to 65535.
   * @param address A host name or an address.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for an offset, length or port that is no number, or an address that is no
   * string. Otherwise as `send()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.sendto("hello", 1, 3, 7000, "127.0.0.1", (_error, bytes) => {
   *   console.log(bytes); // prints 3
   *   socket.close();
   * });
   * ```
   */
  sendto(
    message: Payload,
    offset: number,
    length: number,
    port: number,
    address: string,
    callback?: SendCallback,
  ): void;

  /**
   * Sends each message as a datagram of its own, in order, with as few system calls as the runtime allows. A message
   * that fails does not keep those after it from being sent. Not in node:dgram.
   *
   * Feature `sendBatch`: emulated on Node and Deno. There it is one system call for each message. Where it is native, the
   * kernel forgets the ICMP error of a connected peer that it meets in the middle of a batch (measured, Linux 6.18): one
   * that is met first is told.
   *
   * @param messages What is sent, each with its destination; with `data` alone on a connected socket. One with a
   * `segmentSize` becomes several datagrams, and is still one message.
   * @returns How many messages were sent: all. It rejects, with `index` and `sent`, with the error of the first that
   * failed; when a message is malformed nothing is sent.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * const messages = ["a", "b", "c"].map((data) => ({ data, port: 7000, address: "127.0.0.1" }));
   * console.log(await socket.sendMany(messages)); // prints 3
   * socket.close();
   * ```
   *
   * @example A large buffer as datagrams of 1200 bytes, which the kernel cuts where it can
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const peer = createSocket("udp4").bind(0, "127.0.0.1", async () => {
   *   const socket = createSocket("udp4");
   *   const { port } = peer.address();
   *   await socket.sendMany([{ data: new Uint8Array(3000), segmentSize: 1200, port, address: "127.0.0.1" }]);
   *   socket.close();
   * });
   * const sizes: number[] = [];
   * peer.on("message", (message) => {
   *   if (sizes.push(message.length) < 3) return;
   *   console.log(sizes.join()); // prints 1200,1200,600
   *   peer.close();
   * });
   * ```
   */
  sendMany(messages: readonly OutgoingMessage[]): Promise<number>;

  /**
   * The bytes of the datagrams that the kernel had no room for yet. What waits for a bind or a look-up is not counted,
   * as by Node.
   *
   * Source: Node's documentation; measured.
   *
   * @returns Bytes; 0 in most cases.
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * console.log(socket.getSendQueueSize()); // prints 0
   * socket.close();
   * ```
   */
  getSendQueueSize(): number;

  /**
   * The number of the datagrams that the kernel had no room for yet.
   *
   * Source: Node's documentation; measured.
   *
   * @returns Datagrams; 0 in most cases.
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * console.log(socket.getSendQueueCount()); // prints 0
   * socket.close();
   * ```
   */
  getSendQueueCount(): number;
}
