import type { Buffer } from "node:buffer";
import type { OutgoingMessage } from "../core/types.ts";

/** What the kernel is told of one datagram, in the place of what holds for its socket (RFC 3542, ip(7), ipv6(7)). */
export interface SendInfo {
  /**
   * The local address that it leaves from: one of this host's, of the socket's family, which the kernel checks (EINVAL).
   * Without it the kernel takes the socket's own, or chooses by the route.
   */
  source?: string | undefined;
  /**
   * The number of the interface that it leaves by, past the routes that lead elsewhere: 1 to 2147483647, as
   * `interfaceIndex` of a received datagram has it.
   */
  interfaceIndex?: number | undefined;
  /** Its TTL or hop limit: 1 to 255. */
  hopLimit?: number | undefined;
  /** Its TOS byte or traffic class: 0 to 255; the high six bits are the DSCP, the low two ECN's. */
  trafficClass?: number | undefined;
  /** The low two bits of that (RFC 3168), 0 to 3: 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 congestion experienced. */
  ecn?: number | undefined;
}

/** One message of {@linkcode sendWith}; on a connected socket without `port` and `address`. */
export interface MessageWithInfo extends Omit<OutgoingMessage, "segmentSize">, SendInfo {}

/** An ICMP error about a datagram that the socket has sent: what {@linkcode watchIcmp} has it emit as 'icmp'. */
export interface IcmpError {
  /**
   * What the kernel makes of it, in the words of other errors: `ECONNREFUSED` for a port that nobody has, `EHOSTUNREACH`
   * also for a hop limit that ran out (`icmpType` 11, or 3 of ICMPv6), `EMSGSIZE` for a datagram too long for the path.
   */
  readonly code: string;
  /** The same as a negative number, as errors have it. */
  readonly errno: number;
  /** By which protocol it came; `local` if this host itself knew, before the datagram left, which fails then. */
  readonly origin: "icmp" | "icmp6" | "local";
  /** The type of the ICMP message, 0 to 255; 0 of a local one. */
  readonly icmpType: number;
  /** Its code, 0 to 255; 0 of a local one. */
  readonly icmpCode: number;
  /** The address of who sent it: a router, or the destination; undefined of a local one. */
  readonly offender: string | undefined;
  /** The address that the datagram was sent to. */
  readonly address: string;
  /** The port that it was sent to; 0 where the kernel does not say it, of a local one. */
  readonly port: number;
  /** With EMSGSIZE: the longest IP packet that goes on there, in bytes, headers counted; a router may not say it. */
  readonly mtu: number | undefined;
  /**
   * The beginning of the datagram's data as it came back, in memory of its own: at least nothing, as a rule 520 bytes
   * or more. What a program is to know a datagram again by stands at the beginning.
   */
  readonly data: Buffer;
  /** When it came, in nanoseconds since 1970, as `receivedAt` of a datagram; undefined where the kernel does not say it. */
  readonly receivedAt: bigint | undefined;
}

/** Whether something is there, and if not, why. */
export interface Supported {
  /** `native`, or `unavailable`. */
  readonly support: "native" | "unavailable";
  /** What would bring it, or why nothing does; undefined where it is native. */
  readonly note: string | undefined;
}

/** Whether the kernel can be told here, and if not, why. */
export interface AncillarySupport extends Supported {
  /** The same of {@linkcode watchIcmp}; without a socket, for those with `receiveInfo: true`. */
  readonly icmp: Supported;
}
