// What goes over the contract between the core and the runtimes: datagrams, and the ends of them.
import type { Buffer } from "node:buffer";

/** The IP version of a socket. */
export type Family = 4 | 6;

/**
 * A received message's bytes: a Buffer over memory that no other thread has, where the installed types can say that
 * (`NonSharedBuffer` of @types/node), so that all that takes an `ArrayBufferView` or a `BlobPart` takes it.
 */
export type MessageBuffer = ReturnType<typeof Buffer.alloc>;

/** Where a datagram came from, in the key order of `node:dgram`. */
export interface RemoteInfo {
  /** The sender's address; a link-local one carries its scope (`fe80::1%eth0`). */
  address: string;
  /** `IPv4` or `IPv6`. */
  family: "IPv4" | "IPv6";
  /** The sender's port. */
  port: number;
  /** The message's length in bytes. */
  size: number;
  /** With `receiveInfo`: the address that it was sent to, which may be a group's or a broadcast address. */
  destination?: string | undefined;
  /** With `receiveInfo`: the number of the interface that it came in by. */
  interfaceIndex?: number | undefined;
  /** With `receiveInfo`: its TTL or hop limit on arrival. */
  hopLimit?: number | undefined;
  /** With `receiveInfo`: its TOS byte or traffic class; the high six bits are the DSCP. */
  trafficClass?: number | undefined;
  /** With `receiveInfo`: the low two bits of it (RFC 3168): 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 congestion experienced. */
  ecn?: number | undefined;
  /** With `receiveInfo`: when the kernel received it, in nanoseconds since 1970. */
  receivedAt?: bigint | undefined;
}

/** A local or remote end, in the key order of `node:dgram`. */
export interface AddressInfo {
  /** The numeric address. */
  address: string;
  /** `IPv4` or `IPv6`; @types/node says no more than `string`, so that its AddressInfo is one of these. */
  family: "IPv4" | "IPv6" | (string & Record<never, never>);
  /** The port, 0 to 65535. */
  port: number;
}

/** One datagram on its way out. `address` is numeric and of the socket's family; null means the connected peer. */
export interface Datagram {
  /** Its bytes. */
  readonly data: Uint8Array;
  /** The destination, or null for the connected peer. */
  readonly address: string | null;
  /** 1 to 65535. */
  readonly port: number;
  /** Somebody waits for its end. A deferred handle may tell the end of the others at once, before it is known. */
  readonly watched: boolean;
  /**
   * 0, or with `sendOffload` the size of the datagrams that the kernel is to cut it into; the last may be shorter. -1 if
   * it has to pass the kernel socket's own `send` or `sendBatch`, since somebody there has more to say of it.
   */
  readonly segmentSize: number;
}

/** What holds for one datagram in the place of what holds for its socket; -1 for a number that is not said. */
export interface DatagramInfo {
  /** The local address that it leaves from. */
  readonly source: string | undefined;
  /** The number of the interface that it leaves by. */
  readonly interfaceIndex: number;
  /** 1 to 255. */
  readonly hopLimit: number;
  /** 0 to 255. */
  readonly trafficClass: number;
  /** 0 to 3. */
  readonly ecn: number;
}
