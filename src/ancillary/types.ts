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

/** Whether the kernel can be told here, and if not, why. */
export interface AncillarySupport {
  /** `native`, or `unavailable`. */
  readonly support: "native" | "unavailable";
  /** What would bring it, or why nothing does; undefined where it is native. */
  readonly note: string | undefined;
}
