import { closeSync, openSync, writeFileSync } from "node:fs";
import type { Capture } from "../observe/mod.ts";
import { RunError } from "./failure.ts";
import type { Socket } from "./sockets.ts";

/** A capture file of the sockets of a run, written while they run. */
export class CaptureFile {
  readonly #path: string;
  readonly #fd: number;
  readonly #capture: (socket: Socket) => Capture;
  #current: Capture | undefined;
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string, capture: (socket: Socket) => Capture) {
    this.#path = path;
    this.#capture = capture;
    this.#fd = this.#attempt(() => openSync(path, "w"));
  }

  /** Makes the file, or fails in words. */
  static async create(path: string): Promise<CaptureFile> {
    // Loaded only here: other runs have no use for it.
    const { capture } = await import("../observe/mod.ts");
    return new CaptureFile(path, capture);
  }

  /**
   * Captures one more, which is not bound yet. Where those before are closed, a section of its own begins.
   *
   * @param failed is told at once of what can't be written, as `end()` is
   */
  add(socket: Socket, failed: (error: unknown) => void): void {
    if (this.#current?.add(socket)) return;
    const captured = this.#current = this.#capture(socket);
    this.#written = this.#written.then(async () => {
      for await (const bytes of captured) this.#attempt(() => writeFileSync(this.#fd, bytes));
    });
    this.#written.catch(failed);
  }

  /** To be called when the sockets are closed. */
  end(): Promise<void> {
    this.#current?.stop();
    return this.#written.finally(() => closeSync(this.#fd));
  }

  /** Does it, or fails in words. */
  #attempt<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw new RunError(`can't write to ${this.#path}: ${(error as Error).message}`);
    }
  }
}
