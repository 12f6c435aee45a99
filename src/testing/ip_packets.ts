/** What a network in memory sends, as it is on the wire: datagrams, and ICMP errors. */
import { checksum, ipPackets, type Place, pseudoHeader, UDP, udpOf } from "../pcap/ip_packets.ts";
import type { Packet } from "./packet.ts";

const ICMP = 1;
const ICMPV6 = 58;

/** The IP packets of one datagram, or of one ICMP error. */
export function packetsOf(packet: Packet, place: Place, errnos: IcmpErrnos): Uint8Array[] {
  const payload = packet.icmp === null ? udpOf(packet) : icmpOf(packet, errnos);
  const protocol = packet.icmp === null ? UDP : packet.family === 4 ? ICMP : ICMPV6;
  return ipPackets(packet, payload, protocol, place);
}

/** The errnos that ICMP errors stand for: they differ from system to system. */
export interface IcmpErrnos {
  readonly refused: number;
  readonly tooLong: number;
  /** By an administrator: of IPv4, and of IPv6. */
  readonly prohibited: readonly number[];
}

/** Type and code of an errno, in each family. */
export function typesOf(
  errno: number,
  { refused, tooLong, prohibited }: IcmpErrnos,
): readonly [ipv4: number, ipv6: number] {
  if (errno === refused) return [0x0303, 0x0104];
  if (errno === tooLong) return [0x0304, 0x0200];
  if (prohibited.includes(errno)) return [0x030d, 0x0101];
  // Of a hop limit that ran out sockets are told nothing.
  return [0x0b00, 0x0300];
}

/** An error with as much of what it is about as it may have: RFC 1812, 4.3.2.3, and RFC 4443, 3.1. */
function icmpOf(packet: Packet, errnos: IcmpErrnos): Uint8Array {
  const { errno, about, mtu = 0 } = packet.icmp!;
  const { family } = packet;
  const most = (family === 4 ? 576 - 20 : 1280 - 40) - 8;
  const first = packetsOf({ ...about, icmp: null }, about, errnos)[0].subarray(0, most);
  const bytes = new Uint8Array(8 + first.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, typesOf(errno, errnos)[family === 4 ? 0 : 1]);
  view.setUint32(4, mtu);
  bytes.set(first, 8);
  const before = family === 4 ? new Uint8Array() : pseudoHeader(packet, ICMPV6, bytes.length);
  view.setUint16(2, checksum(before, bytes));
  return bytes;
}
