/**
 * Linux on x64 and arm64, which share every number and every layout here but those of system calls: both are 64-bit, little-endian and use the
 * kernel's generic socket constants (all of them compiled and compared on both).
 */
import type { Layout } from "./layout.ts";

const SOL_SOCKET = 1;
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IPPROTO_UDP = 17;

/** The Linux kernel's numbers. */
export const LINUX: Layout = {
  name: "linux",
  libraries: {
    x64: [
      "/lib/x86_64-linux-gnu/libc.so.6",
      "/usr/lib/x86_64-linux-gnu/libc.so.6",
      "/lib64/libc.so.6",
      "/usr/lib64/libc.so.6",
      "/usr/lib/libc.so.6",
      "/lib/libc.so.6",
      // Deno's image for Alpine has glibc there.
      "/usr/local/lib/libc.so.6",
      "/lib/ld-musl-x86_64.so.1",
    ],
    arm64: [
      "/lib/aarch64-linux-gnu/libc.so.6",
      "/usr/lib/aarch64-linux-gnu/libc.so.6",
      "/lib64/libc.so.6",
      "/usr/lib64/libc.so.6",
      "/usr/lib/libc.so.6",
      "/lib/libc.so.6",
      // Deno's image for Alpine has glibc there.
      "/usr/local/lib/libc.so.6",
      "/lib/ld-musl-aarch64.so.1",
    ],
  },
  // musl's loader answers any name that starts with "libc." with itself.
  library: "libc.so.6",
  errnoSymbol: "__errno_location",
  variadicOnStack: [],
  inet: 2,
  inet6: 10,
  datagram: 2,
  udp: IPPROTO_UDP,
  lengthByte: false,
  dontWait: 0x40,
  truncated: 0x20,
  EAGAIN: 11,
  ENOBUFS: 105,
  EADDRNOTAVAIL: 99,
  EMSGSIZE: 90,
  EAFNOSUPPORT: 97,
  descriptors: {
    socketFlags: 0o2004000,
    duplicate: 1030,
    getDescriptorFlags: 1,
    setDescriptorFlags: 2,
    closeOnExec: 1,
    getStatusFlags: 3,
    setStatusFlags: 4,
    nonBlocking: 0o4000,
  },
  waitsByNumber: false,
  options: {
    broadcast: [SOL_SOCKET, 6, SOL_SOCKET, 6],
    ttl: [IPPROTO_IP, 2, IPPROTO_IPV6, 16],
    multicastTTL: [IPPROTO_IP, 33, IPPROTO_IPV6, 18],
    multicastLoopback: [IPPROTO_IP, 34, IPPROTO_IPV6, 19],
    recvBufferSize: [SOL_SOCKET, 8, SOL_SOCKET, 8],
    sendBufferSize: [SOL_SOCKET, 7, SOL_SOCKET, 7],
    reuseAddr: [SOL_SOCKET, 2, SOL_SOCKET, 2],
    reusePort: [SOL_SOCKET, 15, SOL_SOCKET, 15],
    ipv6Only: [IPPROTO_IPV6, 26, IPPROTO_IPV6, 26],
    error: [SOL_SOCKET, 4, SOL_SOCKET, 4],
    type: [SOL_SOCKET, 3, SOL_SOCKET, 3],
    trafficClass: [IPPROTO_IP, 1, IPPROTO_IPV6, 67],
    dontFragment: [IPPROTO_IP, 10, IPPROTO_IPV6, 23],
    pathMTU: [IPPROTO_IP, 14, IPPROTO_IPV6, 24],
    receivePacketInfo: [IPPROTO_IP, 8, IPPROTO_IPV6, 49],
    receiveHopLimit: [IPPROTO_IP, 12, IPPROTO_IPV6, 51],
    receiveTrafficClass: [IPPROTO_IP, 13, IPPROTO_IPV6, 66],
    receiveTimestamp: [SOL_SOCKET, 35, SOL_SOCKET, 35],
    sendOffload: [IPPROTO_UDP, 103, IPPROTO_UDP, 103],
    receiveOffload: [IPPROTO_UDP, 104, IPPROTO_UDP, 104],
  },
  // IP_PMTUDISC_DONT and IP_PMTUDISC_DO, the same for IPv6.
  dontFragment: { off: 0, on: 2 },
  structs: {
    ipv4Level: IPPROTO_IP,
    ipv6Level: IPPROTO_IPV6,
    ipv4MulticastInterface: 32,
    ipv6MulticastInterface: 17,
    ipv4Join: 35,
    ipv4Leave: 36,
    ipv6Join: 20,
    ipv6Leave: 21,
    ipv4JoinSource: 39,
    ipv4LeaveSource: 40,
    ipv6JoinSource: 46,
    ipv6LeaveSource: 47,
    sourceRequest: { group: 0, interface: 4, source: 8 },
    groupSourceRequest: { group: 8, source: 136, size: 264 },
  },
  lacks: {},
  linux: {
    unix: 1,
    epoll: { flags: 0o2000000, add: 1, remove: 2, readable: 1, eventSize: 16 },
    socketLevel: SOL_SOCKET,
    domain: 39,
    protocol: 38,
    cookie: 57,
    bindToDevice: 25,
    ipv4ErrorQueue: 11,
    ipv6ErrorQueue: 25,
    sendmmsg: { x64: 307, arm64: 269 },
    control: {
      timestamp: 35,
      cut: 103,
      joined: 104,
      ipv4PacketInfo: 8,
      ipv4HopLimit: 2,
      ipv4TrafficClass: 1,
      ipv6PacketInfo: 50,
      ipv6HopLimit: 52,
      ipv6TrafficClass: 67,
    },
  },
};
