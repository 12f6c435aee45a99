import { Buffer } from "node:buffer";
import { types } from "node:util";
import { QUERY_TYPES, type Settings } from "./settings.ts";
import type { SocketDnsQueryType } from "./types.ts";
import { toDictionary, toDOMString, toEnum, toInteger } from "./web_idl.ts";

/** What a written chunk said in the call of `write()`. */
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

function copyOf(data: unknown): Buffer {
  const view = ArrayBuffer.isView(data);
  const buffer = view ? data.buffer : data;
  // Web IDL's BufferSource leaves shared memory out.
  if (!types.isArrayBuffer(buffer)) throw new TypeError("data must be an ArrayBuffer or a view of one");
  const length = (data as ArrayBuffer | ArrayBufferView).byteLength;
  const copy = Buffer.allocUnsafe(length);
  // What is detached can't be looked at, and counts as empty.
  if (length > 0) copy.set(new Uint8Array(buffer, view ? data.byteOffset : 0, length));
  return copy;
}
