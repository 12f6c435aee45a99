/** Where a datagram goes from a host: by which interface, and from which address. */
import { getErrno } from "../core/errors.ts";
import type { Interface, Interfaces } from "./interfaces.ts";
import type { IPAddress } from "./ip_address.ts";

/** A way out. */
export interface Route {
  /** "nowhere" is where nobody answers. */
  readonly kind: "local" | "unicast" | "broadcast" | "multicast" | "nowhere";
  readonly through: Interface;
  /** The longest packet that leaves there. */
  readonly mtu: number;
  readonly source: string;
  readonly destination: string;
}

/** What a socket says about its way out. */
export interface Leaving {
  /** The address that it is bound to in the destination's family; "" for all. */
  readonly bound: string;
  /** A device's name, or "". */
  readonly device: string;
  readonly broadcast: boolean;
  /** The interface that it has chosen for multicast. */
  readonly multicast: Interface | null;
}

/** The way to an address, or an errno. */
export function findRoute(interfaces: Interfaces, to: IPAddress, leaving: Leaving): Route | number {
  const { bound, device } = leaving;
  if (to.reach === "any") {
    const source = bound || (to.family === 4 ? "127.0.0.1" : "::1");
    return route("local", interfaces.loopback, source, to.family === 4 ? source : "::1");
  }
  if (to.reach === "multicast") return multicastRoute(interfaces, to, leaving);
  if (interfaces.isBroadcast(to)) return broadcastRoute(interfaces, to, leaving);
  const owner = interfaces.owning(to);
  if (owner !== undefined) {
    const source = bound || (to.reach === "loopback" ? owner.source(to.family)! : to.text);
    return route("local", interfaces.loopback, source, to.text);
  }
  if (to.family === 4 && isLoopback(bound)) return getErrno("EINVAL");
  const through = outwardTo(interfaces, to, bound, device);
  if (typeof through === "number") return through;
  const source = bound || sourceTo(through, to);
  if (source === undefined) return getErrno("ENETUNREACH");
  return route("unicast", through, source, to.text);
}

function route(kind: Route["kind"], through: Interface, source: string, destination: string): Route {
  return { kind, through, mtu: through.mtu, source, destination };
}

function outwardTo(interfaces: Interfaces, to: IPAddress, bound: string, device: string): Interface | number {
  // The scope of an interface that is not there is none: so libuv reads it.
  const named = interfaces.named(to.scope ?? "") ?? interfaces.named(device);
  if (named !== undefined) return named;
  const { others } = interfaces;
  // As most hosts are.
  if (others.length === 1 && others[0].source(to.family) !== undefined) return others[0];
  const through = others.find((each) => each.reaches(to.text)) ??
    (bound === "" ? undefined : others.find((each) => each.has(bound))) ?? interfaces.outward(to.family);
  return through ?? getErrno("ENETUNREACH");
}

/** A link-local address is spoken to from one. */
function sourceTo(through: Interface, to: IPAddress): string | undefined {
  const isNear = (text: string): boolean => text.startsWith("fe80:");
  const own = through.addresses.filter(({ family }) => family === to.family);
  const near = to.reach === "link-local";
  return (own.find(({ text }) => isNear(text) === near) ?? own[0])?.text;
}

function broadcastRoute(interfaces: Interfaces, to: IPAddress, { bound, device, broadcast }: Leaving): Route | number {
  const onLoopback = to.text.startsWith("127.");
  if (to.reach === "unicast" && isLoopback(bound)) return getErrno("EINVAL");
  if (!broadcast) return getErrno("EACCES");
  const through = onLoopback
    ? interfaces.loopback
    : interfaces.all.find((each) => each.isBroadcast(to.text) || (device !== "" && each.name === device)) ??
      interfaces.all.find((each) => bound !== "" && each.has(bound)) ?? interfaces.outward(4);
  if (through === undefined) return getErrno("ENETUNREACH");
  return route("broadcast", through, bound || through.source(4)!, to.text);
}

/** By the interface that was chosen, or in IPv4 the one of the address that it is bound to. */
function multicastRoute(interfaces: Interfaces, to: IPAddress, leaving: Leaving): Route | number {
  const { bound, device, multicast } = leaving;
  const named = to.scope ?? device;
  const through = (named === "" || named === undefined ? undefined : interfaces.named(named)) ?? multicast ??
    (to.family === 6
      ? undefined
      : isLoopback(bound)
      ? interfaces.loopback
      : interfaces.all.find((each) => bound !== "" && each.has(bound))) ??
    interfaces.outward(to.family) ?? (to.family === 6 ? interfaces.loopback : undefined);
  const source = bound || through?.source(to.family);
  if (through === undefined || source === undefined) return getErrno("ENETUNREACH");
  return route("multicast", through, source, to.text);
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
