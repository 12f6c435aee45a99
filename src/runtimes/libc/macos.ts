/**
 * macOS on x64 and arm64, from its public headers (sys/socket.h, netinet/in.h, netinet6/in6.h). NOT RUN: no Mac was at
 * hand. The self-test decides at first use; where it fails, everything here is unavailable.
 *
 * Absent on purpose: sendmmsg and recvmmsg (no public symbols), SO_DOMAIN, SO_PROTOCOL and SO_COOKIE (no such options),
 * and everything that needs a descriptor of our own, since fcntl is variadic and Apple's arm64 passes such arguments
 * otherwise than any FFI declares them.
 */
import type { Layout } from "./layout.ts";

const SOL_SOCKET = 0xffff;
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const LIBRARIES = ["/usr/lib/libSystem.B.dylib"];

/** Darwin's numbers. */
export const MACOS: Layout = {
  name: "macos",
  libraries: { x64: LIBRARIES, arm64: LIBRARIES },
  library: "/usr/lib/libSystem.B.dylib",
  errnoSymbol: "__error",
  inet: 2,
  inet6: 30,
  datagram: 2,
  udp: 17,
  lengthByte: true,
  dontWait: 0x80,
  truncated: 0x10,
  EAGAIN: 35,
  ENOBUFS: 55,
  EADDRNOTAVAIL: 49,
  EMSGSIZE: 40,
  options: {
    broadcast: [SOL_SOCKET, 0x20, SOL_SOCKET, 0x20],
    ttl: [IPPROTO_IP, 4, IPPROTO_IPV6, 4],
    multicastTTL: [IPPROTO_IP, 10, IPPROTO_IPV6, 10],
    multicastLoopback: [IPPROTO_IP, 11, IPPROTO_IPV6, 11],
    recvBufferSize: [SOL_SOCKET, 0x1002, SOL_SOCKET, 0x1002],
    sendBufferSize: [SOL_SOCKET, 0x1001, SOL_SOCKET, 0x1001],
    reuseAddr: [SOL_SOCKET, 4, SOL_SOCKET, 4],
    reusePort: [SOL_SOCKET, 0x200, SOL_SOCKET, 0x200],
    ipv6Only: [IPPROTO_IPV6, 27, IPPROTO_IPV6, 27],
    error: [SOL_SOCKET, 0x1007, SOL_SOCKET, 0x1007],
    type: [SOL_SOCKET, 0x1008, SOL_SOCKET, 0x1008],
    trafficClass: [IPPROTO_IP, 3, IPPROTO_IPV6, 36],
  },
  structs: {
    ipv4Level: IPPROTO_IP,
    ipv6Level: IPPROTO_IPV6,
    ipv4MulticastInterface: 9,
    ipv6MulticastInterface: 9,
    ipv4Join: 12,
    ipv4Leave: 13,
    ipv6Join: 12,
    ipv6Leave: 13,
    ipv4JoinSource: 70,
    ipv4LeaveSource: 71,
    ipv6JoinSource: 82,
    ipv6LeaveSource: 83,
    // ip_mreq_source has the source before the interface here; group_source_req is packed to four bytes.
    sourceRequest: { group: 0, source: 4, interface: 8 },
    groupSourceRequest: { group: 4, source: 132, size: 260 },
  },
  linux: null,
};
