/**
 * macOS on x64 and arm64, from its public headers (sys/socket.h, sys/fcntl.h, sys/errno.h, netinet/in.h, netinet6/in6.h).
 * NOT RUN on a Mac: tests/runtimes/macos.test.ts plays it against a translation to Linux. The self-test decides at first use; where
 * it fails, everything here is unavailable.
 *
 * There are no sendmmsg and recvmmsg (sendmsg_x and recvmsg_x are private), no SO_DOMAIN, SO_PROTOCOL and SO_COOKIE.
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
  variadicOnStack: ["arm64"],
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
  EAFNOSUPPORT: 47,
  descriptors: {
    socketFlags: 0,
    duplicate: 67,
    getDescriptorFlags: 1,
    setDescriptorFlags: 2,
    closeOnExec: 1,
    getStatusFlags: 3,
    setStatusFlags: 4,
    nonBlocking: 4,
  },
  waitsByNumber: true,
  options: {
    broadcast: [SOL_SOCKET, 0x20, SOL_SOCKET, 0x20],
    ttl: [IPPROTO_IP, 4, IPPROTO_IPV6, 4],
    multicastTTL: [IPPROTO_IP, 10, IPPROTO_IPV6, 10],
    multicastLoopback: [IPPROTO_IP, 11, IPPROTO_IPV6, 11],
    recvBufferSize: [SOL_SOCKET, 0x1002, SOL_SOCKET, 0x1002],
    sendBufferSize: [SOL_SOCKET, 0x1001, SOL_SOCKET, 0x1001],
    // SO_REUSEPORT, as libuv has it: of SO_REUSEADDR alone a second bind of one address is refused.
    reuseAddr: [SOL_SOCKET, 0x200, SOL_SOCKET, 0x200],
    ipv6Only: [IPPROTO_IPV6, 27, IPPROTO_IPV6, 27],
    error: [SOL_SOCKET, 0x1007, SOL_SOCKET, 0x1007],
    type: [SOL_SOCKET, 0x1008, SOL_SOCKET, 0x1008],
    trafficClass: [IPPROTO_IP, 3, IPPROTO_IPV6, 36],
    // Since macOS 11.
    dontFragment: [IPPROTO_IP, 28, IPPROTO_IPV6, 62],
  },
  dontFragment: { off: 0, on: 1 },
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
  lacks: {
    bindToDevice: "macOS has IP_BOUND_IF instead, which lets in what comes by other interfaces",
    pathMTU: "macOS tells no socket's path MTU",
    receiveInfo: "needs Linux: kqueue lets nothing wake a runtime in the place of its socket, as epoll does",
    reusePort: "macOS gives what comes to a shared port to one of its sockets, always the same",
    sendBatch: "macOS has no public call that sends many datagrams: one system call for each",
  },
  linux: null,
};
