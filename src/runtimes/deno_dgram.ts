import { createSocket, type Socket as DgramSocket } from "node:dgram";
import type { Family } from "../core/backend.ts";

/** What a socket of Deno's node:dgram is made with. */
export interface DgramOptions {
  readonly family: Family;
  readonly reuseAddr: boolean;
  readonly ipv6Only: boolean;
}

/** A socket of Deno's own node:dgram; the look-up that answers at once makes its bind and its sends synchronous. */
export function createDgram({ family, reuseAddr, ipv6Only }: DgramOptions): DgramSocket {
  return createSocket({ type: `udp${family}`, reuseAddr, ipv6Only, lookup: answerAtOnce } as never);
}

/** The core gives numeric addresses only. */
function answerAtOnce(hostname: string, _family: number, done: (error: null, address: string) => void): void {
  done(null, hostname);
}
