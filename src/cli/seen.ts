/** What a run has told already, so that it is told once; anybody can send, so that it is bounded. */
const MOST = 10_000;
const MOST_CHARACTERS = 4_000_000;

/** A set of texts with an end. */
export class Seen {
  readonly #texts: Set<string> = new Set();
  readonly #onFull: () => void;
  #characters = 0;
  #full = false;

  /** @param onFull called once, with the first text that there is no room for */
  constructor(onFull: () => void) {
    this.#onFull = onFull;
  }

  /** How many there are. */
  get size(): number {
    return this.#texts.size;
  }

  /** True if it is new, and there was room for it. */
  add(text: string): boolean {
    if (this.#texts.has(text)) return false;
    if (this.#texts.size >= MOST || this.#characters + text.length > MOST_CHARACTERS) {
      if (!this.#full) this.#onFull();
      this.#full = true;
      return false;
    }
    this.#texts.add(text);
    this.#characters += text.length;
    return true;
  }
}
