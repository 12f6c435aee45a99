// A file that a child writes its output to, read as it grows.
import { closeSync, mkdirSync, openSync, readSync } from "node:fs";
import path from "node:path";
import { StringDecoder } from "node:string_decoder";

/** Milliseconds between two looks: what is read tells of progress, which is waited for in seconds. */
const interval = 100;

export class GrowingFile {
  /** What a child takes as its output and its errors: both are appended. */
  descriptor;
  #reading;
  #position = 0;
  #decoder = new StringDecoder("utf8");
  #onText;
  #timer;
  #closed = false;

  /** `onText` is called with what was added; the file is made anew, and its directory if there is none. */
  constructor(file, onText) {
    mkdirSync(path.dirname(file), { recursive: true });
    closeSync(openSync(file, "w"));
    this.descriptor = openSync(file, "a");
    this.#reading = openSync(file, "r");
    this.#onText = onText;
    this.#timer = setInterval(() => this.#read(), interval);
  }

  #read() {
    const chunk = Buffer.alloc(65536);
    for (;;) {
      const length = readSync(this.#reading, chunk, 0, chunk.length, this.#position);
      if (length === 0) return;
      this.#position += length;
      this.#onText(this.#decoder.write(chunk.subarray(0, length)));
    }
  }

  /** Reads what is left; a second call does nothing. */
  close() {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#read();
    closeSync(this.#reading);
    closeSync(this.descriptor);
  }
}
