/** Results as text for people or as JSON for scripts, and a live line on a terminal. */
import { printableJson, printableLines } from "./printable.ts";
import type { Output, Streams } from "./streams.ts";

const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** A way to emphasise. */
export type Colour = keyof typeof COLOURS;

/** Without a terminal there is none to fit. */
const WIDTH = 80;
/** The terminal writes ^C behind the live line; it has to stay in the line to go with it. */
const ROOM = 3;

/** Where a run's results go. Whatever they are made of, nothing passes here that a terminal obeys but its own colours. */
export class Report {
  readonly #out: Output;
  readonly #error: Output;
  readonly #json: boolean;
  readonly #colour: boolean;
  readonly #signal: AbortSignal;
  #live = "";
  #interruptShown = false;

  constructor({ stdout, stderr, colour, signal }: Streams, json: boolean) {
    this.#out = stdout;
    this.#error = stderr;
    this.#signal = signal;
    this.#json = json;
    this.#colour = colour;
  }

  /** True if there is a live line to be drawn. */
  get isLive(): boolean {
    return this.#out.isTTY === true && !this.#json;
  }

  /** How many characters fit into a line. */
  get width(): number {
    // A terminal that does not know its size says 0.
    return this.#out.columns || WIDTH;
  }

  /** One result: the object where JSON is asked for, else the text. Without a text, people are not told. */
  tell(event: string, fields: Readonly<Record<string, unknown>>, text?: string): void {
    if (this.#json) this.#out.write(printableJson({ event, ...fields }) + "\n");
    else if (text !== undefined) this.#above(this.#out, text);
  }

  /** A remark that is no result. */
  remark(text: string): void {
    if (!this.#json) this.#above(this.#error, text);
  }

  /** Replaces the live line. */
  live(text: string): void {
    if (!this.isLive) return;
    this.#live = this.#fitted(printableLines(text));
    this.#out.write(`\r\x1b[K${this.#live}`);
  }

  /** Takes the live line away. */
  endLive(): void {
    if (this.#live) this.#out.write("\r\x1b[K");
    this.#live = "";
  }

  paint(colour: Colour, text: string): string {
    return this.#colour ? `\x1b[${COLOURS[colour]}m${text}\x1b[0m` : text;
  }

  /** As many figures as there is room for: half a number would be another number. */
  #fitted(text: string): string {
    const room = Math.max(0, this.width - ROOM);
    if (text.length <= room) return text;
    const end = text.lastIndexOf("  ", room);
    return text.slice(0, end < 0 ? room : end);
  }

  #above(output: Output, text: string): void {
    if (this.#live) this.#out.write("\r\x1b[K");
    // The terminal has written ^C where the next line begins.
    if (this.#signal.aborted && !this.#interruptShown) {
      this.#interruptShown = true;
      if (output.isTTY && !this.#live) output.write("\r\x1b[K");
    }
    output.write(printableLines(text) + "\n");
    if (this.#live) this.#out.write(this.#live);
  }
}
