import type { Datagram } from "../core/backend.ts";
import { byteLengthOf, joinBytes } from "../core/bytes.ts";
import type { Outgoing } from "../core/outgoing.ts";

/**
 * A datagram as a deferred handle gets it: its end is always watched, since a handle may tell that of others before it is
 * known; and its size is kept, since its sender may take its memory away.
 */
export class Handed implements Datagram {
  readonly watched = true;
  readonly data: Uint8Array;
  readonly address: string | null;
  readonly port: number;
  readonly segmentSize: number;
  readonly outgoing: Outgoing;
  readonly size: number;
  /** The bytes as they were handed over, where somebody wants them. */
  readonly kept: Uint8Array;

  constructor(outgoing: Outgoing, isWanted: boolean) {
    this.data = outgoing.data;
    this.address = outgoing.address;
    this.port = outgoing.port;
    this.segmentSize = outgoing.segmentSize;
    this.outgoing = outgoing;
    this.size = byteLengthOf(outgoing.data);
    this.kept = isWanted ? joinBytes([outgoing.data], this.size) : outgoing.data;
  }
}
