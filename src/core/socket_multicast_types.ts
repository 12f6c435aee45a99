/** Multicast: the groups that a socket is a member of, and how it sends to groups. A part of the interface of a socket. */
export interface SocketMulticast {
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
}
