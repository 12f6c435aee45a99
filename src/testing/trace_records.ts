import type { Packet } from "./packet.ts";

/** What became of a datagram. */
export type Fate =
  | "sent"
  | "duplicated"
  | "corrupted"
  | "delayed"
  | "changed"
  | "translated"
  | "delivered"
  | "lost"
  | "cut"
  | "refused"
  | "held"
  | "blocked"
  | "unwanted"
  | "no room";

/** What the trace keeps, in the order in which it happened: fates, and each packet that enters or leaves a link. */
export interface Kept {
  readonly what: Fate | "carried" | "arrived";
  /** Tenths of a microsecond. */
  readonly time: number;
  readonly packet: Packet;
  readonly host: string;
  readonly reason: string | undefined;
  /** The host at the other end of the link, or "". */
  readonly other: string;
  /** When it came to the link. */
  readonly since: number;
  readonly hopLimit: number;
  /** The longest IP packet that it is in, there. */
  readonly mtu: number;
}

/** Objects and numbers of each record, in its block. */
const OBJECTS = 5;
const NUMBERS = 4;

/** What most datagrams do in one go, at one host: one record for both. */
const SENT_AND_CARRIED = "sent and carried";
const ARRIVED_AND_DELIVERED = "arrived and delivered";

/** Records of one block: V8 copies no array of more than 128 kB when it looks for what is still used. */
const BLOCK = 4096;

/** As many records as there are, in blocks of columns: an object for each record, and what is kept of it, would cost twice the time. */
export class TraceRecords {
  readonly #objects: unknown[][] = [];
  readonly #numbers: Float64Array[] = [];
  #length = 0;
  /** That of the last record, if what follows may still become part of it. */
  #latest: Packet | null = null;

  /** How many records there are, each of which may stand for two. */
  get length(): number {
    return this.#length;
  }

  add(
    what: Kept["what"],
    time: number,
    packet: Packet,
    host: string,
    reason: string | undefined,
    other: string,
    since: number,
    hopLimit: number,
    mtu: number,
  ): void {
    if (packet === this.#latest && this.#join(what, time, host, reason, other)) return;
    this.#latest = packet;
    const place = this.#length++ % BLOCK;
    if (place === 0) this.#addBlock();
    const objects = this.#objects[this.#objects.length - 1];
    const object = OBJECTS * place;
    objects[object] = what;
    objects[object + 1] = packet;
    objects[object + 2] = host;
    objects[object + 3] = reason;
    objects[object + 4] = other;
    const numbers = this.#numbers[this.#numbers.length - 1];
    const number = NUMBERS * place;
    numbers[number] = time;
    numbers[number + 1] = since;
    numbers[number + 2] = hopLimit;
    numbers[number + 3] = mtu;
  }

  /** What those from this one on stand for. */
  from(start: number): Kept[] {
    // Whoever has read a record would not see what becomes part of it.
    this.#latest = null;
    const all: Kept[] = [];
    for (let index = start; index < this.#length; index++) this.#read(index, all);
    return all;
  }

  /** Makes this part of the last record, which is of the same packet; false if it is not what goes with that. */
  #join(what: Kept["what"], time: number, host: string, reason: string | undefined, other: string): boolean {
    const isCarried = what === "carried";
    if (!isCarried && what !== "delivered") return false;
    const place = (this.#length - 1) % BLOCK;
    const objects = this.#objects[this.#objects.length - 1];
    const object = OBJECTS * place;
    if (this.#numbers[this.#numbers.length - 1][NUMBERS * place] !== time) return false;
    if (objects[object] !== (isCarried ? "sent" : "arrived") || objects[object + 2] !== host) return false;
    // What was replayed is sent with a reason.
    if (objects[object + 3] !== reason) return false;
    if (isCarried) objects[object + 4] = other;
    objects[object] = isCarried ? SENT_AND_CARRIED : ARRIVED_AND_DELIVERED;
    return true;
  }

  /** The first one grows: most traces are short. */
  #addBlock(): void {
    this.#objects.push(this.#length === 1 ? [] : new Array(OBJECTS * BLOCK));
    this.#numbers.push(new Float64Array(NUMBERS * BLOCK));
  }

  #read(index: number, into: Kept[]): void {
    const objects = this.#objects[Math.floor(index / BLOCK)];
    const numbers = this.#numbers[Math.floor(index / BLOCK)];
    const [object, number] = [OBJECTS * (index % BLOCK), NUMBERS * (index % BLOCK)];
    const what = objects[object] as Kept["what"] | typeof SENT_AND_CARRIED | typeof ARRIVED_AND_DELIVERED;
    const [time, since, hopLimit, mtu] = numbers.subarray(number, number + NUMBERS);
    const packet = objects[object + 1] as Packet;
    const host = objects[object + 2] as string;
    const reason = objects[object + 3] as string | undefined;
    const other = objects[object + 4] as string;
    const all = { time, packet, host, reason, other, since, hopLimit, mtu };
    const within = { ...all, other: "", since: time, hopLimit: packet.hopLimit, mtu: packet.mtu };
    if (what === SENT_AND_CARRIED) into.push({ what: "sent", ...within }, { what: "carried", ...all });
    else if (what === ARRIVED_AND_DELIVERED) into.push({ what: "arrived", ...all }, { what: "delivered", ...within });
    else into.push({ what, ...all });
  }
}
