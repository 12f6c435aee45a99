/** What a receiver knows of a stream of numbered datagrams that goes one way, counted as iperf3 counts it. */
const WINDOW = 65_536;

/** The figures. Times are in milliseconds. */
export interface StreamFigures {
  /** How many were sent, as far as it is known: by the sender's word, else by the highest number that came. */
  readonly sent: number;
  readonly received: number;
  readonly bytes: number;
  readonly lost: number;
  /** Of those received: those that came after one with a higher number. */
  readonly outOfOrder: number;
  /** Copies, which are counted nowhere else. */
  readonly duplicates: number;
  /** The interarrival jitter of RFC 1889, 6.3.1, and A.8. */
  readonly jitter: number;
  /** From the first to the last that came. */
  readonly duration: number;
}

/** Counts; it takes the same memory however long the stream is. */
export class StreamCounts {
  /** Which of the last numbers have come, to tell copies from latecomers. */
  readonly #came: Uint8Array = new Uint8Array(WINDOW / 8);
  #next = 0;
  #told = 0;
  #received = 0;
  #bytes = 0;
  #outOfOrder = 0;
  #duplicates = 0;
  #jitter = 0;
  #transit: number | undefined;
  #first = 0;
  #last = 0;

  /** A datagram came. The clocks of `sentAt` and `now` need not agree: only differences count. */
  count(sequence: number, bytes: number, sentAt: number, now: number): void {
    if (this.#isCopy(sequence)) {
      this.#duplicates++;
      return;
    }
    if (sequence < this.#next) this.#outOfOrder++;
    else this.#advance(sequence);
    this.#mark(sequence, true);
    if (this.#received++ === 0) this.#first = now;
    this.#bytes += bytes;
    this.#last = now;
    const transit = now - sentAt;
    if (this.#transit !== undefined) this.#jitter += (Math.abs(transit - this.#transit) - this.#jitter) / 16;
    this.#transit = transit;
  }

  /** The sender's word on how many there were. */
  tell(sent: number): void {
    this.#told = sent;
  }

  get figures(): StreamFigures {
    const sent = Math.max(this.#told, this.#next);
    return {
      sent,
      received: this.#received,
      bytes: this.#bytes,
      lost: Math.max(0, sent - this.#received),
      outOfOrder: this.#outOfOrder,
      duplicates: this.#duplicates,
      jitter: this.#jitter,
      duration: this.#last - this.#first,
    };
  }

  /** One that is older than what is remembered is taken for a latecomer. */
  #isCopy(sequence: number): boolean {
    if (sequence >= this.#next || sequence < this.#next - WINDOW) return false;
    const place = sequence % WINDOW;
    return (this.#came[place >> 3] & 1 << (place & 7)) !== 0;
  }

  #mark(sequence: number, came: boolean): void {
    const place = sequence % WINDOW;
    if (came) this.#came[place >> 3] |= 1 << (place & 7);
    else this.#came[place >> 3] &= ~(1 << (place & 7));
  }

  #advance(sequence: number): void {
    if (sequence - this.#next >= WINDOW) this.#came.fill(0);
    else for (let skipped = this.#next; skipped < sequence; skipped++) this.#mark(skipped, false);
    this.#next = sequence + 1;
  }
}
