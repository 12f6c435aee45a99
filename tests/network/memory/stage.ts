/** Where a scenario plays: on the kernel's network or on the one in memory, which look the same. */
import type { Order, Outcome, Told } from "./player.ts";

/**
 *     a ──┐
 *     b ──┼── router ── c
 *         │           ┌ d
 *         └── nat ────┤
 *                     └ e
 */
export const HOSTS = ["a", "b", "c", "router", "nat", "d", "e"] as const;

export type HostName = typeof HOSTS[number];

/** The addresses of each interface: those of a router and of a NAT are called outside and inside, the others eth0. */
export const INTERFACES: Readonly<Record<HostName, Readonly<Record<string, readonly string[]>>>> = {
  a: { eth0: ["10.77.1.2/24", "fd77:1::2/64", "fe80::2/64"] },
  b: { eth0: ["10.77.1.3/24", "fd77:1::3/64", "fe80::3/64"] },
  c: { eth0: ["10.77.2.2/24", "fd77:2::2/64", "fe80::22/64"] },
  router: {
    outside: ["10.77.1.1/24", "fd77:1::1/64", "fe80::1/64"],
    inside: ["10.77.2.1/24", "fd77:2::1/64", "fe80::21/64"],
  },
  nat: { outside: ["10.77.1.4/24", "fd77:1::4/64", "fe80::4/64"], inside: ["192.168.77.1/24", "fd77:3::1/64"] },
  d: { eth0: ["192.168.77.2/24", "fd77:3::2/64"] },
  e: { eth0: ["192.168.77.3/24"] },
};

/** The first address of a host in a family; the router's inside ones are `inner`. */
export const ADDRESS = {
  a: { 4: "10.77.1.2", 6: "fd77:1::2" },
  b: { 4: "10.77.1.3", 6: "fd77:1::3" },
  c: { 4: "10.77.2.2", 6: "fd77:2::2" },
  router: { 4: "10.77.1.1", 6: "fd77:1::1" },
  inner: { 4: "10.77.2.1", 6: "fd77:2::1" },
  nat: { 4: "10.77.1.4", 6: "fd77:1::4" },
  d: { 4: "192.168.77.2", 6: "fd77:3::2" },
  e: { 4: "192.168.77.3", 6: "fd77:3::3" },
} as const;

/** What the link between the router and `c` takes; the others take 1500. */
export const SMALL_MTU = 1280;

/** What can be done to the network. */
export type ChangeName =
  /** Its cable is pulled. */
  | "b is unplugged"
  | "nothing passes from a to b"
  | "nothing passes from the router to c"
  | "b prohibits a"
  | "the router prohibits c";

/** A network to play on. */
export interface Stage {
  order(host: HostName, order: Order): Promise<Outcome>;
  /**
   * Waits until nothing is on its way, and answers what sockets have told meanwhile.
   *
   * @param expected how much each socket has told where this was played before
   */
  settle(expected: ReadonlyMap<string, number> | undefined): Promise<readonly Told[]>;
  /** Changes the network; answers what undoes it. */
  change(name: ChangeName): Promise<() => Promise<void>>;
  /** Waits until hosts have learnt that nobody answers for such addresses. */
  unanswered(host: HostName, addresses: readonly string[]): Promise<void>;
  /**
   * Closes all sockets.
   *
   * @param forget whether hosts forget what they have learnt of paths
   */
  clear(forget: boolean): Promise<void>;
}
