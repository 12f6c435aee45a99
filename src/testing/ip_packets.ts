/** Packets as they are on the wire: IPv4, IPv6, UDP and ICMP, with fragments and checksums. */
import type { Packet } from "./packet.ts";
import { bytesOf } from "./pcapng.ts";

const UDP = 17;
const ICMP = 1;
const ICMPV6 = 58;
const FRAGMENT = 44;
const MORE_FRAGMENTS = 0x2000;
const DONT_FRAGMENT = 0x4000;

/** What a packet is like at one place. */
export interface Place {
  readonly hopLimit: number;
  /** The longest IP packet. */
  readonly mtu: number;
}

/** The IP packets of one datagram, or of one ICMP error. */
export function ipPackets(packet: Packet, { hopLimit, mtu }: Place, errnos: IcmpErrnos): Uint8Array[] {
  const payload = packet.icmp === null ? udpOf(packet) : icmpOf(packet, errnos);
  const protocol = packet.icmp === null ? UDP : packet.family === 4 ? ICMP : ICMPV6;
  return packet.family === 4
    ? ipv4(packet, payload, protocol, hopLimit, mtu)
    : ipv6(packet, payload, protocol, hopLimit, mtu);
}

function ipv4(packet: Packet, payload: Uint8Array, protocol: number, hopLimit: number, mtu: number): Uint8Array[] {
  const { id, source, destination, trafficClass, dontFragment } = packet;
  return parts(payload.length, mtu - 20).map(([from, to]) => {
    const bytes = new Uint8Array(20 + to - from);
    const view = new DataView(bytes.buffer);
    const more = to < payload.length ? MORE_FRAGMENTS : 0;
    bytes[0] = 0x45;
    bytes[1] = trafficClass;
    view.setUint16(2, bytes.length);
    view.setUint16(4, id & 0xffff);
    view.setUint16(6, more | from >> 3 | (dontFragment ? DONT_FRAGMENT : 0));
    bytes[8] = hopLimit;
    bytes[9] = protocol;
    bytes.set(bytesOf(source), 12);
    bytes.set(bytesOf(destination), 16);
    view.setUint16(10, checksum(bytes.subarray(0, 20)));
    bytes.set(payload.subarray(from, to), 20);
    return bytes;
  });
}

function ipv6(packet: Packet, payload: Uint8Array, protocol: number, hopLimit: number, mtu: number): Uint8Array[] {
  const { id, source, destination, trafficClass } = packet;
  const isWhole = payload.length + 40 <= mtu;
  return parts(payload.length, isWhole ? payload.length : mtu - 48).map(([from, to]) => {
    const headers = isWhole ? 40 : 48;
    const bytes = new Uint8Array(headers + to - from);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 0x6000_0000 | trafficClass << 20);
    view.setUint16(4, bytes.length - 40);
    bytes[6] = isWhole ? protocol : FRAGMENT;
    bytes[7] = hopLimit;
    bytes.set(bytesOf(source), 8);
    bytes.set(bytesOf(destination), 24);
    if (!isWhole) {
      bytes[40] = protocol;
      view.setUint16(42, from | (to < payload.length ? 1 : 0));
      view.setUint32(44, id);
    }
    bytes.set(payload.subarray(from, to), headers);
    return bytes;
  });
}

/** Each part but the last is a multiple of eight bytes. */
function parts(length: number, most: number): [from: number, to: number][] {
  if (length <= most) return [[0, length]];
  const list: [number, number][] = [];
  for (let from = 0; from < length; from += most & ~7) list.push([from, Math.min(length, from + (most & ~7))]);
  return list;
}

function udpOf(packet: Packet): Uint8Array {
  const { sourcePort, port, data } = packet;
  const bytes = new Uint8Array(8 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, sourcePort);
  view.setUint16(2, port);
  view.setUint16(4, bytes.length);
  bytes.set(data, 8);
  // Zero would say that there is none.
  view.setUint16(6, checksum(pseudoHeader(packet, UDP, bytes.length), bytes) || 0xffff);
  return bytes;
}

/** The errnos that ICMP errors stand for: they differ from system to system. */
export interface IcmpErrnos {
  readonly refused: number;
  readonly tooLong: number;
  /** By an administrator: of IPv4, and of IPv6. */
  readonly prohibited: readonly number[];
}

/** Type and code of an errno, in each family. */
function typesOf(errno: number, { refused, tooLong, prohibited }: IcmpErrnos): readonly [ipv4: number, ipv6: number] {
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
  const first = ipPackets({ ...about, icmp: null }, about, errnos)[0].subarray(0, most);
  const bytes = new Uint8Array(8 + first.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, typesOf(errno, errnos)[family === 4 ? 0 : 1]);
  view.setUint32(4, mtu);
  bytes.set(first, 8);
  const before = family === 4 ? new Uint8Array() : pseudoHeader(packet, ICMPV6, bytes.length);
  view.setUint16(2, checksum(before, bytes));
  return bytes;
}

function pseudoHeader({ source, destination, family }: Packet, protocol: number, length: number): Uint8Array {
  const [from, to] = [bytesOf(source), bytesOf(destination)];
  const bytes = new Uint8Array(2 * from.length + (family === 4 ? 4 : 8));
  bytes.set(from, 0);
  bytes.set(to, from.length);
  const view = new DataView(bytes.buffer);
  if (family === 4) view.setUint16(bytes.length - 2, length);
  else view.setUint32(bytes.length - 8, length);
  bytes[bytes.length - (family === 4 ? 3 : 1)] = protocol;
  return bytes;
}

/** RFC 1071, of parts that all but the last have an even number of bytes. */
function checksum(...list: readonly Uint8Array[]): number {
  let sum = 0;
  for (const bytes of list) {
    for (let i = 0; i < bytes.length; i++) sum += i % 2 === 0 ? bytes[i] << 8 : bytes[i];
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}
