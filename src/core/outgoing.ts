import { AsyncResource } from "node:async_hooks";
import { Buffer } from "node:buffer";
import { nextTick } from "node:process";
import type { Datagram } from "./backend.ts";
import { systemCallErrorAt } from "./errors.ts";
import type { SendCallback } from "./types.ts";

/** One send() from its arguments to its callback. */
export class Outgoing implements Datagram {
  /** A list of buffers is one datagram; it is joined when it leaves, since the bytes may change until then. */
  parts: Uint8Array[] | null;
  data: Uint8Array;
  /** What the caller gave; errors repeat it. */
  readonly hostname: string | undefined;
  address: string | null = null;
  port: number;
  readonly callback: SendCallback | undefined;
  /** Made on a connected socket: it goes to the peer. */
  readonly toPeer: boolean;
  /** It failed before it could be handed over: an errno, or an error of another kind. */
  refusal: number | Error = 0;
  #ended = false;
  #deferredOnce = false;
  #result: number | Error = 0;
  #resource: AsyncResource | null = null;

  constructor(
    data: Uint8Array | Uint8Array[],
    hostname: string | undefined,
    port: number,
    callback: SendCallback | undefined,
    toPeer: boolean,
  ) {
    this.parts = Array.isArray(data) ? data : null;
    this.data = Array.isArray(data) ? NOTHING : data;
    this.hostname = hostname;
    this.port = port;
    this.callback = callback;
    this.toPeer = toPeer;
  }

  get watched(): boolean {
    return this.callback !== undefined;
  }

  get size(): number {
    return this.parts === null ? this.data.byteLength : this.parts.reduce((sum, part) => sum + part.byteLength, 0);
  }

  /** Names the peer, which the socket is about to be disconnected from. */
  redirect(address: string, port: number): void {
    this.address = address;
    this.port = port;
  }

  join(): void {
    if (this.parts === null) return;
    this.data = Buffer.concat(this.parts);
    this.parts = null;
  }

  /**
   * Asks for the callback, on a later tick of the caller's own asynchronous context. To be called in the call of
   * send(), after the flush was scheduled: most datagrams have ended when that tick comes, so that no AsyncResource
   * is needed for them.
   */
  watch(deferred: boolean): void {
    this.#deferredOnce = deferred;
    nextTick(answer, this);
  }

  /** @param now the end is told on a tick of its own, so that the callback need not wait for another */
  end(result: number | Error, now = false): void {
    this.#result = result;
    this.#ended = true;
    if (this.#resource === null) return;
    if (now) this.answer();
    else nextTick(answer, this);
  }

  answer(): void {
    if (this.#ended) {
      const resource = this.#resource;
      if (resource === null) this.#callBack();
      else resource.runInAsyncScope(this.#callBack, this);
    } else if (this.#deferredOnce) {
      this.#deferredOnce = false;
      nextTick(answer, this);
    } else {
      this.#resource = new AsyncResource("UDPSENDWRAP");
    }
  }

  #callBack(): void {
    const callback = this.callback!;
    const result = this.#result;
    if (result === 0) callback(null, this.data.byteLength);
    else if (typeof result !== "number") callback(result);
    else if (this.toPeer) callback(systemCallErrorAt(result, "send", undefined, undefined));
    else callback(systemCallErrorAt(result, "send", this.hostname, this.port));
  }
}

const NOTHING = new Uint8Array(0);

function answer(outgoing: Outgoing): void {
  outgoing.answer();
}
