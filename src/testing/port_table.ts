/** Which sockets of a host have which ports, and which of them a datagram is for: as Linux decides it. */
import type { Family } from "../core/backend.ts";
import { hash, type Random } from "./random.ts";
import type { Interface } from "./interfaces.ts";
import type { Packet } from "./packet.ts";

/** What a socket is bound to in each family: an address, "" for all of them, or null for none. */
export interface Binding {
  readonly ipv4: string | null;
  readonly ipv6: string | null;
}

/** What of a socket decides which datagrams are for it. */
export interface BoundSocket {
  readonly family: Family;
  readonly reuseAddr: boolean;
  readonly reusePort: boolean;
  readonly port: number;
  /** Where it can be reached. */
  readonly binding: Binding;
  readonly peer: { readonly text: string; readonly port: number } | null;
  /** The only interface that it uses, or "". */
  readonly device: string;
}

/** net.ipv4.ip_local_port_range. */
const FIRST_EPHEMERAL = 32_768;
const EPHEMERALS = 60_999 - FIRST_EPHEMERAL + 1;

const NONE: readonly never[] = [];

export class PortTable<S extends BoundSocket> {
  /** The only one, if there is one only, as on most hosts where there are very many. */
  #only: S | null = null;
  /** Those of a port, the latest first, once there have been several. */
  #sockets: Map<number, readonly S[]> | null = null;
  #random: Random | null = null;
  readonly #makeRandom: () => Random;

  /** @param random the ports that are not asked for are drawn from this, which is made when it is needed */
  constructor(random: () => Random) {
    this.#makeRandom = random;
  }

  /** False if another one has it. */
  add(socket: S): boolean {
    if (this.#sockets === null) {
      if (this.#only === null) {
        this.#only = socket;
        return true;
      }
      this.#sockets = new Map([[this.#only.port, [this.#only]]]);
      this.#only = null;
    }
    const others = this.at(socket.port);
    if (others.some((other) => conflict(socket, other))) return false;
    this.#sockets.set(socket.port, [socket, ...others]);
    return true;
  }

  remove(socket: S): void {
    if (this.#sockets === null) {
      if (this.#only === socket) this.#only = null;
      return;
    }
    const left = this.at(socket.port).filter((other) => other !== socket);
    if (left.length > 0) this.#sockets.set(socket.port, left);
    else this.#sockets.delete(socket.port);
  }

  /** A port that nobody has; 0 if there is none. */
  ephemeral(): number {
    const start = (this.#random ??= this.#makeRandom()).below(EPHEMERALS);
    for (let i = 0; i < EPHEMERALS; i++) {
      const port = FIRST_EPHEMERAL + (start + i) % EPHEMERALS;
      if (this.at(port).length === 0) return port;
    }
    return 0;
  }

  at(port: number): readonly S[] {
    if (this.#only !== null) return port === this.#only.port ? [this.#only] : NONE;
    return this.#sockets?.get(port) ?? NONE;
  }

  get all(): S[] {
    return this.#only === null ? [...this.#sockets?.values() ?? NONE].flat() : [this.#only];
  }

  /** The socket that a datagram to one address is for. */
  find(packet: Packet, through: Interface): S | undefined {
    const only = this.#only;
    if (only !== null) return only.port === packet.port && score(only, packet, through) >= 0 ? only : undefined;
    const candidates = this.at(packet.port);
    let best: S | undefined;
    let most = -1;
    for (const socket of candidates) {
      const points = score(socket, packet, through);
      if (points <= most) continue;
      best = socket;
      most = points;
    }
    if (best === undefined || !best.reusePort || best.peer !== null) return best;
    const equals = candidates.filter((socket) => socket.reusePort && score(socket, packet, through) === most);
    return equals[
      (hash(`${packet.source} ${packet.sourcePort} ${packet.destination}`, packet.port) >>> 0) % equals.length
    ];
  }

  /** Those that a datagram to many is for. */
  findAll(packet: Packet, through: Interface): S[] {
    return this.at(packet.port).filter((socket) => score(socket, packet, through) >= 0);
  }
}

/** Both want what only one can have. */
function conflict(a: BoundSocket, b: BoundSocket): boolean {
  if ((a.reuseAddr && b.reuseAddr) || (a.reusePort && b.reusePort)) return false;
  if (a.device !== "" && b.device !== "" && a.device !== b.device) return false;
  return overlap(a.binding.ipv4, b.binding.ipv4) || overlap(a.binding.ipv6, b.binding.ipv6);
}

function overlap(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && (a === "" || b === "" || a === b);
}

/** How well the socket fits; -1 if it does not. */
function score(socket: BoundSocket, packet: Packet, through: Interface): number {
  const { family } = packet;
  const bound = boundIn(socket.binding, family);
  if (bound === null) return -1;
  let points = socket.family === family ? 1 : 0;
  if (bound !== "") {
    if (bound !== packet.destination) return -1;
    points += 4;
  }
  const { peer } = socket;
  if (peer !== null) {
    if (peer.port !== packet.sourcePort || peer.text !== packet.source) return -1;
    points += 8;
  }
  if (socket.device !== "") {
    if (socket.device !== through.name) return -1;
    points += 4;
  }
  return points;
}

export function boundIn({ ipv4, ipv6 }: Binding, family: Family): string | null {
  return family === 4 ? ipv4 : ipv6;
}
