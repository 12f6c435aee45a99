/** Packets as they are on the wire: IPv4, IPv6 and UDP, with fragments and checksums. */
import { readIPv4, readIPv6 } from "../core/address_text.ts";
import type { Family } from "../core/backend.ts";

export const UDP = 17;
const FRAGMENT = 44;
const MORE_FRAGMENTS = 0x2000;
const DONT_FRAGMENT = 0x4000;

/** What an IP header tells; addresses have no scope. */
export interface IPPacket {
  readonly id: number;
  readonly family: Family;
  readonly source: string;
  readonly destination: string;
  readonly trafficClass: number;
  readonly dontFragment: boolean;
}

/** A datagram. */
export interface UDPPacket extends IPPacket {
  readonly sourcePort: number;
  readonly port: number;
  readonly data: Uint8Array;
}

/** What a packet is like at one place. */
export interface Place {
  readonly hopLimit: number;
  /** The longest IP packet. */
  readonly mtu: number;
}

/** The IP packets that carry this. */
export function ipPackets(
  packet: IPPacket,
  payload: Uint8Array,
  protocol: number,
  { hopLimit, mtu }: Place,
): Uint8Array[] {
  return (packet.family === 4 ? ipv4 : ipv6)(packet, payload, protocol, hopLimit, mtu);
}

/** An address as bytes, in the order of the network. */
export function bytesOf(address: string): Uint8Array {
  const bytes = new Uint8Array(address.includes(":") ? 16 : 4);
  (bytes.length === 16 ? readIPv6 : readIPv4)(address, bytes, 0);
  return bytes;
}

function ipv4(packet: IPPacket, payload: Uint8Array, protocol: number, hopLimit: number, mtu: number): Uint8Array[] {
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

function ipv6(packet: IPPacket, payload: Uint8Array, protocol: number, hopLimit: number, mtu: number): Uint8Array[] {
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

/** With its header. */
export function udpOf(packet: UDPPacket): Uint8Array {
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

/** What a checksum begins with. */
export function pseudoHeader({ source, destination, family }: IPPacket, protocol: number, length: number): Uint8Array {
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
export function checksum(...list: readonly Uint8Array[]): number {
  let sum = 0;
  for (const bytes of list) {
    for (let i = 0; i < bytes.length; i++) sum += i % 2 === 0 ? bytes[i] << 8 : bytes[i];
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}
