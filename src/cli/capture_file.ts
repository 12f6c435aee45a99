import { closeSync, openSync, writeFileSync } from "node:fs";
import type { Capture } from "../observe/mod.ts";
import { RunError } from "./failure.ts";
import type { Socket } from "./sockets.ts";

/** A capture file of the sockets of a run, written while they run. */
export class CaptureFile {
  readonly #fd: number;
  readonly #capture: (socket: Socket) => Capture;
  #current: Capture | undefined;
  #written: Promise<void> = Promise.resolve();

  private constructor(fd: number, capture: (socket: Socket) => Capture) {
    this.#fd = fd;
    this.#capture = capture;
  }

  /** Makes the file, or fails in words. */
  static async create(path: string): Promise<CaptureFile> {
    // Loaded only here: other runs have no use for it.
    const { capture } = await import("../observe/mod.ts");
    try {
      return new CaptureFile(openSync(path, "w"), capture);
    } catch (error) {
      throw new RunError(`can't write to ${path}: ${(error as Error).message}`);
    }
  }

  /** Captures one more, which is not bound yet. Where those before are closed, a section of its own begins. */
  add(socket: Socket): void {
    if (this.#current?.add(socket)) return;
    const captured = this.#current = this.#capture(socket);
    const before = this.#written;
    this.#written = this.#write(captured, before);
    // `end()` tells.
    this.#written.catch(() => {});
  }

  /** To be called when the sockets are closed. */
  async end(): Promise<void> {
    this.#current?.stop();
    try {
      await this.#written;
    } finally {
      closeSync(this.#fd);
    }
  }

  async #write(captured: Capture, before: Promise<void>): Promise<void> {
    await before;
    for await (const bytes of captured) writeFileSync(this.#fd, bytes);
  }
}
