/** The two ends of a socket. */
import type { AddressInfo } from "./backend.ts";
import { anyAddress } from "./numeric_address.ts";
import { getErrno, notConnected, systemCallError } from "./errors.ts";
import { runningState, type StatefulSocket } from "./state.ts";

export function address(this: StatefulSocket): AddressInfo {
  const state = runningState(this);
  if (state.handle === null && state.unbound !== null) {
    const { family } = state.settings;
    return { address: anyAddress(family), family: `IPv${family}`, port: 0 };
  }
  const result = state.handle === null ? getErrno("EBADF") : state.handle.address();
  if (typeof result === "number") throw systemCallError(result, "getsockname");
  return result;
}

export function remoteAddress(this: StatefulSocket): AddressInfo {
  const state = runningState(this);
  if (state.peer === null) throw notConnected();
  return { ...state.peer };
}
