/** What a socket that has asked for it is told of an ICMP error: what Linux's error queue has. */
import type { Family } from "../core/backend.ts";
import type { KernelIcmpError } from "../core/kernel_socket.ts";
import { getErrno } from "../core/errors.ts";
import { PER_MILLISECOND } from "./duration.ts";
import type { Interface } from "./interfaces.ts";
import { show } from "./ip_address.ts";
import { typesOf } from "./ip_packets.ts";
import { copyOf, fragmentsOf, type IcmpMessage, type Packet } from "./packet.ts";

/** Nanoseconds in a tenth of a microsecond. */
const NANOSECONDS = BigInt(1_000_000 / PER_MILLISECOND);

/** The data that an error brings back: of packets of 576 and 1280 bytes all but headers (RFC 1812, RFC 4443). */
const QUOTED = { 4: 576 - 20 - 8 - 28, 6: 1280 - 40 - 8 - 48 } as const;
const FRAGMENT_HEADER = 8;

/** What a message says. @param family the socket's */
export function readMessage(message: IcmpMessage, family: Family, through: Interface, now: number): KernelIcmpError {
  const { about, mtu, offender } = message;
  const isIPv6 = about.family === 6;
  const types = typesOf(message.errno, {
    refused: getErrno("ECONNREFUSED"),
    tooLong: getErrno("EMSGSIZE"),
    prohibited: [getErrno("EHOSTUNREACH"), getErrno("EACCES")],
  })[isIPv6 ? 1 : 0];
  const scoped = (text: string): string => show(text, family) + (text.startsWith("fe80:") ? `%${through.name}` : "");
  return {
    origin: isIPv6 ? "icmp6" : "icmp",
    icmpType: types >> 8,
    icmpCode: types & 255,
    errno: message.errno || getErrno("EHOSTUNREACH"),
    offender: scoped(offender),
    address: scoped(about.destination),
    port: about.port,
    mtu,
    data: quoted(about),
    receivedAt: BigInt(now) * NANOSECONDS,
  };
}

/** What the host itself says of a datagram that is too long for its way. */
export function tooLong(address: string, port: number, mtu: number, now: number): KernelIcmpError {
  return {
    origin: "local",
    icmpType: 0,
    icmpCode: 0,
    errno: getErrno("EMSGSIZE"),
    offender: undefined,
    address,
    port,
    mtu,
    data: copyOf(new Uint8Array(0)),
    receivedAt: BigInt(now) * NANOSECONDS,
  };
}

/** Of what was cut, IPv6's first fragment has a header more. */
function quoted(about: Packet): KernelIcmpError["data"] {
  const { family, data, mtu } = about;
  const header = family === 6 && fragmentsOf(about, mtu) > 1 ? FRAGMENT_HEADER : 0;
  return copyOf(data.subarray(0, QUOTED[family] - header));
}
