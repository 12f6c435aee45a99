import { setTimeout } from "../common/timers.ts";
import { nextTick } from "../../core/process.ts";
import { ACCESS_DENIED, type Datagram, type Family, type Host } from "../../core/backend.ts";
import { byteLengthOf, NOTHING, part } from "../../core/bytes.ts";
import { getErrno } from "../../core/errors.ts";
import type { EmulatedConnection } from "./connection.ts";
import { namesNoInterface } from "./interface.ts";
import { mayUseHost } from "./permissions.ts";
import { resolvable, withoutScope } from "./scope.ts";
import { errnoOf, UNKNOWN } from "../common/errno.ts";
import { tellSent } from "../common/guard.ts";
import { sendable } from "../common/sendable.ts";

/** The most that one datagram carries; IPv6 doesn't count its header. */
const LARGEST = { 4: 65_507, 6: 65_527 };

/** What a handle does for its sender. */
export interface SendingHandle {
  /** Has Deno send these bytes, which it returns as it keeps them; `DenoSender.ended` tells how that ended. */
  carry(data: Uint8Array, address: string, port: number): Uint8Array;
  /** Why the kernel would not send there, as far as that can be told: an errno, or 0. */
  routeErrno(address: string): number;
}

/**
 * Sends one datagram after the other: those that Deno 2.9.5 sends at the same time leave in any order
 * (Deno.listenDatagram), or in reverse (node:dgram).
 */
export class DenoSender {
  readonly #handle: SendingHandle;
  readonly #host: Host;
  readonly #largest: number;
  /** The one that Deno has. */
  #datagram: Datagram | null = null;
  /** Its bytes, as the handle keeps them for another try. */
  #data: Uint8Array = NOTHING;
  #address = "";
  #port = 0;
  #canceled = false;

  /** @param host guarded, since Deno calls from a promise chain of its own */
  constructor(handle: SendingHandle, host: Host, family: Family) {
    this.#handle = handle;
    this.#host = host;
    this.#largest = LARGEST[family];
  }

  /** Its bytes. */
  get size(): number {
    return this.#datagram === null ? 0 : byteLengthOf(this.#datagram.data);
  }

  /** 0 or 1. */
  get count(): number {
    return this.#datagram === null ? 0 : 1;
  }

  /** 1, 0 while there is another, or an errno. */
  send(datagram: Datagram, connection: EmulatedConnection): number {
    if (this.#datagram !== null) return 0;
    if (this.#canceled) return getErrno("ECANCELED");
    const { address, port } = datagram.address === null ? connection : datagram;
    if (address === null) return getErrno("EDESTADDRREQ");
    if (!mayUseHost(address, port)) return ACCESS_DENIED;
    if (byteLengthOf(datagram.data) > this.#largest) return getErrno("EMSGSIZE");
    this.#datagram = datagram;
    this.#data = datagram.data;
    this.#port = port;
    const errno = this.#carry(resolvable(sendable(address)));
    return errno === 0 ? 1 : errno;
  }

  /** @param error what Deno gave; null if it was sent */
  ended(error: unknown): void {
    const datagram = this.#datagram;
    // After cancel() it has been told.
    if (datagram === null) return;
    if (error === null) return this.#tell(datagram, 0);
    let errno = errnoOf(error);
    // libuv waits, too. Deno's node:dgram (2.9.6) does not tell either.
    if (errno === getErrno("ENOBUFS") || errno === getErrno("EINTR")) {
      setTimeout(() => {
        if (this.#datagram === null) return;
        errno = this.#carry(this.#address);
        if (errno !== 0) this.#tell(datagram, errno);
      }, 1);
      return;
    }
    if (errno === UNKNOWN && namesNoInterface(this.#address)) {
      errno = this.#carry(withoutScope(this.#address));
      if (errno === 0) return;
    }
    // Deno 2.9.5 has but two answers over node:dgram: EMSGSIZE, and this one.
    if (errno === UNKNOWN) errno = this.#handle.routeErrno(this.#address) || getErrno("ENETUNREACH");
    this.#tell(datagram, errno);
  }

  /** Ends what Deno has: how that ended in truth is not told any more. */
  cancel(): void {
    this.#canceled = true;
    if (this.#datagram !== null) this.#tell(this.#datagram, getErrno("ECANCELED"));
  }

  #carry(address: string): number {
    this.#address = address;
    const data = this.#data;
    try {
      // Deno's node:dgram (2.9.6) believes what an object says of its length, offset and buffer, and would send others' memory;
      // and throws for memory that was transferred.
      this.#data = this.#handle.carry(part(data, 0, byteLengthOf(data)), address, this.#port);
      return 0;
    } catch (error) {
      this.#datagram = null;
      return errnoOf(error);
    }
  }

  #tell(datagram: Datagram, result: number): void {
    this.#datagram = null;
    this.#data = NOTHING;
    if (datagram.watched) nextTick(tellSent, this.#host, datagram, result);
    else this.#host.sent(datagram, result);
  }
}
