import { ownDataOf, type Packet } from "./packet.ts";
import { PER_MILLISECOND, showTime } from "./show_time.ts";
import { type Fate, type Kept, TraceRecords } from "./trace_records.ts";

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
  /** The name of the host where it happened; of a link, the one that the datagram comes from. */
  readonly host: string;
  /** The link that it was on, or that it came by, from one host to the other; undefined within a host. */
  readonly link: { readonly from: string; readonly to: string } | undefined;
  /** When it was sent: milliseconds. */
  readonly sent: number;
  /** Where it was sent from. */
  readonly source: { readonly address: string; readonly port: number };
  /** Where it was sent to. */
  readonly destination: { readonly address: string; readonly port: number };
  /** Its length in bytes. */
  readonly size: number;
  /** Its bytes. */
  readonly data: Uint8Array;
}

/** Keeps what happens to datagrams. */
export class Trace {
  readonly #records: TraceRecords = new TraceRecords();
  readonly #entries: TraceEntry[] = [];
  /** When each was sent, by its number. */
  readonly #sent: Map<number, number> = new Map();
  /** The packet that came to a host last. */
  #arrived: Kept | undefined;
  #read = 0;

  /** @param other the host at the other end, if it happened on a link */
  add(time: number, packet: Packet, host: string, what: Fate, reason: string | undefined, other = ""): void {
    // What is told by ICMP is no datagram.
    if (packet.icmp !== null) return;
    this.#records.add(what, time, packet, host, reason, other, time, packet.hopLimit, packet.mtu);
  }

  /** A packet enters a link, or comes out of it. */
  pass(
    what: "carried" | "arrived",
    time: number,
    packet: Packet,
    host: string,
    other: string,
    since: number,
    hopLimit: number,
    mtu: number,
  ): void {
    this.#records.add(what, time, packet, host, undefined, other, since, hopLimit, mtu);
  }

  get kept(): readonly Kept[] {
    return this.#records.from(0);
  }

  /** Those of it that are fates, in an array that grows. */
  get entries(): readonly TraceEntry[] {
    const unread = this.#records.from(this.#read);
    this.#read = this.#records.length;
    for (const kept of unread) {
      if (kept.what === "arrived") this.#arrived = kept;
      else if (kept.what !== "carried") this.#entries.push(this.#entryOf(kept, kept.what));
    }
    return this.#entries;
  }

  text(): string {
    return this.entries.map((entry) => `${lineOf(entry)}\n`).join("");
  }

  #entryOf({ time, packet, host, reason, other }: Kept, fate: Fate): TraceEntry {
    const { id } = packet;
    const data = ownDataOf(packet);
    if (!this.#sent.has(id)) this.#sent.set(id, time);
    const arrived = this.#arrived;
    const came = arrived !== undefined && arrived.packet === packet && arrived.host === host;
    return {
      time: time / PER_MILLISECOND,
      id,
      fate,
      reason,
      host,
      link: other !== "" ? { from: host, to: other } : came ? { from: arrived.other, to: host } : undefined,
      sent: this.#sent.get(id)! / PER_MILLISECOND,
      source: { address: packet.source, port: packet.sourcePort },
      destination: { address: packet.destination, port: packet.port },
      size: data.length,
      data,
    };
  }
}

/** An entry as text. */
export function lineOf({ time, id, fate, reason, host, link, source, destination, size }: TraceEntry): string {
  const place = placeOf({ host, other: link === undefined || link.to === host ? "" : link.to });
  const why = reason === undefined ? "" : `: ${reason}`;
  const ends = `${showEnd(source)} > ${showEnd(destination)}`;
  return `${showTime(Math.round(time * PER_MILLISECOND))} ${place} #${id} ${ends} ${size} bytes ${fate}${why}`;
}

/** A host, or a link from one host to another. */
export function placeOf({ host, other }: { readonly host: string; readonly other: string }): string {
  return other === "" ? host : `${host}>${other}`;
}

/** An address and a port as text. */
export function showEnd({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
