import type { MessageBuffer, RemoteInfo } from "../core/backend.ts";
import { incoming } from "./inbox.ts";
import type { IncomingDatagram } from "./types.ts";

/** A request that waits for its answer. */
export interface PendingRequest {
  /** Made on a connected socket, whose errors are its own. */
  readonly toPeer: boolean;
  /** True if it took the datagram. */
  offer(datagram: IncomingDatagram): boolean;
  fail(error: unknown): void;
}

/** Whom an answer may come from: see `peerKey`; this one stands for anybody. */
export const ANY_PEER = "";

/** All requests of a socket that have not settled, the oldest first. */
export class Requests {
  readonly #all: Set<PendingRequest> = new Set();
  readonly #byPeer: Map<string, Set<PendingRequest>> = new Map();

  /** How many have not settled. */
  get size(): number {
    return this.#all.size;
  }

  add(request: PendingRequest): void {
    this.#all.add(request);
  }

  /** From now on it is offered the datagrams of this peer. */
  listen(request: PendingRequest, peer: string): void {
    const requests = this.#byPeer.get(peer);
    if (requests === undefined) this.#byPeer.set(peer, new Set([request]));
    else requests.add(request);
  }

  remove(request: PendingRequest, peer: string | undefined): void {
    this.#all.delete(request);
    if (peer === undefined) return;
    const requests = this.#byPeer.get(peer);
    if (requests?.delete(request) && requests.size === 0) this.#byPeer.delete(peer);
  }

  /** True if the datagram was the answer to one of them. */
  take(data: MessageBuffer, from: RemoteInfo): boolean {
    const ofPeer = this.#byPeer.get(peerKey(from.address, from.port));
    const ofAnybody = this.#byPeer.get(ANY_PEER);
    if (ofPeer === undefined && ofAnybody === undefined) return false;
    const datagram = incoming(data, from);
    return offerTo(ofPeer, datagram) || offerTo(ofAnybody, datagram);
  }

  failAll(error: unknown): void {
    for (const request of this.#all) request.fail(error);
  }

  /** A refusal is told once: a send may have it that others wait for. */
  sendFailed(error: unknown): void {
    if ((error as { code?: unknown } | undefined)?.code === "ECONNREFUSED") this.failToPeer(error);
  }

  /** Those on a connected socket: its errors come from the peer that they wait for. */
  failToPeer(error: unknown): boolean {
    let failed = false;
    for (const request of this.#all) {
      if (!request.toPeer) continue;
      failed = true;
      request.fail(error);
    }
    return failed;
  }
}

/** A peer's address, as the kernel writes it, and port. A scope may be missing on one side, and is left out. */
export function peerKey(address: string, port: number): string {
  const scope = address.indexOf("%");
  return `${scope < 0 ? address : address.slice(0, scope)} ${port}`;
}

function offerTo(requests: Set<PendingRequest> | undefined, datagram: IncomingDatagram): boolean {
  for (const request of requests ?? []) if (request.offer(datagram)) return true;
  return false;
}
