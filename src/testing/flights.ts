/** The ways of datagrams between hosts, as pictures show them. */
import type { Packet } from "./packet.ts";
import type { Fate, Kept } from "./trace_records.ts";

/** One way of one datagram, from one host to another, or to nowhere. */
export interface Flight {
  readonly packet: Packet;
  /** The names of the hosts; the same one twice within a host. */
  readonly from: string;
  readonly to: string;
  /** Tenths of a microsecond: when it came to the link, and when it arrived or was lost. */
  readonly since: number;
  readonly until: number;
  /** It did not come to the end of the link. */
  readonly onLink: boolean;
  readonly fate: Fate;
  readonly reason: string;
}

/** What a span of a trace shows. */
export interface ReadSpan {
  readonly from: number;
  readonly to: number;
  /** null for all. */
  readonly hosts: readonly string[] | null;
}

const LOSSES: readonly string[] = ["lost", "cut", "no room", "blocked"];
/** What a host says of a packet that came to it. */
const ENDS: readonly string[] = [...LOSSES, "delivered", "refused", "unwanted"];

/** Those of a span, in the order of their beginnings. */
export function flightsOf(kept: readonly Kept[], { from, to, hosts }: ReadSpan): Flight[] {
  const flights: Flight[] = [];
  const isShown = (flight: Flight): boolean =>
    flight.until >= from && flight.since <= to &&
    (hosts === null || (hosts.includes(flight.from) && hosts.includes(flight.to)));
  const notes = new Map<Packet, string[]>();
  kept.forEach((each, place) => {
    const flight = flightOf(kept, each, place, notes);
    if (flight !== undefined && isShown(flight)) flights.push(flight);
  });
  return flights.sort((a, b) => a.since - b.since || a.packet.id - b.packet.id);
}

/** @param notes what befell packets on their way, which they came through */
function flightOf(
  kept: readonly Kept[],
  { what, time: until, packet, host, other, since, reason = "" }: Kept,
  place: number,
  notes: Map<Packet, string[]>,
): Flight | undefined {
  if (packet.icmp !== null || what === "carried") return undefined;
  if (what === "arrived") {
    const end = endAt(kept, place + 1, packet, host);
    const why = [...notes.get(packet) ?? [], ...end?.reason === undefined ? [] : [end.reason]].join("; ");
    const fate = end === undefined ? "delivered" : end.what as Fate;
    return { packet, from: other, to: host, since, until, onLink: false, fate, reason: why };
  }
  if (other !== "") {
    if (LOSSES.includes(what)) {
      return { packet, from: host, to: other, since, until, onLink: true, fate: what, reason };
    }
    notes.set(packet, [...notes.get(packet) ?? [], reason || what]);
    return undefined;
  }
  if (what !== "sent") return undefined;
  // Within a host it arrives as soon as it is sent, and what nobody has the address of ends there.
  const end = endAt(kept, place + 1, packet, host);
  if (end === undefined) return undefined;
  return {
    packet,
    from: host,
    to: host,
    since,
    until,
    onLink: false,
    fate: end.what as Fate,
    reason: end.reason ?? "",
  };
}

/** What became of a packet that has come to a host, which stands right behind; later it may be blocked by its socket. */
function endAt(kept: readonly Kept[], place: number, packet: Packet, host: string): Kept | undefined {
  const end = kept[place];
  return end?.packet === packet && end.host === host && end.other === "" && ENDS.includes(end.what) ? end : undefined;
}

/** The hosts of flights: those that the network has, in its order, and then those that it has no longer. */
export function hostsOf(flights: readonly Flight[], known: readonly string[]): string[] {
  const used = new Set(flights.flatMap(({ from, to }) => [from, to]));
  return [...known.filter((name) => used.has(name)), ...[...used].filter((name) => !known.includes(name))];
}
