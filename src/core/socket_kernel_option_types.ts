/** What else the kernel can be told of a socket, and asked about it. A part of the interface of a socket. */
export interface SocketKernelOptions {
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
   * `close()`; ENETUNREACH without a route.
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
}
