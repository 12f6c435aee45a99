import type { AddressInfo, Datagram } from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { isIPv6 } from "../../core/ip.ts";
import { canonicalPeer } from "../../core/numeric_address.ts";
import { sendable } from "../common/sendable.ts";
import type { Descriptor } from "../libc/descriptor.ts";
import { forBun } from "./address.ts";
import { probeRoute, scopeOf, withScope } from "./route.ts";
import type { BunNamespace, BunSocket } from "./types.ts";

/** Where a connected socket's datagrams go. */
export interface BunPeer {
  readonly address: string;
  readonly port: number;
  /** The address that they leave from; "" if the kernel is connected, which tells it. */
  readonly local: string;
}

/** The ends of a socket: its own, and its peer while it is connected, in the kernel or as if it were. */
export class BunEnds {
  /** Bun's, which may be opened anew. */
  socket: BunSocket;
  local: AddressInfo;
  peer: BunPeer | null = null;
  /** False where connections are emulated. */
  readonly connects: boolean;
  /** The kernel has chosen a port by then, if the descriptor that was adopted had none. */
  hasSent = false;
  broadcast = false;
  readonly #bun: BunNamespace;
  readonly #kernel: Descriptor | null;

  /** @param requested the address that was asked for, whose scope Bun does not tell */
  constructor(bun: BunNamespace, socket: BunSocket, requested: string, kernel: Descriptor | null, connects: boolean) {
    this.#bun = bun;
    this.#kernel = kernel;
    this.connects = connects;
    this.socket = socket;
    this.local = { address: requested, family: isIPv6(requested) ? "IPv6" : "IPv4", port: 0 };
    if (socket.port !== 0) this.#readLocal();
  }

  address(): AddressInfo | number {
    if (this.connects) return this.#kernel!.address();
    if (this.local.port === 0 && this.hasSent) this.#readLocal();
    return { ...this.local, address: this.peer?.local ?? this.local.address };
  }

  remoteAddress(): AddressInfo | number {
    if (this.connects) return this.#kernel!.remoteAddress();
    const { peer } = this;
    if (peer === null) return getErrno("ENOTCONN");
    return { address: peer.address, family: isIPv6(peer.address) ? "IPv6" : "IPv4", port: peer.port };
  }

  /** @returns 0 or an errno */
  connect(address: string, port: number): number {
    if (this.connects) {
      const errno = this.#kernel!.connect(address, port);
      // Bun does not know of it: the datagrams keep their address, which Linux allows.
      if (errno === 0) this.peer = { address, port, local: "" };
      return errno;
    }
    const to = forBun(address, this.#kernel?.libc);
    const local = probeRoute(this.#bun, this.local.address, sendable(to), port, this.broadcast);
    if (typeof local === "number") return local;
    this.peer = { address: canonicalPeer(to, this.local.address), port, local };
    return 0;
  }

  /** @returns 0 or an errno */
  disconnect(): number {
    const errno = this.connects ? this.#kernel!.disconnect() : 0;
    if (errno === 0) this.peer = null;
    return errno;
  }

  /** Bun 1.4.5 keeps what the first reading gave, so that it must not come before there is a port. */
  #readLocal(): void {
    const { address, family, port } = this.socket.address;
    this.local = { address: withScope(address, scopeOf(this.local.address)), family, port };
  }
}

/** The datagram with its destination, for whom does not know of the peer. */
export function addressedTo(datagram: Datagram, { address, port }: BunPeer): Datagram {
  return datagram.address === null ? { ...datagram, address, port } : datagram;
}
