// What a socket is made with, and what it is bound with.
import type { BlockList } from "node:net";
import type { Backend } from "./backend.ts";

/** `udp4` for IPv4; `udp6` for IPv6, and for IPv4 as well (`::ffff:192.0.2.1`) unless `ipv6Only` is set. */
export type SocketType = "udp4" | "udp6";

/** What `createSocket` takes. */
export interface SocketOptions {
  /** The IP version: the only option that has to be there. */
  type: SocketType;
  /**
   * Lets several sockets bind one address and port (SO_REUSEADDR): for multicast, where each gets a copy. On macOS and
   * the BSDs libuv and Bun use SO_REUSEPORT for it. Feature `reuseAddr`. Default false.
   */
  reuseAddr?: boolean | undefined;
  /**
   * Spreads datagrams by sender over the sockets that bind one address and port with it (SO_REUSEPORT). Where it can't
   * be had the bind fails with ENOTSUP. Feature `reusePort`: unavailable on Node 18, Node 20 and Deno. macOS and
   * Windows have it on no runtime. Default false.
   */
  reusePort?: boolean | undefined;
  /**
   * Keeps a udp6 socket from receiving IPv4 (IPV6_V6ONLY, RFC 3493), so that a udp4 socket can bind the same port. On a
   * udp4 socket the bind fails with EINVAL. Feature `ipv6Only`. On Deno under Windows a socket that hears both
   * is two of the kernel's. Default false.
   */
  ipv6Only?: boolean | undefined;
  /**
   * SO_RCVBUF in bytes, 1 to 2147483647, set when the socket is bound; 0 leaves the kernel's default. A refusal is an
   * 'error' event and the socket stays unbound. Feature `recvBufferSize`: emulated on Deno. There it is taken and not set,
   * with the warning DGRAM_BUFFER_SIZE_IGNORED.
   */
  recvBufferSize?: number | undefined;
  /**
   * SO_SNDBUF in bytes, 1 to 2147483647, set when the socket is bound; 0 leaves the kernel's default. A refusal is an
   * 'error' event and the socket stays unbound. Feature `sendBufferSize`: emulated on Deno. There it is taken and not set,
   * with the warning DGRAM_BUFFER_SIZE_IGNORED.
   */
  sendBufferSize?: number | undefined;
  /**
   * Has `rinfo` tell of each datagram where it was sent to, the interface it came in by, its hop limit, its traffic
   * class with the ECN bits, and when the kernel received it. Where it can't be had the bind fails with
   * ERR_FEATURE_UNAVAILABLE_ON_PLATFORM. Feature `receiveInfo`: unavailable on Node and Deno.
   * `@x/dgram/ffi` brings it to Node, `--allow-ffi` to Deno. In a cluster worker such a socket is not shared. Default
   * false. Not in node:dgram.
   */
  receiveInfo?: boolean | undefined;
  /**
   * Lets the kernel hand over what came from one peer in one piece (UDP_GRO), which costs less where a peer sends many
   * datagrams of one size in a row. They are told apart again: listeners see no difference. Feature `receiveOffload`:
   * emulated on Node and Deno. In a cluster worker such a socket is not shared where it is native. Default false. Not
   * in node:dgram.
   */
  receiveOffload?: boolean | undefined;
  /**
   * `auto`, the default, lets datagrams of one turn that have one destination and one size (the last may be shorter) leave
   * as one message, which the kernel cuts into them (UDP_SEGMENT): up to 64 datagrams or 65,507 bytes. The network sees no
   * difference; a capture or a network emulator on the sending host may. On Bun, and on Node through `@x/dgram/ffi`, it
   * also lets the kernel join what is received (UDP_GRO) while that comes in runs from one peer; listeners see no
   * difference. `off` never does either. Any other value throws ERR_INVALID_ARG_VALUE. With the features `sendOffload`
   * and `receiveOffload`; without them, as on Node and Deno, nothing leaves or comes so anyway. Not in node:dgram.
   */
  segmentation?: "auto" | "off" | undefined;
  /**
   * Takes the place of `dns.lookup`, for every address. Its first answer counts. An answer that is no address of the
   * socket's family fails with EINVAL; what it throws is the caller's.
   *
   * It is called as a {@linkcode LookupFunction}, with 4 or 6. `any` stands where @types/node says `LookupOneOptions`,
   * which node:dgram gives to nobody, so that look-ups written for either fit.
   */
  lookup?:
    | ((
      hostname: string,
      // deno-lint-ignore no-explicit-any
      family: any,
      // deno-lint-ignore no-explicit-any
      callback: (error: Error | null, address: string, family?: any) => void,
    ) => void)
    | undefined;
  /**
   * Closes the socket when it is aborted, without an error; one that is aborted already closes it at once. Unlike
   * `close()` it waits for no look-up and for no room in the kernel: what has not left by then fails with ECANCELED.
   */
  signal?: AbortSignal | undefined;
  /** Datagrams from these addresses are dropped silently. On every runtime, also where its own dgram lacks it. */
  receiveBlockList?: BlockList | undefined;
  /**
   * Sending and connecting to these addresses fails with ERR_IP_BLOCKED; checked after the look-up. On every runtime,
   * also where its own dgram lacks it.
   */
  sendBlockList?: BlockList | undefined;
  /**
   * How many datagrams may wait to be sent: for a bind, a look-up or room in the kernel. One more fails with
   * ERR_SOCKET_DGRAM_QUEUE_FULL, which goes to its callback or else to 'error'. 0 to 4294967295; 0, the default, is no
   * bound. Without the feature `sendInTurn` one is sent at a time, so that the others of a burst wait too: on Deno a
   * bound of 10 lets 11 of 100 through. Not in node:dgram.
   */
  maxSendQueueCount?: number | undefined;
  /** How many bytes may wait to be sent, in the same way. 0 to 4294967295; 0, the default, is no bound. */
  maxSendQueueSize?: number | undefined;
  /**
   * Emit 'messages' in place of 'message', with all that was received at once in one array: up to 33 datagrams where libc
   * reads the socket (Deno with `--allow-ffi`, Node through the `ffi` entry), up to 256 with `receiveOffload`, one
   * elsewhere. Not in node:dgram.
   */
  batchMessages?: boolean | undefined;
  /**
   * Lets a message of up to 4096 bytes be a view of a block of 16,384 bytes that it shares with other messages of the
   * thread, which costs less than memory of its own. `message.buffer` must then be used with `byteOffset` and `length`,
   * and not be transferred, which would take the other messages away; one that is kept keeps up to 16 KiB. Where the
   * runtime hands over memory of its own anyway nothing changes: it is used on Deno with `--unstable-net` and
   * `--allow-ffi`, on Node through the `ffi` entry, and where `receiveInfo` or `receiveOffload` has libc receive. Default
   * false. Not in node:dgram.
   */
  pooledMessages?: boolean | undefined;
  /**
   * The adapter to use in place of the runtime's own: for tests, for other networks, and for `listenDatagramBackend()`
   * of the entry `@x/dgram/deno`. Undefined is the runtime's own. Not in node:dgram.
   */
  backend?: Backend | undefined;
}

/**
 * Answers a host name with a numeric address: what takes the place of `dns.lookup`.
 *
 * It is called without `this` and for every address: for literals, and for the `0.0.0.0` or `::` of a bind without an
 * address. Of its answer only the error and the address count, and the first answer only. If it answers in the same
 * call, so does what waits for it: `bind()` then emits 'listening' before it returns.
 *
 * Source: measured, Node 18 to 26.
 *
 * @example A table in place of DNS
 * ```ts
 * import { createSocket, type LookupFunction } from "@x/dgram";
 *
 * const hosts = new Map([["db.internal", "127.0.0.1"]]);
 * const lookup: LookupFunction = (hostname, _family, done) => done(null, hosts.get(hostname) ?? hostname);
 *
 * const socket = createSocket({ type: "udp4", lookup });
 * socket.bind(0, "db.internal", () => {
 *   console.log(socket.address().address); // prints 127.0.0.1
 *   socket.close();
 * });
 * ```
 */
export type LookupFunction = (
  hostname: string,
  family: 4 | 6,
  callback: (error: Error | null, address: string, family?: number) => void,
) => void;

/** What `bind` takes. */
export interface BindOptions {
  /** 0 to 65535; 0, the default, lets the kernel choose. */
  port?: number | undefined;
  /** The local address or a name for it; all interfaces (`0.0.0.0`, `::`) if left out. */
  address?: string | undefined;
  /**
   * In a cluster worker: binds in the worker itself and shares the port with no other worker. Feature `cluster`:
   * unavailable on Deno. Windows has it on no runtime. Every bind is an exclusive one there.
   */
  exclusive?: boolean | undefined;
  /**
   * The descriptor of a bound UDP socket to adopt, above 0; port and address are then ignored. In a cluster worker it is
   * the primary's, unless `exclusive` is set. Feature `fd`: emulated on Deno. Windows has it
   * on no runtime.
   */
  fd?: number | undefined;
}

/** What `bindSync` takes. */
export interface BindSyncOptions {
  /** 0 to 65535; 0, the default, lets the kernel choose. */
  port?: number | undefined;
  /** A numeric local address; all interfaces (`0.0.0.0`, `::`) if left out. */
  address?: string | undefined;
}
