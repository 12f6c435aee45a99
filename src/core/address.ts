/** The two ends of a socket. */
import type { AddressInfo } from "./backend.ts";
import { anyAddress } from "./numeric_address.ts";
import { getErrno, notConnected, systemCallError } from "./errors.ts";
import { kState, type StatefulSocket } from "./state.ts";

export function address(this: StatefulSocket): AddressInfo {
  const state = this[kState];
  state.checkRunning();
  if (state.handle === null && state.unbound !== null) {
    const { family } = state.settings;
    return { address: anyAddress(family), family: family === 4 ? "IPv4" : "IPv6", port: 0 };
  }
  const result = state.handle === null ? getErrno("EBADF") : state.handle.address();
  if (typeof result === "number") throw systemCallError(result, "getsockname");
  return result;
}

export function remoteAddress(this: StatefulSocket): AddressInfo {
  const state = this[kState];
  state.checkRunning();
  if (state.peer === null) throw notConnected();
  return { ...state.peer };
}
