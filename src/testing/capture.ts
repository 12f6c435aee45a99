/** What a capture at a host or on a link would have seen. */
import type { HostStack } from "./host_stack.ts";
import type { CapturedPacket } from "../pcap/pcapng.ts";
import { type IcmpErrnos, packetsOf as ipPacketsOf } from "./ip_packets.ts";
import { readAddress } from "./ip_address.ts";
import { writePcapng } from "./pcapng.ts";
import { PER_MILLISECOND } from "./show_time.ts";
import { placeOf } from "./trace.ts";
import type { Kept } from "./trace_records.ts";

/** Where packets are captured: at all interfaces of a host, or on a link, as they enter it. */
export type CapturePoint = { readonly host: HostStack } | { readonly link: readonly [HostStack, HostStack] } | null;

/** In the unit of the timeline. */
const NANOSECONDS = BigInt(1_000_000 / PER_MILLISECOND);
const MOST_FATES = 8;
/** RFC 4443 and Linux: an error's own hop limit. */
const ERROR_HOP_LIMIT = 64;

type Frame = readonly [through: number, direction: CapturedPacket["direction"]] | undefined;

/** The file. `null` captures all that is sent. */
export function capture(
  kept: readonly Kept[],
  point: CapturePoint,
  names: Iterable<readonly [string, string]>,
  errnos: IcmpErrnos,
): Uint8Array {
  const [interfaces, see] = point === null
    ? atAll()
    : "host" in point
    ? atHost(point.host)
    : onLink(point.link[0].name, point.link[1].name);
  return writePcapng({ interfaces, names, packets: packetsOf(kept, see, errnos) });
}

type Point = [interfaces: string[], see: (kept: Kept) => Frame];

function* packetsOf(
  kept: readonly Kept[],
  see: (kept: Kept) => Frame,
  errnos: IcmpErrnos,
): Iterable<CapturedPacket> {
  const fates = fatesOf(kept);
  let last: Kept | undefined;
  for (const each of kept) {
    const frame = see(each);
    if (frame === undefined) continue;
    const { packet, time, hopLimit, mtu } = each;
    // One packet for many leaves a host once, and enters many links.
    const isSame = last?.packet === packet && last.time === time && each.what === "carried" && last.what === "carried";
    last = each;
    if (isSame) continue;
    const about = packet.icmp === null ? `#${packet.id}` : `an error about #${packet.icmp.about.id}`;
    const comment = `${about}${packet.icmp === null ? fates.get(packet.id) ?? "" : ""}`;
    const place = { hopLimit: packet.icmp === null ? hopLimit : ERROR_HOP_LIMIT, mtu };
    for (const bytes of ipPacketsOf(packet, place, errnos)) {
      yield { through: frame[0], direction: frame[1], nanoseconds: BigInt(time) * NANOSECONDS, comment, bytes };
    }
  }
}

/** What became of each datagram, as text. */
function fatesOf(kept: readonly Kept[]): Map<number, string> {
  const counts = new Map<number, number>();
  const fates = new Map<number, string>();
  for (const each of kept) {
    const { what, packet: { id }, reason } = each;
    if (what === "sent" || what === "carried" || what === "arrived") continue;
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    if (count > MOST_FATES) continue;
    const fate = count === MOST_FATES
      ? ", …"
      : `, ${placeOf(each)} ${what}${reason === undefined ? "" : `: ${reason}`}`;
    fates.set(id, (fates.get(id) ?? "") + fate);
  }
  return fates;
}

function atAll(): Point {
  return [["network"], ({ what }) => what === "carried" ? [0, undefined] : undefined];
}

function onLink(a: string, b: string): Point {
  const isOn = ({ host, other }: Kept): boolean => (host === a && other === b) || (host === b && other === a);
  return [[`${a} - ${b}`], (kept) => kept.what === "carried" && isOn(kept) ? [0, undefined] : undefined];
}

function atHost({ name, interfaces }: HostStack): Point {
  const { all, loopback } = interfaces;
  /** That of an address, or the one that leads to others. */
  const through = (address: string, family: 4 | 6): number =>
    Math.max(0, all.indexOf((interfaces.owning(readAddress(address)!) ?? interfaces.outward(family))!));
  return [all.map((each) => each.name), ({ what, host, other, packet: { family, source, destination } }) => {
    if (host !== name) return undefined;
    if (what === "carried") return [through(source, family), "out"];
    if (what === "arrived") return other === name ? [0, "in"] : [through(destination, family), "in"];
    const isLocal = what === "sent" && interfaces.owning(readAddress(destination)!) !== undefined;
    return isLocal ? [all.indexOf(loopback), "in"] : undefined;
  }];
}
