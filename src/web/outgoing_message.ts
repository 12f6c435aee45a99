import type { Buffer } from "node:buffer";
import { types } from "node:util";
import { copyOf } from "./buffer_source.ts";
import { QUERY_TYPES, type Settings } from "./settings.ts";
import type { SocketDnsQueryType } from "./types.ts";
import { toDictionary, toDOMString, toEnum, toInteger } from "./web_idl.ts";

/** What a written chunk says. */
export interface OutgoingMessage {
  /** A copy. */
  readonly data: Buffer;
  /** Undefined for the peer of a connected socket. */
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly dnsQueryType: SocketDnsQueryType | undefined;
}

/** @throws {TypeError} for what can't be written in this mode */
export function readMessage(chunk: unknown, mode: Settings["mode"]): OutgoingMessage {
  const message = toDictionary(chunk, "the message");
  const data = copyOf(message.data);
  const queryType = message.dnsQueryType;
  const dnsQueryType = queryType === undefined ? undefined : toEnum(queryType, "dnsQueryType", QUERY_TYPES);
  const address = message.remoteAddress;
  const remoteAddress = address === undefined || typeof address === "string" ? address : toDOMString(address);
  const port = message.remotePort;
  const remotePort = port === undefined ? undefined : toInteger(port, "remotePort", 0, 0xffff);
  if (mode === "bound") {
    if (remoteAddress === undefined || remotePort === undefined) {
      throw new TypeError("a bound socket's message needs its remoteAddress and remotePort");
    }
  } else if (remoteAddress !== undefined || remotePort !== undefined || dnsQueryType !== undefined) {
    throw new TypeError("a connected socket's message can't have a remoteAddress, remotePort or dnsQueryType");
  }
  return { data, remoteAddress, remotePort, dnsQueryType };
}

const MEMBERS = ["data", "dnsQueryType", "remoteAddress", "remotePort"] as const;

/** True if to read it runs no code of the user's: no getter, no proxy's trap, no conversion of an object. */
export function isInert(chunk: unknown): boolean {
  return isPrimitive(chunk) || MEMBERS.every((member) => isInertMember(chunk as object, member));
}

function isInertMember(chunk: object, member: typeof MEMBERS[number]): boolean {
  for (let object: object | null = chunk; object !== null; object = Object.getPrototypeOf(object)) {
    if (types.isProxy(object)) return false;
    const property = Object.getOwnPropertyDescriptor(object, member);
    // Data are looked at by what the engine knows of them.
    if (property !== undefined) return "value" in property && (member === "data" || isPrimitive(property.value));
  }
  return true;
}

function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}
