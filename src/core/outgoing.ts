import type { AsyncResource } from "node:async_hooks";
import { nextTick } from "./process.ts";
import type { Datagram } from "./backend.ts";
import { asyncResource } from "./builtins.ts";
import { byteLengthOf, joinBytes, NOTHING, part, totalLengthOf } from "./bytes.ts";
import { getErrno, systemCallErrorAt } from "./errors.ts";
import type { SendCallback } from "./types.ts";

/** How a datagram ended: 0 for sent, an errno, or an error of another kind. */
export type Ending = number | Error;

/** No datagram is longer, over whichever family: bytes. */
const LONGEST = 65_535;

/** One send() from its arguments to its callback. */
export class Outgoing implements Datagram {
  /** A list of buffers is one datagram; it is joined when it leaves, since the bytes may change until then. */
  parts: Uint8Array[] | null = null;
  data: Uint8Array = NOTHING;
  /** What the caller gave; errors repeat it. */
  readonly hostname: string | undefined;
  address: string | null = null;
  port: number;
  readonly callback: SendCallback | undefined;
  /** Made on a connected socket: it goes to the peer. */
  readonly toPeer: boolean;
  /** Above 0 if it is a row of datagrams of this size, which the kernel is to cut. */
  segmentSize = 0;
  /** It failed before it could be handed over: an errno, or an error of another kind. */
  refusal: Ending = 0;
  /** Which one it leaves with, of all that wait for their ticks. */
  group = 0;
  /** The turn that it was to leave in is over: whether it may leave, and where to, was decided then. */
  settled = false;
  /** The handle told its end. */
  gone = false;
  /** The handle has it, and the kernel had no room for it. */
  below = false;
  /** What it counts for among what waits, or had when it was forgotten: bytes. Kept, since the caller's memory may shrink or go. */
  counted = 0;
  /** The length of `data`, when it was handed over. */
  #length = 0;
  /** Nobody else has `data`. */
  #own = false;
  #ended = false;
  #onceMore = false;
  #result: Ending = 0;
  /** In which the callback is called; true if its end comes in the caller's asynchronous context. */
  #resource: AsyncResource | boolean = false;

  constructor(
    data: Uint8Array | Uint8Array[],
    hostname: string | undefined,
    port: number,
    callback: SendCallback | undefined,
    toPeer: boolean,
  ) {
    if (Array.isArray(data)) this.parts = data;
    else this.data = data;
    this.hostname = hostname;
    this.port = port;
    this.callback = callback;
    this.toPeer = toPeer;
  }

  get watched(): boolean {
    return !!this.callback;
  }

  get size(): number {
    return this.parts ? totalLengthOf(this.parts) : byteLengthOf(this.data);
  }

  /** Has `data` hold what is to leave now. */
  prepare(): void {
    const { parts } = this;
    this.#length = this.size;
    if (this.#length > LONGEST && !this.segmentSize) {
      this.refusal = getErrno("EMSGSIZE");
      this.forget();
    } else if (this.#length === 0) {
      this.forget();
    } else if (parts) {
      this.data = joinBytes(parts, this.#length);
      this.parts = null;
      this.#own = true;
    } else if (this.data.length !== this.#length) {
      // It says something else of itself than is true, which a runtime may believe.
      this.data = part(this.data, 0, this.#length);
    }
  }

  /** Has the bytes stay what they are now, whatever the caller does with his. */
  keep(): void {
    this.prepare();
    if (!this.#own && !this.refusal) this.data = joinBytes([this.data], this.#length);
    this.#own = true;
  }

  /**
   * Asks for the callback, on a tick of this asynchronous context: the next one for a datagram that has left, the one
   * after the next for one that leaves with the flush that was scheduled just before, as on Node. Most datagrams have
   * ended when that tick comes, so that no AsyncResource is needed for them; nor for one that the handle has taken
   * in this context, and holds.
   */
  watch(left: boolean, isHeld = false): void {
    if (isHeld) {
      this.#resource = true;
    } else {
      this.#onceMore = !left;
      nextTick(answer, this);
    }
  }

  /** @param inTick this is a tick of its own already, and the callback need not wait for another */
  end(result: Ending, inTick = false): void {
    this.#result = result;
    this.#ended = true;
    if (!this.#resource) return;
    if (inTick) this.answer();
    else nextTick(answer, this);
  }

  /** The datagrams of the row, for a kernel that would not cut it. */
  cut(): Outgoing[] {
    return [this];
  }

  /** It won't be sent: its bytes need not be kept until the callback. */
  forget(): void {
    this.counted ||= this.size;
    this.parts = null;
    this.data = NOTHING;
  }

  /** The bind that it waited for failed: as on Node, its callback never comes. */
  abandon(): void {}

  answer(): void {
    const resource = this.#resource;
    if (this.#onceMore) {
      this.#onceMore = false;
      nextTick(answer, this);
    } else if (!this.#ended) {
      this.#resource = new (asyncResource())("UDPSENDWRAP");
    } else if (resource && resource !== true) {
      resource.runInAsyncScope(this.#callBack, this);
    } else {
      this.#callBack();
    }
  }

  /** The error that the caller is told. */
  failure(ending: Ending): Error {
    // What somebody threw or answered may be a number, and is kept as an object, since it is no errno.
    if (typeof ending !== "number") return ending instanceof Number ? ending.valueOf() as unknown as Error : ending;
    if (this.toPeer) return systemCallErrorAt(ending, "send");
    return systemCallErrorAt(ending, "send", this.hostname, this.port);
  }

  #callBack(): void {
    const callback = this.callback!;
    if (this.#result) (callback as (error: Error) => void)(this.failure(this.#result));
    else callback(null, this.#length);
  }
}

function answer(outgoing: Outgoing): void {
  outgoing.answer();
}
