/** How send()'s positional arguments are read. */
import { byteLengthOf, part, toBytes } from "./bytes.ts";
import { invalidArgType, isConnected, outOfBounds } from "./errors.ts";
import { Outgoing } from "./outgoing.ts";
import type { OutgoingMessage, SendCallback } from "./types.ts";
import { validateInteger, validateObject, validatePort, validateString, validateWithoutNull } from "./validate.ts";

/** The most that one IPv4 datagram carries, in bytes. */
const LONGEST_SEGMENT = 65_507;

const MESSAGE_TYPES = "of type string or an instance of Buffer, TypedArray, or DataView";

/**
 * Reads `(message, port, address, callback)` or `(message, offset, length, port, address, callback)`: while
 * unconnected the second form is the one with a fifth argument, or a fourth that is no function.
 */
export function readUnconnected(
  message: unknown,
  a1: unknown,
  a2: unknown,
  a3: unknown,
  a4: unknown,
  a5: unknown,
): Outgoing {
  if (a4 || (a3 && typeof a3 !== "function")) return make(slice(message, a1, a2), a3, a4, a5, false);
  return make(message, a1, a2, a3, false);
}

/** Reads `(message, callback)` or `(message, offset, length, callback)`: the second form has a number as length. */
export function readConnected(
  message: unknown,
  a1: unknown,
  a2: unknown,
  a3: unknown,
  a4: unknown,
  a5: unknown,
): Outgoing {
  let callback = a1;
  if (typeof a2 === "number") {
    message = slice(message, a1, a2);
    callback = a5;
    if (typeof a3 === "function") {
      callback = a3;
      a3 = undefined;
    }
  }
  if (a3 || a4) throw isConnected();
  return make(message, undefined, a4, callback, true);
}

/** What a message of a batch says. */
export interface ReadMessage {
  data: Uint8Array | Uint8Array[];
  hostname: string | undefined;
  port: number;
  /** The socket is connected: a message has no destination then. */
  readonly toPeer: boolean;
  /** 0 if it is one datagram, not a row. */
  segmentSize: number;
}

/** Reads one message of a batch into `read`. */
export function readMessage(message: unknown, read: ReadMessage): void {
  const { toPeer } = read;
  validateObject(message, "message");
  const { data, port, address, segmentSize } = message as { [K in keyof OutgoingMessage]: unknown };
  if (toPeer && (port !== undefined || address !== undefined)) throw isConnected();
  read.data = readBytes(data);
  read.port = toPeer ? 0 : validatePort(port);
  read.hostname = readHostname(address);
  // Once the socket is bound nobody would hear of it.
  if (read.hostname) validateWithoutNull(read.hostname, "address");
  read.segmentSize = 0;
  if (segmentSize === undefined) return;
  validateInteger(segmentSize, "segmentSize", 1, LONGEST_SEGMENT);
  read.segmentSize = segmentSize;
}

function make(message: unknown, port: unknown, address: unknown, callback: unknown, toPeer: boolean): Outgoing {
  const data = readBytes(message);
  const portNumber = toPeer ? 0 : validatePort(port);
  let callBack = typeof callback === "function" ? callback as SendCallback : undefined;
  let hostname: string | undefined;
  if (typeof address === "function") callBack = address as SendCallback;
  else hostname = readHostname(address);
  return new Outgoing(data, hostname, portNumber, callBack, toPeer);
}

function readBytes(message: unknown): Uint8Array | Uint8Array[] {
  const bytes = toBytes(message);
  if (bytes) return bytes;
  if (!Array.isArray(message)) throw invalidArgType("buffer", MESSAGE_TYPES, message);
  // Not by its iterator, which may have no end. Array.from sees the holes too.
  return Array.from({ length: message.length }, (_, i) => {
    const part = toBytes(message[i]);
    if (!part) throw invalidArgType("buffer list arguments", MESSAGE_TYPES, message);
    return part;
  });
}

function readHostname(address: unknown): string | undefined {
  if (address === undefined || address === null) return undefined;
  validateString(address, "address");
  return address;
}

function slice(message: unknown, offsetArgument: unknown, lengthArgument: unknown): Uint8Array {
  const bytes = toBytes(message);
  if (!bytes) throw invalidArgType("buffer", MESSAGE_TYPES, message);
  const offset = (offsetArgument as number) >>> 0;
  const length = (lengthArgument as number) >>> 0;
  const size = byteLengthOf(bytes);
  if (offset > size) throw outOfBounds("offset");
  if (offset + length > size) throw outOfBounds("length");
  return part(bytes, offset, length);
}
