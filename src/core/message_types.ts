// What is sent and what is received.
import type { MessageBuffer, RemoteInfo } from "./backend.ts";

/**
 * What can be sent: a string, which goes as UTF-8, or a view (Buffer, typed array, DataView). The bytes are not
 * copied at the call: don't change them before the callback.
 */
export type Payload = string | ArrayBufferView;

/**
 * Called once, on a later tick than its `send()`: with `null` and the datagram's length in bytes when the kernel has
 * taken it, or with an error. What the kernel took need not arrive: UDP has no acknowledgement (RFC 768).
 */
export type SendCallback = (error: Error | null, bytes: number) => void;

/** One message of `sendMany`; on a connected socket it has `data` alone. */
export interface OutgoingMessage {
  /** What is sent; a list is joined to one datagram. */
  data: Payload | readonly Payload[];
  /** 1 to 65535. */
  port?: number | undefined;
  /** A host name or an address; 127.0.0.1 or ::1 if left out. */
  address?: string | undefined;
  /**
   * Has `data`, of any length, cut into datagrams of this size in bytes, 1 to 65507; the last may be shorter. The
   * kernel cuts up to 64 of them in one go (UDP_SEGMENT, udp(7)), which costs it a fraction of sending each. Feature
   * `sendOffload`: emulated on Node and Deno. The datagrams are the same there. For less than the path's MTU: larger
   * ones are sent one by one.
   */
  segmentSize?: number | undefined;
}

/** Why `sendMany` rejects: the error of the first message that failed. */
export interface SendManyError extends Error {
  /** The place of that message in the array. */
  index: number;
  /** How many of the messages were sent. */
  sent: number;
}

/** One datagram of a 'messages' event. */
export interface ReceivedMessage extends RemoteInfo {
  /** The message: a Buffer of its own, of just its size. */
  data: MessageBuffer;
}
