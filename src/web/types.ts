/** What the web entry takes and gives: the dictionaries of the Direct Sockets specification. */

/** Which addresses of a host name count. */
export type SocketDnsQueryType = "ipv4" | "ipv6";

/** What a datagram's bytes may be in. */
export type BufferSource = ArrayBuffer | ArrayBufferView;

/** What happens to datagrams that find the readable stream full. */
export type WhenFull = "wait" | "drop";

/** The options of both modes. Integers are converted as Web IDL's `[EnforceRange]` does it: `"53"` is 53. */
export interface UDPSocketCommonOptions {
  /** The kernel's send buffer in bytes, 1 to 4294967295. Feature `sendBufferSize`. */
  sendBufferSize?: number | undefined;
  /** The kernel's receive buffer in bytes, 1 to 4294967295. Feature `recvBufferSize`. */
  receiveBufferSize?: number | undefined;
  /**
   * How many hops multicast datagrams go, 0 to 255; 1 if left out: they stay on the link. Feature `multicastTTL`.
   */
  multicastTimeToLive?: number | undefined;
  /** False to keep multicast datagrams from this host's own members; true if left out. Feature `multicastLoopback`. */
  multicastLoopback?: boolean | undefined;
  /**
   * Lets other sockets bind the same address and port, each with this option; each gets a copy of what comes to a
   * group. Feature `reuseAddr`. False if left out.
   */
  multicastAllowAddressSharing?: boolean | undefined;
  /**
   * The interface that groups are joined on and multicast datagrams leave by: an IPv4 address of it, or `::%name` for
   * IPv6; the kernel chooses if left out. Feature `multicastInterface`. Not in the specification.
   */
  multicastInterface?: string | undefined;
  /**
   * How many received datagrams may wait in the readable stream, 1 to 4294967295; 1024 if left out. Not in the
   * specification.
   */
  inboxLimit?: number | undefined;
  /**
   * What happens while that many wait. `"wait"`: what arrives is left in the kernel, whose buffer (`receiveBufferSize`)
   * bounds it, until half of them have been read. `"drop"`: it is taken from the kernel, dropped and counted. If left
   * out, `"wait"` where the main entry's feature `pause` is there, which is everywhere but on Bun without libc. Not in
   * the specification.
   */
  whenFull?: WhenFull | undefined;
}

/** The options of a socket that talks to one peer. */
export interface UDPConnectedSocketOptions extends UDPSocketCommonOptions {
  /** The peer's address or host name. */
  remoteAddress: string;
  /** The peer's port, 1 to 65535. */
  remotePort: number;
  /** Which of the name's addresses to take; the first that the resolver gives if left out. */
  dnsQueryType?: SocketDnsQueryType | undefined;
  /** Of a bound socket only. */
  localAddress?: undefined;
  /** Of a bound socket only. */
  localPort?: undefined;
  /** Of a bound socket only. */
  ipv6Only?: undefined;
}

/** The options of a socket that talks to anybody. */
export interface UDPBoundSocketOptions extends UDPSocketCommonOptions {
  /** The numeric address to bind; `0.0.0.0` or `::` for all interfaces. */
  localAddress: string;
  /** The port to bind, 1 to 65535; the kernel chooses if left out. */
  localPort?: number | undefined;
  /**
   * Keeps a socket on `::` from receiving IPv4, which it does otherwise; nowhere else can it be given. Feature
   * `ipv6Only`.
   */
  ipv6Only?: boolean | undefined;
  /** Of a connected socket only. */
  remoteAddress?: undefined;
  /** Of a connected socket only. */
  remotePort?: undefined;
  /** Of a connected socket only. */
  dnsQueryType?: undefined;
}

/** What {@linkcode UDPSocket} is made with: the options of one of its two modes. */
export type UDPSocketOptions = UDPConnectedSocketOptions | UDPBoundSocketOptions;

/** A datagram to be written. */
export interface UDPMessage {
  /** Its bytes, which are copied in the call of `write()`. */
  data: BufferSource;
  /** The receiver's address or host name. It has to be there on a bound socket, and can't be on a connected one. */
  remoteAddress?: string | undefined;
  /** The receiver's port, 1 to 65535. It has to be there on a bound socket, and can't be on a connected one. */
  remotePort?: number | undefined;
  /**
   * Which addresses of the host name count; the first that the resolver gives if left out, and that the socket can
   * reach. It can't be there on a connected socket.
   */
  dnsQueryType?: SocketDnsQueryType | undefined;
}

/** A Uint8Array over memory that no other thread has, where TypeScript can say that: `Uint8Array<ArrayBuffer>` since 5.7. */
export type OwnBytes = ReturnType<typeof Uint8Array.of>;

/** A datagram that was read. It can be written as it is: on a bound socket that sends it back. */
export interface UDPReceivedMessage extends UDPMessage {
  /** Its bytes, over a buffer of their own that nobody else writes to and that can be transferred. */
  data: OwnBytes;
  /** The sender's numeric address; on a bound socket only. */
  remoteAddress?: string;
  /** The sender's port; on a bound socket only. */
  remotePort?: number;
}

/** An open socket's streams and addresses. */
export interface UDPSocketOpenInfo {
  /** The datagrams that arrive. */
  readable: ReadableStream<UDPReceivedMessage>;
  /** Takes the datagrams to be sent. */
  writable: WritableStream<UDPMessage>;
  /** The peer's numeric address; on a connected socket only. */
  remoteAddress?: string;
  /** The peer's port; on a connected socket only. */
  remotePort?: number;
  /** The numeric address that the socket is bound to; on a connected socket the one that it sends from. */
  localAddress: string;
  /** The port that the socket is bound to. */
  localPort: number;
  /** Joins and leaves groups; on a bound socket only. */
  multicastController?: MulticastController;
}

/** The multicast groups of a bound socket. Feature `membership`. */
export interface MulticastController {
  /**
   * Joins a group: from then on its datagrams arrive, if the socket is bound to `0.0.0.0`, `::` or the group itself,
   * and to the port they are sent to.
   *
   * Source: Direct Sockets, multicast.
   *
   * @param ipAddress The group: 224.0.0.0 to 239.255.255.255, or ff00::/8.
   * @returns Resolves when it is joined. Rejects with a TypeError for what is no such address, an `InvalidStateError`
   * if the socket is closed or the group is joined already, and a `NetworkError` if the system refuses it.
   *
   * @example
   * ```ts
   * import { UDPSocket } from "@x/dgram/web";
   *
   * const socket = new UDPSocket({ localAddress: "0.0.0.0", multicastInterface: "127.0.0.1" });
   * const { multicastController } = await socket.opened;
   * await multicastController!.joinGroup("239.255.7.7");
   * console.log(multicastController!.joinedGroups.join()); // prints 239.255.7.7
   * await socket.close();
   * ```
   */
  joinGroup(ipAddress: string): Promise<void>;
  /**
   * Leaves a group; closing the socket does so too.
   *
   * Source: Direct Sockets, multicast.
   *
   * @param ipAddress The group.
   * @returns Resolves when it is left. Rejects with a TypeError for what is no group's address, an `InvalidStateError`
   * if the socket is closed or not a member, and a `NetworkError` if the system refuses it.
   *
   * @example
   * ```ts
   * import { UDPSocket } from "@x/dgram/web";
   *
   * const socket = new UDPSocket({ localAddress: "0.0.0.0", multicastInterface: "127.0.0.1" });
   * const { multicastController } = await socket.opened;
   * await multicastController!.joinGroup("239.255.7.7");
   * await multicastController!.leaveGroup("239.255.7.7");
   * console.log(multicastController!.joinedGroups.length); // prints 0
   * await socket.close();
   * ```
   */
  leaveGroup(ipAddress: string): Promise<void>;
  /** The groups that are joined, in the order of joining and in their shortest form: a frozen array, another after each change. */
  readonly joinedGroups: readonly string[];
}
