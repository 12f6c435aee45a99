/** What users have of routers and NATs. */
import type { Duration } from "./duration.ts";
import type { Dependence, End } from "./nat_table.ts";
import type { HostOrName, NetworkHost } from "./host_types.ts";

/** What {@linkcode Network.router} takes. */
export interface RouterOptions {
  /** A name, which look-ups find; `host1` and so on if left out. */
  name?: string | undefined;
  /** The router or the NAT that it is behind itself; it is at the top of the network if left out. */
  behind?: HostOrName | undefined;
  /** Its addresses on the side of the network; as for a host if left out. */
  outside?: readonly string[] | undefined;
  /** Those on the side of what is behind it, `["192.168.1.1/24"]`: hosts there get the next ones, unless they are given others. */
  inside?: readonly string[] | undefined;
  /** The longest IP packet on both of its sides, in bytes, 576 to 65,535; 1500 if left out. */
  mtu?: number | undefined;
}

/**
 * The kinds of NATs by their old names (RFC 3489), and what Linux does: as `symmetric`, with `sharePorts`, `refuse`,
 * `refresh: "both"`, an `unansweredLifetime` of 30 seconds, and without `hairpin`.
 */
export type NatKind = "full cone" | "restricted cone" | "port restricted cone" | "symmetric" | "masquerade";

/** What {@linkcode Network.nat} takes: its behaviour has the names of RFC 4787. */
export interface NatOptions extends RouterOptions {
  /** What `mapping` and `filtering` are, where they are left out; `"port restricted cone"` if left out. */
  kind?: NatKind | undefined;
  /** What an outside end depends on, besides the inside end: nothing, the other's address, or its port as well. */
  mapping?: Dependence | undefined;
  /** What is let in: what comes from anywhere, from an address that something was sent to, or from such a port. */
  filtering?: Dependence | undefined;
  /** How long a mapping is kept that nothing refreshes, in virtual time; two minutes if left out. */
  lifetime?: Duration | undefined;
  /** The same for one that nobody has answered, or that was answered for less than two seconds; `lifetime` if left out. */
  unansweredLifetime?: Duration | undefined;
  /** What refreshes it: what goes out (RFC 4787, REQ-6), or also what comes in. */
  refresh?: "outbound" | "both" | undefined;
  /** Whether two hosts behind it reach each other by their outside ends; true if left out. */
  hairpin?: boolean | undefined;
  /**
   * Whether what is not let in is taken for the NAT's own, and refused by ICMP if no program on it has the port: as by a
   * router without a firewall. As Linux tracks it, what leaves later for where it came from gets another port than it has
   * come to. False if left out: it is dropped.
   */
  refuse?: boolean | undefined;
  /** Whether a port stays what it is inside, where nobody else has it; true if left out. */
  preservePorts?: boolean | undefined;
  /**
   * Whether inside ends that speak to different ones may have the same outside port. An inside end then keeps its latest
   * outside port for others, where it can.
   */
  sharePorts?: boolean | undefined;
  /** The first and the last outside port; 1024 and 65,535 if left out, and with `sharePorts` any, a low one for a low one. */
  ports?: readonly [first: number, last: number] | undefined;
}

/** What a NAT remembers. */
export interface NatMapping {
  /** The end behind it. */
  readonly inside: End;
  /** What the others see in its place. */
  readonly outside: End;
  /** When it will be forgotten, in milliseconds of virtual time, if nothing refreshes it. */
  readonly expires: number;
}

/** A NAT, which is a host as well: programs can run on it. */
export interface NetworkNat extends NetworkHost {
  /** What it remembers now. It forgets all of it when it is stopped. */
  readonly mappings: readonly NatMapping[];
}
