import { PER_MILLISECOND, showTime } from "./duration.ts";
import type { Packet } from "./packet.ts";

/** What became of a datagram. */
export type Fate =
  | "sent"
  | "duplicated"
  | "delivered"
  | "lost"
  | "cut"
  | "refused"
  | "held"
  | "translated"
  | "blocked"
  | "no room";

/** One thing that happened to a datagram. */
export interface TraceEntry {
  /** When: milliseconds since the network began. */
  readonly time: number;
  /** Its number, in the order of sending. */
  readonly id: number;
  /** What happened. */
  readonly fate: Fate;
  /** Why, where that is not plain. */
  readonly reason: string | undefined;
  /** The name of the host where it happened. */
  readonly host: string;
  /** Where it was sent from. */
  readonly source: { readonly address: string; readonly port: number };
  /** Where it was sent to. */
  readonly destination: { readonly address: string; readonly port: number };
  /** Its length in bytes. */
  readonly size: number;
  /** Its bytes. */
  readonly data: Uint8Array;
}

interface Kept {
  readonly time: number;
  readonly packet: Packet;
  readonly host: string;
  readonly fate: Fate;
  readonly reason: string | undefined;
}

/** Keeps what happens to datagrams. */
export class Trace {
  readonly #kept: Kept[] = [];

  add(time: number, packet: Packet, host: string, fate: Fate, reason: string | undefined): void {
    // What is told by ICMP is no datagram.
    if (packet.icmp === null) this.#kept.push({ time, packet, host, fate, reason });
  }

  get entries(): TraceEntry[] {
    return this.#kept.map(({ time, packet, host, fate, reason }) => ({
      time: time / PER_MILLISECOND,
      id: packet.id,
      fate,
      reason,
      host,
      source: { address: packet.source, port: packet.sourcePort },
      destination: { address: packet.destination, port: packet.port },
      size: packet.data.length,
      data: packet.data,
    }));
  }

  text(): string {
    return this.#kept.map(({ time, packet, host, fate, reason }) => {
      const ends = `${end(packet.source, packet.sourcePort)} > ${end(packet.destination, packet.port)}`;
      const why = reason === undefined ? "" : `: ${reason}`;
      return `${showTime(time)} ${host} #${packet.id} ${ends} ${packet.data.length} bytes ${fate}${why}\n`;
    }).join("");
  }
}

function end(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
