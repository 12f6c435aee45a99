import { isIP, isIPv6 } from "../core/ip.ts";
import type { SocketDnsQueryType, WhenFull } from "./types.ts";
import { toDictionary, toDOMString, toEnum, toInteger } from "./web_idl.ts";

/** What the options of both modes come to; undefined is the system's default. */
interface CommonSettings {
  readonly sendBufferSize: number | undefined;
  readonly receiveBufferSize: number | undefined;
  readonly multicastTimeToLive: number | undefined;
  readonly multicastLoopback: boolean | undefined;
  readonly multicastAllowAddressSharing: boolean;
  readonly multicastInterface: string | undefined;
  readonly inboxLimit: number;
  /** Undefined: wait where the runtime can. */
  readonly whenFull: WhenFull | undefined;
}

/** Those of a socket with one peer. */
export interface ConnectedSettings extends CommonSettings {
  readonly mode: "connected";
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly dnsQueryType: SocketDnsQueryType | undefined;
}

/** Those of a socket without. */
export interface BoundSettings extends CommonSettings {
  readonly mode: "bound";
  readonly localAddress: string;
  readonly localPort: number | undefined;
  readonly ipv6Only: boolean;
}

/** What a UDPSocket's options come to. */
export type Settings = ConnectedSettings | BoundSettings;

const PORT = 0xffff;
const SIZE = 0xffff_ffff;
const DEFAULT_INBOX_LIMIT = 1024;

const POLICIES: readonly WhenFull[] = ["wait", "drop"];
export const QUERY_TYPES: readonly SocketDnsQueryType[] = ["ipv4", "ipv6"];

/** @throws {TypeError} for whatever the specification's constructor refuses */
export function readSettings(given: unknown): Settings {
  const options = toDictionary(given, "options");
  // Each is read once, for those that have getters.
  const read = <Value>(name: string, convert: (value: unknown, name: string) => Value): Value | undefined => {
    const value = options[name];
    return value === undefined ? undefined : convert(value, name);
  };
  const size = (value: unknown, name: string): number => toInteger(value, name, 1, SIZE);
  const common: CommonSettings = {
    receiveBufferSize: read("receiveBufferSize", size),
    sendBufferSize: read("sendBufferSize", size),
    multicastTimeToLive: read("multicastTimeToLive", (value, name) => toInteger(value, name, 0, 255)),
    multicastLoopback: read("multicastLoopback", Boolean),
    multicastAllowAddressSharing: read("multicastAllowAddressSharing", Boolean) ?? false,
    multicastInterface: read("multicastInterface", toDOMString),
    inboxLimit: read("inboxLimit", size) ?? DEFAULT_INBOX_LIMIT,
    whenFull: read("whenFull", (value, name) => toEnum(value, name, POLICIES)),
  };
  const dnsQueryType = read("dnsQueryType", (value, name) => toEnum(value, name, QUERY_TYPES));
  const ipv6Only = read("ipv6Only", Boolean);
  const localAddress = read("localAddress", toDOMString);
  const localPort = read("localPort", (value, name) => toInteger(value, name, 1, PORT));
  const remoteAddress = read("remoteAddress", toDOMString);
  const remotePort = read("remotePort", (value, name) => toInteger(value, name, 0, PORT));

  check((remoteAddress === undefined) === (remotePort === undefined), "remoteAddress and remotePort go together");
  check(localPort === undefined || localAddress !== undefined, "localPort needs a localAddress");
  if (remoteAddress !== undefined) {
    check(localAddress === undefined, "remoteAddress and localAddress exclude each other");
    check(ipv6Only === undefined, "ipv6Only is for bound sockets");
    return { mode: "connected", remoteAddress, remotePort: remotePort!, dnsQueryType, ...common };
  }
  if (localAddress === undefined) {
    throw new TypeError("remoteAddress and remotePort, or localAddress, have to be there");
  }
  check(isIP(localAddress) !== 0, "localAddress must be a numeric IP address");
  check(dnsQueryType === undefined, "dnsQueryType is for connected sockets");
  check(ipv6Only === undefined || isAnyIPv6(localAddress), "ipv6Only needs the localAddress ::");
  return { mode: "bound", localAddress, localPort, ipv6Only: ipv6Only ?? false, ...common };
}

function check(condition: boolean, message: string): void {
  if (!condition) throw new TypeError(message);
}

/** `::` in any spelling. */
export function isAnyIPv6(address: string): boolean {
  return isIPv6(address) && /^[0:]+$/.test(address);
}
