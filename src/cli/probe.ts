/** A datagram whose echo can be told from all others: a run's own number, the place in the run, and padding. */
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";

/** The shortest it can be. */
export const LEAST_SIZE = 12;
/** The longest that IPv4 carries. */
export const MOST_SIZE = 65507;

/** Makes the datagrams of one run, and knows them again. */
export class Probes {
  readonly #id: Buffer = randomBytes(8);
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  make(sequence: number): Buffer {
    const data = Buffer.alloc(this.#size);
    this.#id.copy(data);
    data.writeUInt32BE(sequence % 2 ** 32, 8);
    return data;
  }

  /** The place of an echo in the run, or undefined for what is none. */
  read(data: Buffer): number | undefined {
    if (data.length !== this.#size || data.compare(this.#id, 0, 8, 0, 8) !== 0) return undefined;
    return data.readUInt32BE(8);
  }
}
