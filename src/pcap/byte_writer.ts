const FIRST_SIZE = 1024;

/** Bytes that are written one after the other. */
export class ByteWriter {
  length = 0;
  readonly #littleEndian: boolean;
  #bytes: Uint8Array = new Uint8Array(FIRST_SIZE);
  #view: DataView = new DataView(this.#bytes.buffer);

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  uint8(value: number): void {
    this.#bytes[this.#advance(1)] = value;
  }

  uint16(value: number): void {
    const at = this.#advance(2);
    this.#view.setUint16(at, value, this.#littleEndian);
  }

  uint32(value: number): void {
    const at = this.#advance(4);
    this.#view.setUint32(at, value, this.#littleEndian);
  }

  setUint32(at: number, value: number): void {
    this.#view.setUint32(at, value, this.#littleEndian);
  }

  append(bytes: Uint8Array): void {
    const at = this.#advance(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** What was written, in memory of its own. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  #advance(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}
