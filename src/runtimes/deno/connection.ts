import type { AddressInfo } from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { isIPv4 } from "../../core/ip.ts";
import { canonicalPeer } from "../../core/numeric_address.ts";
import { usable } from "./interface.ts";
import { connectErrno, sourceAddress } from "./route.ts";
import { isLinkLocal, scopeOf, withoutScope } from "./scope.ts";

/** The peer of a socket that the kernel doesn't know to be connected: libc through FFI would connect it. */
export class EmulatedConnection {
  /** Where datagrams for the peer go; null while there is none. */
  address: string | null = null;
  port = 0;
  /** The peer as Deno 2.9.5 names it: without its scope. */
  #sender = "";
  #local = "";

  /** @returns 0 or an errno */
  connect(address: string, port: number, bound: string, broadcast: boolean): number {
    const to = usable(address);
    const peer = canonicalPeer(withoutScope(to)) + scopeOf(to);
    const errno = connectErrno(peer, broadcast, bound);
    if (errno !== 0) return errno;
    this.address = peer;
    this.port = port;
    this.#sender = withoutScope(peer);
    // As in the kernel it stays so while connected, whatever becomes of the interface's address.
    this.#local = sourceAddress(peer, bound);
    return 0;
  }

  disconnect(): void {
    this.address = null;
  }

  /** The peer's end as the kernel writes it, or an errno. */
  remoteAddress(): AddressInfo | number {
    const { address, port } = this;
    if (address === null) return getErrno("ENOTCONN");
    const shown = isLinkLocal(address) ? address : this.#sender;
    return { address: shown, family: isIPv4(address) ? "IPv4" : "IPv6", port };
  }

  /** True unless it comes from somebody else than the peer. */
  admits(address: string, port: number): boolean {
    return this.address === null || (port === this.port && address === this.#sender);
  }

  /** The local address while connected. */
  localAddress(bound: string): string {
    return this.address === null ? bound : this.#local;
  }
}
