import type { MessageBuffer, RemoteInfo } from "../core/backend.ts";
import type { Socket } from "../core/types.ts";
import { networkError } from "./dom_exceptions.ts";
import type { Settings } from "./settings.ts";
import type { OwnBytes, UDPReceivedMessage } from "./types.ts";

/**
 * The stream of what arrives. Its own queue is the inbox. One that is full leaves datagrams in the kernel, or drops and
 * counts them.
 */
export class ReadableHalf {
  readonly stream: ReadableStream<UDPReceivedMessage>;
  /** How many found no room. */
  dropped = 0;
  readonly #mode: Settings["mode"];
  readonly #limit: number;
  readonly #ended: (error?: unknown) => void;
  #controller!: ReadableStreamDefaultController<UDPReceivedMessage>;
  #open = true;
  /** Where it is not to drop: what is paused while the stream is full. */
  #source: Pick<Socket, "pause" | "resume" | "isPaused"> | null = null;
  /** Ends the call of `pull`: there is no other until then, so that the stream asks nothing while there is room. */
  #pulled = (): void => {};

  /** @param ended called once: without an error if the half was cancelled */
  constructor({ mode, inboxLimit }: Settings, ended: (error?: unknown) => void) {
    this.#mode = mode;
    this.#limit = inboxLimit;
    this.#ended = ended;
    this.stream = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#pull(),
      cancel: () => {
        this.#open = false;
        ended();
      },
    }, { highWaterMark: inboxLimit });
  }

  /** Has this socket paused while the stream is full. */
  holdBack(source: Pick<Socket, "pause" | "resume" | "isPaused">): void {
    this.#source = source;
    if (this.#open && this.#isFull()) source.pause();
  }

  /** False if it found no room, or nobody who reads. */
  readonly put = (data: MessageBuffer, { address, port }: RemoteInfo): boolean => {
    if (!this.#open) return false;
    if (this.#isFull()) {
      this.dropped++;
      return false;
    }
    const bytes = ownBytes(data);
    this.#controller.enqueue(
      this.#mode === "bound" ? { data: bytes, remoteAddress: address, remotePort: port } : { data: bytes },
    );
    if (this.#source === null || !this.#isFull()) return true;
    this.#source.pause();
    this.#pulled();
    return true;
  };

  /** Called when there is room, and again with each datagram that is read unless it answers a promise. */
  #pull(): Promise<void> | undefined {
    if (this.#source?.isPaused()) {
      // Not with each datagram that is read: to pause again costs system calls.
      if (this.#controller.desiredSize! * 2 < this.#limit) return undefined;
      this.#source.resume();
    }
    return new Promise((done) => this.#pulled = done);
  }

  #isFull(): boolean {
    return this.#controller.desiredSize! <= 0;
  }

  /** Receiving failed. */
  readonly fail = (error: unknown): void => {
    if (!this.#open) return;
    this.#open = false;
    const exception = networkError(error);
    this.#controller.error(exception);
    this.#ended(exception);
  };
}

/** A plain Uint8Array over the memory of the core's Buffer, which is the datagram's own and of its size. */
function ownBytes({ buffer, byteOffset, byteLength }: MessageBuffer): OwnBytes {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
