import { type Membership, type NumericOption, UNAVAILABLE } from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { isIPv4 } from "../../core/ip.ts";
import { isMulticast } from "../../core/numeric_address.ts";
import { needsLibc } from "./notes.ts";
import type { BunSocket } from "./types.ts";
import { attempt } from "../common/errno.ts";
import type { SocketOptions } from "../common/option_handle.ts";
import { ignoreBufferSize } from "../common/ignored_buffer_size.ts";

type Verb = "add" | "drop";

/**
 * Up to 1.3.0 Bun leaves a source where it is to join it, and joins it where it is to leave. The first join shows it:
 * until then it is not known how a source is left, but by a Bun that adopts descriptors.
 */
let joining: Verb = "add";
let leaving: Verb | undefined;

/** The options that Bun sets itself. */
export class BunOptions implements SocketOptions {
  readonly #socket: BunSocket;

  constructor(socket: BunSocket, adopts: boolean) {
    this.#socket = socket;
    if (adopts) leaving = "drop";
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
    let isTaken = false;
    const errno = attempt(() => isTaken = this.#socket.setMulticastInterface(address));
    if (errno === 0 ? isTaken : errno !== getErrno("EINVAL")) return errno;
    // Bun 1.4.5 answers false or EINVAL, in place of the kernel's error, for what it does not take for an interface.
    return getErrno(isIPv4(address) && isMulticast(address) ? "EADDRNOTAVAIL" : "EINVAL");
  }

  join(membership: Membership): number {
    const errno = this.#change(membership, "add", joining);
    // Who leaves what was not joined is told this, too.
    if (errno === getErrno("EINVAL") && this.#change(membership, "add", "drop") === 0) {
      joining = "drop";
      leaving = "add";
      return 0;
    }
    if (errno === 0 && membership.source) leaving ??= "drop";
    return errno;
  }

  leave(membership: Membership): number {
    return membership.source && !leaving ? getErrno("EINVAL") : this.#change(membership, "drop", leaving!);
  }

  #change({ group, interface: through, source }: Membership, verb: Verb, verbOfSource: Verb): number {
    const socket = this.#socket;
    return attempt(() =>
      source === undefined
        ? socket[`${verb}Membership`](group, through)
        // Bun 1.2.23 crashes without an interface.
        : socket[`${verbOfSource}SourceSpecificMembership`](
          source,
          group,
          through ?? (isIPv4(group) ? "0.0.0.0" : "::"),
        )
    );
  }
}
