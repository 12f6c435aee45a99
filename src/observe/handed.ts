import type { AddressInfo, Datagram } from "../core/backend.ts";
import { byteLengthOf, joinBytes } from "../core/bytes.ts";
import type { Outgoing } from "../core/outgoing.ts";

/** Between whom a socket's datagrams go. */
export interface Ends {
  readonly local: AddressInfo | undefined;
  readonly peer: AddressInfo | null;
}

/**
 * A datagram as a deferred handle gets it: its end is always watched, since a handle may tell that of others before it is
 * known; and its size is kept, since its sender may take its memory away.
 */
export interface Handed extends Datagram {
  readonly outgoing: Outgoing;
  readonly size: number;
  /** The bytes as they were handed over, where somebody wants them. */
  readonly kept: Uint8Array;
  /** Between whom it goes, where somebody wants that. */
  readonly ends: Ends | undefined;
}

/** Makes one. */
export function handed(outgoing: Outgoing, ends: Ends | undefined): Handed {
  const { data, address, port, segmentSize } = outgoing;
  const size = byteLengthOf(data);
  const kept = ends ? joinBytes([data], size) : data;
  return { watched: true, data, address, port, segmentSize, outgoing, size, kept, ends };
}
