import "../dgram.ts";
import { getErrno, systemCallError } from "../core/errors.ts";
import { rawOf } from "../core/raw_of.ts";
import { runningState } from "../core/state.ts";
import { MTU_DISCOVERY } from "./linux.ts";
import type { Sending } from "./send_with.ts";
import { supportOf, unavailable } from "./support.ts";

/**
 * Has a socket send without fragments and past what the kernel knows of the path's MTU: a datagram as long as the
 * interface takes leaves, where after `setDontFragment(true)` one that is longer than the known path MTU is EMSGSIZE. For
 * a program that looks for the path's MTU itself (RFC 8899): it sends probes of growing sizes and sees which are answered,
 * also where routers tell nothing, or tell lies.
 *
 * Native where {@linkcode ancillarySupport} says so: Linux, with libc. Source: ip(7), IP_PMTUDISC_PROBE; measurements.
 *
 * @param socket a socket of this copy of the module, or one of its promises entry; it is bound
 * @param on false gives the kernel its own way back, which is to fragment what is longer than the path's MTU;
 * `setDontFragment()` ends it as well
 * @throws {TypeError} ERR_INVALID_ARG_TYPE for what is no such socket; ERR_FEATURE_UNAVAILABLE_ON_PLATFORM
 * @throws {Error} EBADF for a socket that is not bound; ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`
 *
 * @example
 * ```ts
 * import { createSocket } from "@x/dgram";
 * import { ancillarySupport, probePathMTU } from "@x/dgram/ancillary";
 *
 * const socket = createSocket("udp4");
 * socket.bindSync();
 * if (ancillarySupport(socket).support === "native") probePathMTU(socket, true);
 * socket.close();
 * ```
 */
export function probePathMTU(socket: Sending, on: boolean): void {
  const state = runningState(rawOf(socket));
  if (supportOf(state).support === "unavailable") throw unavailable(state);
  if (state.handle === null) throw systemCallError(getErrno("EBADF"), "probePathMTU");
  const { kernel } = state.handle;
  if (!kernel?.setForBoth) throw unavailable(state, "no kernel is asked for the way of this socket");
  const errno = kernel.setForBoth("dontFragment", on ? MTU_DISCOVERY.probe : MTU_DISCOVERY.want);
  if (errno < 0) throw systemCallError(errno, "probePathMTU");
}
