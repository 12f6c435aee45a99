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

/** Records of one block: V8 copies no array of more than 128 kB when it looks for what is still used. */
const BLOCK = 4096;

/** As many records as there are, in blocks of columns: an object for each record, and what is kept of it, would cost twice the time. */
export class TraceRecords {
  readonly #objects: unknown[][] = [];
  readonly #numbers: Float64Array[] = [];
  #length = 0;

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

  /** Those from this one on. */
  from(start: number): Kept[] {
    return Array.from({ length: this.#length - start }, (_, index) => this.#at(start + index));
  }

  /** The first one grows: most traces are short. */
  #addBlock(): void {
    this.#objects.push(this.#length === 1 ? [] : new Array(OBJECTS * BLOCK));
    this.#numbers.push(new Float64Array(NUMBERS * BLOCK));
  }

  #at(index: number): Kept {
    const objects = this.#objects[Math.floor(index / BLOCK)];
    const numbers = this.#numbers[Math.floor(index / BLOCK)];
    const [object, number] = [OBJECTS * (index % BLOCK), NUMBERS * (index % BLOCK)];
    return {
      what: objects[object] as Kept["what"],
      time: numbers[number],
      packet: objects[object + 1] as Packet,
      host: objects[object + 2] as string,
      reason: objects[object + 3] as string | undefined,
      other: objects[object + 4] as string,
      since: numbers[number + 1],
      hopLimit: numbers[number + 2],
      mtu: numbers[number + 3],
    };
  }
}
