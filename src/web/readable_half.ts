import type { Buffer } from "node:buffer";
import type { RemoteInfo } from "../core/backend.ts";
import { networkError } from "./dom_exceptions.ts";
import type { Settings } from "./settings.ts";
import type { UDPReceivedMessage } from "./types.ts";

/**
 * The stream of what arrives. Its own queue is the inbox: a runtime can't be asked to leave datagrams in the kernel,
 * so that those which find it full are dropped and counted.
 */
export class ReadableHalf {
  readonly stream: ReadableStream<UDPReceivedMessage>;
  /** How many found no room. */
  dropped = 0;
  readonly #mode: Settings["mode"];
  readonly #ended: (error?: unknown) => void;
  #controller!: ReadableStreamDefaultController<UDPReceivedMessage>;
  #open = true;

  /** @param ended called once: without an error if the half was cancelled */
  constructor({ mode, inboxLimit }: Settings, ended: (error?: unknown) => void) {
    this.#mode = mode;
    this.#ended = ended;
    this.stream = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => {
        this.#open = false;
        ended();
      },
    }, { highWaterMark: inboxLimit });
  }

  readonly put = (data: Buffer, { address, port }: RemoteInfo): void => {
    if (!this.#open) return;
    if (this.#controller.desiredSize! <= 0) {
      this.dropped++;
      return;
    }
    const bytes = ownBytes(data);
    this.#controller.enqueue(
      this.#mode === "bound" ? { data: bytes, remoteAddress: address, remotePort: port } : { data: bytes },
    );
  };

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
function ownBytes({ buffer, byteOffset, byteLength }: Buffer): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}
