import { type Membership, type NumericOption, UNAVAILABLE } from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { isIPv4 } from "../../core/ip.ts";
import { isMulticast } from "../../core/numeric_address.ts";
import { needsLibc } from "./notes.ts";
import type { BunSocket } from "./types.ts";
import { attempt, errnoOf } from "../common/errno.ts";
import type { SocketOptions } from "../common/option_handle.ts";
import { ignoreBufferSize } from "../common/ignored_buffer_size.ts";

/** The options that Bun sets itself. */
export class BunOptions implements SocketOptions {
  readonly #socket: BunSocket;

  constructor(socket: BunSocket) {
    this.#socket = socket;
  }

  set(option: NumericOption, value: number): number {
    const socket = this.#socket;
    switch (option) {
      case "broadcast":
        return attempt(() => socket.setBroadcast(value === 1));
      case "ttl":
        return attempt(() => socket.setTTL(value));
      case "multicastTTL":
        // Bun 1.4.5 rejects 0, which the kernel takes.
        return value === 0 ? UNAVAILABLE : attempt(() => socket.setMulticastTTL(value));
      case "multicastLoopback":
        return attempt(() => socket.setMulticastLoopback(value === 1));
      default:
        return ignoreBufferSize(needsLibc);
    }
  }

  get(_option: "recvBufferSize" | "sendBufferSize"): number {
    return UNAVAILABLE;
  }

  setMulticastInterface(address: string): number {
    // Bun 1.4.5 answers false or EINVAL, in place of the kernel's error, for what it does not take for an interface.
    const refusal = getErrno(isIPv4(address) && isMulticast(address) ? "EADDRNOTAVAIL" : "EINVAL");
    try {
      return this.#socket.setMulticastInterface(address) ? 0 : refusal;
    } catch (error) {
      const errno = errnoOf(error);
      return errno === getErrno("EINVAL") ? refusal : errno;
    }
  }

  join({ group, interface: through, source }: Membership): number {
    const socket = this.#socket;
    if (source === undefined) return attempt(() => socket.addMembership(group, through));
    return attempt(() => socket.addSourceSpecificMembership(source, group, through));
  }

  leave({ group, interface: through, source }: Membership): number {
    const socket = this.#socket;
    if (source === undefined) return attempt(() => socket.dropMembership(group, through));
    return attempt(() => socket.dropSourceSpecificMembership(source, group, through));
  }
}
