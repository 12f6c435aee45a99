// The socket, in one interface: parts of it that it extended would have to be public names of their own, and `deno doc`
// and JSR show an interface without what it inherits.
import type { EventEmitter } from "node:events";
import type { AddressInfo } from "./backend.ts";
import type { Listener, SocketEvents } from "./event_types.ts";
import type { OutgoingMessage, Payload, SendCallback } from "./message_types.ts";
import type { BindOptions, BindSyncOptions, SocketOptions, SocketType } from "./option_types.ts";

/**
 * A UDP socket with the API of `node:dgram`, as on Node 26, and with its errors: `code`, `errno` (negative), `syscall`,
 * `address` and `port`, worded alike on every runtime.
 *
 * It is unbound at first; `bind()`, `send()`, `connect()` or a membership binds it. A bound socket keeps the process
 * alive until `close()` or `unref()`.
 *
 * Where a member names a *feature*, `capabilities.features` tells whether this runtime has it (`native`), imitates it
 * (`emulated`) or lacks it (`unavailable`, and the call fails with ERR_FEATURE_UNAVAILABLE_ON_PLATFORM). It is native
 * but where the member says otherwise, on Linux with Node 18 to 26, Deno 2.9.5 without `--allow-ffi`, and Bun 1.4.5. A
 * member that names no feature is the same on all.
 *
 * @example Question and answer
 * ```ts
 * import { createSocket } from "@x/dgram";
 *
 * const server = createSocket("udp4", (message, from) => server.send(message, from.port, from.address));
 * const { port } = server.bindSync({ address: "127.0.0.1" });
 *
 * const asker = createSocket("udp4", (message) => {
 *   console.log(`${message}`); // prints hello
 *   asker.close();
 *   server.close();
 * });
 * asker.send("hello", port, "127.0.0.1");
 * ```
 */
export interface Socket extends EventEmitter {
  /** The type it was created with: `udp4` or `udp6`. */
  type: SocketType;

  /** Adds a listener; the socket's own events are typed. */
  addListener<Event extends keyof SocketEvents>(event: Event, listener: Listener<Event>): this;
  /** Adds a listener of any other event. */
  // deno-lint-ignore no-explicit-any
  addListener(event: string | symbol, listener: (...values: any[]) => void): this;
  /** Adds a listener; the socket's own events are typed. */
  on<Event extends keyof SocketEvents>(event: Event, listener: Listener<Event>): this;
  /** Adds a listener of any other event. */
  // deno-lint-ignore no-explicit-any
  on(event: string | symbol, listener: (...values: any[]) => void): this;
  /** Adds a listener that is called once; the socket's own events are typed. */
  once<Event extends keyof SocketEvents>(event: Event, listener: Listener<Event>): this;
  /** Adds a listener that is called once of any other event. */
  // deno-lint-ignore no-explicit-any
  once(event: string | symbol, listener: (...values: any[]) => void): this;
  /** Adds a listener before those that are there; the socket's own events are typed. */
  prependListener<Event extends keyof SocketEvents>(event: Event, listener: Listener<Event>): this;
  /** Adds a listener before those that are there of any other event. */
  // deno-lint-ignore no-explicit-any
  prependListener(event: string | symbol, listener: (...values: any[]) => void): this;
  /** Adds a listener before those that are there, which is called once; the socket's own events are typed. */
  prependOnceListener<Event extends keyof SocketEvents>(event: Event, listener: Listener<Event>): this;
  /** Adds a listener before those that are there, which is called once of any other event. */
  // deno-lint-ignore no-explicit-any
  prependOnceListener(event: string | symbol, listener: (...values: any[]) => void): this;
  /** Removes a listener; the socket's own events are typed. */
  removeListener<Event extends keyof SocketEvents>(event: Event, listener: Listener<Event>): this;
  /** Removes a listener of any other event. */
  // deno-lint-ignore no-explicit-any
  removeListener(event: string | symbol, listener: (...values: any[]) => void): this;
  /** Removes a listener; the socket's own events are typed. */
  off<Event extends keyof SocketEvents>(event: Event, listener: Listener<Event>): this;
  /** Removes a listener of any other event. */
  // deno-lint-ignore no-explicit-any
  off(event: string | symbol, listener: (...values: any[]) => void): this;
  /** Calls the listeners of an event; the socket's own events are typed. */
  emit<Event extends keyof SocketEvents>(event: Event, ...values: SocketEvents[Event]): boolean;
  /** Calls the listeners of any other event. */
  // deno-lint-ignore no-explicit-any
  emit(event: string | symbol, ...values: any[]): boolean;

  /**
   * Binds the socket and begins to receive. 'listening' follows, on a tick; a failure is an 'error' event, after which
   * the socket is unbound and may be bound again.
   *
   * A port that is no port is not refused but cut to 16 bits, as by Node: 70000 is 4464. `bindSync()` checks it.
   *
   * Events: 'error' with EADDRINUSE, EADDRNOTAVAIL, EACCES or EINVAL (a literal of the other family) of `bind`;
   * ENOTFOUND or EAI_AGAIN of `getaddrinfo`; ENOTSUP where reusePort or ipv6Only can't be had; ERR_SOCKET_BUFFER_SIZE
   * where a size of the options is refused; ERR_ACCESS_DENIED without Deno's or Node's `--allow-net`.
   *
   * Source: Node's documentation; measured. Unlike Node's, a socket whose buffer size the kernel refuses, or whose bind()
   * throws, is unbound again.
   *
   * @param port 0 to 65535; 0, the default, lets the kernel choose.
   * @param address The local address or a name for it; all interfaces if left out.
   * @param callback A listener of 'listening' that is called once, and not if the bind fails.
   * @returns The socket.
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`; ERR_SOCKET_ALREADY_BOUND if it is bound or binding.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for an address that is no string.
   *
   * @example A port of the kernel's choice
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bind(0, "127.0.0.1", () => {
   *   console.log(socket.address().family); // prints IPv4
   *   socket.close();
   * });
   * ```
   */
  bind(port?: number, address?: string, callback?: () => void): this;
  /** Binds to all interfaces. */
  bind(port?: number, callback?: () => void): this;
  /** Binds to all interfaces and a port of the kernel's choice. */
  bind(callback?: () => void): this;
  /**
   * Binds to what the options say, or adopts a descriptor: then 'listening' comes before the call returns.
   *
   * @throws {TypeError} ERR_INVALID_FD_TYPE for a descriptor that is no UDP socket.
   * @throws {Error} EEXIST of `open` for one that this process uses already.
   */
  bind(options: BindOptions, callback?: () => void): this;

  /**
   * Binds the socket before it returns; 'listening' follows on a tick. It resolves no names and shares no port with
   * other cluster workers.
   *
   * Feature `bindSync`. On Node 18 to 22, on Deno and on Bun too, whose node:dgram has no such method.
   *
   * Source: Node 26's documentation; measured.
   *
   * @param options The port, 0 to 65535, and the numeric address.
   * @returns What `address()` returns.
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING; ERR_SOCKET_ALREADY_BOUND; or what `bind()` would emit. The socket is
   * unbound then, as before.
   * @throws {RangeError} ERR_SOCKET_BAD_PORT.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE; ERR_INVALID_ARG_VALUE for a host name.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * const { address } = socket.bindSync({ port: 0, address: "127.0.0.1" });
   * console.log(address); // prints 127.0.0.1
   * socket.close();
   * ```
   */
  bindSync(options?: BindSyncOptions): AddressInfo;

  /**
   * Closes the socket: no message follows. What was given to `send()` before is sent, and its callbacks are called;
   * then 'close' is emitted. While a bind is under way it waits for that, unless nothing else does. For look-ups and
   * for room in the kernel it waits a second in all: what has not left by then fails with ECANCELED, before 'close'.
   *
   * Feature `closeInTurn`: unavailable on Deno. Where it is there 'close' comes on the next tick if nothing waits;
   * otherwise some turns of the event loop later, when the port is free.
   *
   * Source: Node's documentation; measured. Node's loses what was sent just before, cancels what waits for room at once,
   * and stays open if a bind that was under way fails.
   *
   * @param callback A listener of 'close'.
   * @returns The socket.
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING if it was called before; the callback is registered all the same.
   *
   * @example What was accepted is sent
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const receiver = createSocket("udp4", (message) => {
   *   console.log(`${message}`); // prints bye
   *   receiver.close();
   * });
   * const { port } = receiver.bindSync({ address: "127.0.0.1" });
   *
   * const sender = createSocket("udp4");
   * sender.send("bye", port, "127.0.0.1");
   * sender.close();
   * ```
   */
  close(callback?: () => void): this;

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
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_CONNECTED unless it is connected.
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
   * loop as the call; otherwise some turns later. Feature `sendErrors`: emulated on Deno. There EHOSTUNREACH and EACCES of a route are ENETUNREACH.
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

  /**
   * Joins a multicast group (IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP; RFC 3493). An unbound socket is bound by it, to all
   * interfaces and a port of the kernel's choice; while a bind is under way it waits, and fails with an 'error' event.
   *
   * Feature `membership`: emulated on Deno. There an IPv4 group on a udp6 socket is unavailable.
   *
   * Source: Node's documentation; measured. Node's binds an unbound socket without a 'listening' and delivers nothing.
   *
   * @param multicastAddress The group: 224.0.0.0 to 239.255.255.255, or ff00::/8.
   * @param multicastInterface The interface: an IPv4 address of it, or `::%name` for IPv6. The kernel chooses if left
   * out.
   * @throws {TypeError} ERR_MISSING_ARGS without a group.
   * @throws {Error} of `addMembership`: EINVAL for what is no group or no interface, EADDRINUSE if it is a member
   * already, ENODEV, ENOPROTOOPT for an IPv6 group on udp4; ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`.
   *
   * @example A group on the loopback interface
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const member = createSocket({ type: "udp4", reuseAddr: true }, (message) => {
   *   console.log(`${message}`); // prints news
   *   member.close();
   * });
   * const { port } = member.bindSync();
   * member.addMembership("239.255.7.7", "127.0.0.1");
   *
   * const sender = createSocket("udp4");
   * sender.bindSync({ address: "127.0.0.1" });
   * sender.send("news", port, "239.255.7.7");
   * sender.close();
   * ```
   */
  addMembership(multicastAddress: string, multicastInterface?: string): void;

  /**
   * Leaves a multicast group; closing the socket does so too. Feature `membership`: emulated on Deno.
   *
   * Source: Node's documentation; measured.
   *
   * @param multicastAddress The group.
   * @param multicastInterface The interface that was given to `addMembership()`.
   * @throws {TypeError} ERR_MISSING_ARGS without a group.
   * @throws {Error} of `dropMembership`: EADDRNOTAVAIL if it is no member, EINVAL; ERR_SOCKET_DGRAM_NOT_RUNNING after
   * `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bindSync();
   * socket.addMembership("239.255.7.7", "127.0.0.1");
   * socket.dropMembership("239.255.7.7", "127.0.0.1");
   * socket.close();
   * ```
   */
  dropMembership(multicastAddress: string, multicastInterface?: string): void;

  /**
   * Joins a multicast group for datagrams of one source (RFC 4607; 232.0.0.0/8 and ff3x::/32 are meant for it). An
   * unbound socket is bound by it.
   *
   * Feature `sourceSpecificMembership`: emulated on Deno. There it is for udp4 sockets only.
   *
   * Source: Node's documentation; measured. Node's binds an unbound socket without a 'listening' and delivers nothing.
   *
   * @param sourceAddress The sender's address.
   * @param groupAddress The group.
   * @param multicastInterface The interface: an IPv4 address of it, or `::%name` for IPv6.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for a source or group that is no string.
   * @throws {Error} of `addSourceSpecificMembership`: EINVAL, EADDRINUSE, ENODEV; ERR_SOCKET_DGRAM_NOT_RUNNING after
   * `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bindSync();
   * socket.addSourceSpecificMembership("127.0.0.1", "232.7.7.7", "127.0.0.1");
   * socket.close();
   * ```
   */
  addSourceSpecificMembership(sourceAddress: string, groupAddress: string, multicastInterface?: string): void;

  /**
   * Leaves a multicast group for one source. Feature `sourceSpecificMembership`: emulated on Deno.
   *
   * Source: Node's documentation; measured.
   *
   * @param sourceAddress The sender's address.
   * @param groupAddress The group.
   * @param multicastInterface The interface that was given to `addSourceSpecificMembership()`.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for a source or group that is no string.
   * @throws {Error} of `dropSourceSpecificMembership`: EINVAL or EADDRNOTAVAIL if it is no member;
   * ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bindSync();
   * socket.addSourceSpecificMembership("127.0.0.1", "232.7.7.7", "127.0.0.1");
   * socket.dropSourceSpecificMembership("127.0.0.1", "232.7.7.7", "127.0.0.1");
   * socket.close();
   * ```
   */
  dropSourceSpecificMembership(sourceAddress: string, groupAddress: string, multicastInterface?: string): void;

  /**
   * Allows sends to broadcast addresses (SO_BROADCAST); off at first, on every runtime. Feature `broadcast`.
   *
   * Source: Node's documentation; measured.
   *
   * @param flag True to allow them.
   * @throws {Error} EBADF of `setBroadcast` while it is not bound; ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bindSync({ address: "127.0.0.1" });
   * socket.setBroadcast(true);
   * socket.close();
   * ```
   */
  setBroadcast(flag: boolean): void;

  /**
   * Sets the time to live, or the hop limit on IPv6, of datagrams to one host (IP_TTL, IPV6_UNICAST_HOPS). 64 at first
   * on most systems.
   *
   * Feature `ttl`: emulated on Deno. There it is for udp4 sockets only.
   *
   * Source: Node's documentation; measured.
   *
   * @param ttl 1 to 255 hops.
   * @returns The argument.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for what is no number.
   * @throws {Error} of `setTTL`: EINVAL beyond the range, EBADF while it is not bound; ERR_SOCKET_DGRAM_NOT_RUNNING
   * after `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bindSync({ address: "127.0.0.1" });
   * console.log(socket.setTTL(1)); // prints 1
   * socket.close();
   * ```
   */
  setTTL(ttl: number): number;

  /**
   * Sets the time to live, or the hop limit on IPv6, of multicast datagrams (IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS). 1
   * at first: they stay on the link. 0 keeps them on this host.
   *
   * Feature `multicastTTL`: emulated on Deno. There a udp6 socket takes 1 only, which it has at first.
   *
   * Source: Node's documentation; measured.
   *
   * @param ttl 0 to 255 hops.
   * @returns The argument.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for what is no number.
   * @throws {Error} of `setMulticastTTL`: EINVAL beyond the range, EBADF while it is not bound;
   * ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bindSync({ address: "127.0.0.1" });
   * console.log(socket.setMulticastTTL(8)); // prints 8
   * socket.close();
   * ```
   */
  setMulticastTTL(ttl: number): number;

  /**
   * Says whether multicast datagrams that are sent from here are delivered to this host's members too
   * (IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP); on at first, on every runtime. Feature `multicastLoopback`.
   *
   * Source: Node's documentation; measured.
   *
   * @param flag False to keep them away.
   * @returns The argument.
   * @throws {Error} EBADF of `setMulticastLoopback` while it is not bound; ERR_SOCKET_DGRAM_NOT_RUNNING after
   * `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bindSync({ address: "127.0.0.1" });
   * console.log(socket.setMulticastLoopback(false)); // prints false
   * socket.close();
   * ```
   */
  setMulticastLoopback(flag: boolean): boolean;

  /**
   * Chooses the interface that multicast datagrams leave by (IP_MULTICAST_IF, IPV6_MULTICAST_IF).
   *
   * Feature `multicastInterface`: emulated on Deno. On Linux a socket that is bound to an address of the interface sends
   * by it in any case.
   *
   * Source: Node's documentation; measured.
   *
   * @param multicastInterface An IPv4 address of the interface, or `::%name` for IPv6; `0.0.0.0` and `::` leave the
   * choice to the kernel.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for what is no string.
   * @throws {Error} of `setMulticastInterface`: EINVAL for what is no address, EADDRNOTAVAIL for one that is not this
   * host's, ENOPROTOOPT for an IPv6 one on udp4, EBADF while it is not bound; ERR_SOCKET_DGRAM_NOT_RUNNING after
   * `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bindSync();
   * socket.setMulticastInterface("127.0.0.1");
   * socket.close();
   * ```
   */
  setMulticastInterface(multicastInterface: string): void;

  /**
   * Sets the traffic class of outgoing datagrams: the TOS byte of IPv4 (IP_TOS), the traffic class of IPv6
   * (IPV6_TCLASS). Its high six bits are the DSCP (RFC 2474), its low two bits ECN's (RFC 3168): a DSCP of 46 (expedited
   * forwarding) is `46 << 2`. 0 at first. Not in node:dgram.
   *
   * Feature `trafficClass`: unavailable on Node and Deno. `@x/dgram/ffi` brings it to Node, `--allow-ffi` to Deno.
   *
   * @param tos 0 to 255.
   * @returns The argument.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for what is no number; ERR_FEATURE_UNAVAILABLE_ON_PLATFORM.
   * @throws {Error} of `setTOS`: EINVAL beyond the range, EBADF while it is not bound; ERR_SOCKET_DGRAM_NOT_RUNNING
   * after `close()`.
   *
   * @example
   * ```ts
   * import { capabilities, createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bindSync({ address: "127.0.0.1" });
   * if (capabilities.features.trafficClass === "native") socket.setTOS(46 << 2);
   * socket.close();
   * ```
   */
  setTOS(tos: number): number;

  /**
   * Says whether outgoing datagrams must not be fragmented, on the way or by this host: with `true` a datagram that is
   * larger than the path's known MTU fails with EMSGSIZE (IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, on macOS IP_DONTFRAG,
   * IPV6_DONTFRAG; RFC 1191, RFC 8201); with `false` it is sent in fragments. At first the kernel chooses: on Linux it
   * fragments what is too large for the path, and lets no router do so. Not in node:dgram.
   *
   * Feature `dontFragment`: unavailable on Node and Deno. `@x/dgram/ffi` brings it to Node, `--allow-ffi` to Deno.
   *
   * @param flag True to forbid fragments.
   * @returns The argument.
   * @throws {TypeError} ERR_FEATURE_UNAVAILABLE_ON_PLATFORM.
   * @throws {Error} EBADF of `setDontFragment` while it is not bound; ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`.
   *
   * @example
   * ```ts
   * import { capabilities, createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bindSync({ address: "127.0.0.1" });
   * if (capabilities.features.dontFragment === "native") socket.setDontFragment(true);
   * socket.close();
   * ```
   */
  setDontFragment(flag: boolean): boolean;

  /**
   * The path MTU to the connected peer, as far as the kernel knows it (IP_MTU, IPV6_MTU): the size of the largest
   * packet, headers included, that needs no fragments. The payload is 28 bytes smaller on IPv4, 48 on IPv6. Not in
   * node:dgram.
   *
   * Feature `pathMTU`: unavailable on Node and Deno. `@x/dgram/ffi` brings it to Node, `--allow-ffi` to Deno.
   *
   * @returns Bytes.
   * @throws {TypeError} ERR_FEATURE_UNAVAILABLE_ON_PLATFORM.
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_CONNECTED unless it is connected; ERR_SOCKET_DGRAM_NOT_RUNNING after
   * `close()`.
   *
   * @example
   * ```ts
   * import { capabilities, createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.connectSync(7000, "127.0.0.1");
   * const { pathMTU } = capabilities.features;
   * console.log(pathMTU === "unavailable" || socket.getPathMTU() >= 576); // prints true
   * socket.close();
   * ```
   */
  getPathMTU(): number;

  /**
   * Binds the socket to a network device: it sends by that one alone, and receives only what came in by it
   * (SO_BINDTODEVICE). On Linux only. Taking a device away from a socket that has one needs CAP_NET_RAW. Not in
   * node:dgram.
   *
   * Feature `bindToDevice`: unavailable on Node and Deno. `@x/dgram/ffi` brings it to Node, `--allow-ffi` to Deno.
   *
   * @param device The device's name, such as `eth0`; `""` for none.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for what is no string; ERR_FEATURE_UNAVAILABLE_ON_PLATFORM.
   * @throws {Error} of `bindToDevice`: ENODEV for a device that is not there, EINVAL for a name with a NUL, EPERM, EBADF
   * while it is not bound; ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`.
   *
   * @example
   * ```ts
   * import { capabilities, createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bindSync();
   * if (capabilities.features.bindToDevice === "native") socket.bindToDevice("lo");
   * socket.close();
   * ```
   */
  bindToDevice(device: string): void;

  /**
   * Sets the size of the kernel's receive buffer (SO_RCVBUF); beyond it datagrams are lost without a word. The kernel
   * caps it silently, on Linux at net.core.rmem_max.
   *
   * Feature `recvBufferSize`: emulated on Deno. There it is taken and not set, with the warning
   * DGRAM_BUFFER_SIZE_IGNORED.
   *
   * Source: Node's documentation; measured.
   *
   * @param size 1 to 2147483647 bytes; 0 changes nothing.
   * @throws {TypeError} ERR_SOCKET_BAD_BUFFER_SIZE for what is no unsigned 32-bit integer.
   * @throws {Error} ERR_SOCKET_BUFFER_SIZE, a `SystemError` with `info`, for what the kernel refuses, and while it is
   * not bound; ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bindSync({ address: "127.0.0.1" });
   * socket.setRecvBufferSize(65536);
   * socket.close();
   * ```
   */
  setRecvBufferSize(size: number): void;

  /**
   * Sets the size of the kernel's send buffer (SO_SNDBUF). The kernel caps it silently, on Linux at net.core.wmem_max.
   *
   * Feature `sendBufferSize`: emulated on Deno. There it is taken and not set, with the warning
   * DGRAM_BUFFER_SIZE_IGNORED.
   *
   * Source: Node's documentation; measured.
   *
   * @param size 1 to 2147483647 bytes; 0 changes nothing.
   * @throws {TypeError} ERR_SOCKET_BAD_BUFFER_SIZE for what is no unsigned 32-bit integer.
   * @throws {Error} ERR_SOCKET_BUFFER_SIZE, a `SystemError` with `info`, for what the kernel refuses, and while it is
   * not bound; ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bindSync({ address: "127.0.0.1" });
   * socket.setSendBufferSize(65536);
   * socket.close();
   * ```
   */
  setSendBufferSize(size: number): void;

  /**
   * The size of the kernel's receive buffer. Linux answers twice what was set, since it counts its own overhead.
   *
   * Feature `recvBufferSize`: emulated on Deno. There it can't be read: ERR_FEATURE_UNAVAILABLE_ON_PLATFORM.
   *
   * Source: Node's documentation; measured.
   *
   * @returns Bytes.
   * @throws {Error} ERR_SOCKET_BUFFER_SIZE while it is not bound; ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bindSync({ address: "127.0.0.1" });
   * socket.setRecvBufferSize(65536);
   * console.log(socket.getRecvBufferSize() >= 65536); // prints true
   * socket.close();
   * ```
   */
  getRecvBufferSize(): number;

  /**
   * The size of the kernel's send buffer. Linux answers twice what was set, since it counts its own overhead.
   *
   * Feature `sendBufferSize`: emulated on Deno. There it can't be read: ERR_FEATURE_UNAVAILABLE_ON_PLATFORM.
   *
   * Source: Node's documentation; measured.
   *
   * @returns Bytes.
   * @throws {Error} ERR_SOCKET_BUFFER_SIZE while it is not bound; ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bindSync({ address: "127.0.0.1" });
   * socket.setSendBufferSize(65536);
   * console.log(socket.getSendBufferSize() >= 65536); // prints true
   * socket.close();
   * ```
   */
  getSendBufferSize(): number;

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

  /**
   * Leaves what arrives in the kernel, whose buffer (`recvBufferSize`) is the bound of it, until `resume()`: what finds
   * that full is lost there. From this call on no 'message' comes; what the runtime has read already waits in the
   * socket, in order. Sending goes on, errors are still told, and a referenced socket still keeps the process alive. Before a bind it is allowed too.
   *
   * Feature `pause`: unavailable on Bun without libc, which is on Windows, and in Bun's cluster workers.
   * On Deno one datagram may still be taken from the kernel, for the receive that is pending.
   *
   * Source: a Readable's `pause()`; `node:dgram` has none. Measured.
   *
   * @returns The socket.
   * @throws {TypeError} ERR_FEATURE_UNAVAILABLE_ON_PLATFORM where the runtime can't.
   * @throws {Error} of `pause`: EMFILE where a descriptor is needed, on Bun; ERR_SOCKET_DGRAM_NOT_RUNNING after
   * `close()`.
   *
   * @example One datagram at a time
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4", (message) => {
   *   socket.pause();
   *   console.log(`${message}`); // prints one
   *   // prints two
   *   if (`${message}` === "two") socket.close();
   *   else setTimeout(() => socket.resume(), 10);
   * });
   * const { port } = socket.bindSync({ address: "127.0.0.1" });
   * socket.send("one", port, "127.0.0.1");
   * socket.send("two", port, "127.0.0.1");
   * ```
   */
  pause(): this;

  /**
   * Takes `pause()` back: what was held is told first, from the next tick on, and then what waits in the kernel.
   *
   * Source: a Readable's `resume()`.
   *
   * @returns The socket.
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4").pause();
   * socket.bindSync();
   * console.log(socket.resume().isPaused()); // prints false
   * socket.close();
   * ```
   */
  resume(): this;

  /**
   * Whether `pause()` was called, and not `resume()` since then.
   *
   * Source: a Readable's `isPaused()`.
   *
   * @returns True if so.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * console.log(socket.isPaused()); // prints false
   * socket.close();
   * ```
   */
  isPaused(): boolean;

  /**
   * Takes `unref()` back: the socket keeps the process alive again while it is bound. Before a bind, and after
   * `close()`, it is allowed too.
   *
   * Source: Node's documentation; measured.
   *
   * @returns The socket.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4").unref();
   * socket.bind(0, "127.0.0.1", () => socket.close());
   * socket.ref();
   * ```
   */
  ref(): this;

  /**
   * Lets the process end while the socket is open, whenever it is called. A send that waits is carried out before.
   *
   * Source: Node's documentation; measured.
   *
   * @returns The socket.
   *
   * @example The process ends by itself
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * createSocket("udp4").unref().bind(0, "127.0.0.1");
   * ```
   */
  unref(): this;

  /**
   * Closes the socket, for `await using`; a closed one is let be.
   *
   * On Node 18, which lacks the symbol, it is at `Symbol.for("nodejs.asyncDispose")`.
   *
   * Source: Node's documentation; measured.
   *
   * @returns Resolves when 'close' has been emitted.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * await using socket = createSocket("udp4");
   * socket.bindSync({ address: "127.0.0.1" });
   * ```
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The class `Socket`, with the static members that it has of EventEmitter; `createSocket` is the same without `new`.
 */
export interface SocketConstructor extends Omit<typeof EventEmitter, "prototype"> {
  /**
   * Makes a socket. No system call is made before it is bound.
   *
   * @param options The type alone, or all options.
   * @param listener A listener of 'message'.
   * @throws {TypeError} ERR_SOCKET_BAD_TYPE; ERR_INVALID_ARG_TYPE for an option of another type.
   * @throws {RangeError} ERR_OUT_OF_RANGE for a size that is no unsigned 32-bit integer.
   */
  new (options: SocketType | SocketOptions, listener?: Listener<"message">): Socket;
  /**
   * Only for its place: @types/node declares the class with no argument.
   *
   * @deprecated It throws: the type has to be there.
   * @throws {TypeError} ERR_SOCKET_BAD_TYPE.
   */
  new (): Socket;
  /** For the classes of `util.inherits`: `Socket.call(this, options)`. */
  (this: Socket, options: SocketType | SocketOptions, listener?: Listener<"message">): void;
  /** Where the methods are. */
  readonly prototype: Socket;
}
