/** The two ends of a socket. */
import type { AddressInfo } from "./backend.ts";
import { anyAddress } from "./numeric_address.ts";
import { getErrno, notConnected, systemCallError } from "./errors.ts";
import { runningState, type StatefulSocket } from "./state.ts";

/** Methods of the class Socket. */
export const addressMethods = {
  address(this: StatefulSocket): AddressInfo {
    const state = runningState(this);
    const { handle, unbound } = state;
    if (!handle && unbound) {
      const { family } = state.settings;
      return { address: anyAddress(family), family: `IPv${family}`, port: 0 };
    }
    const result = handle ? handle.address() : getErrno("EBADF");
    if (typeof result === "number") throw systemCallError(result, "getsockname");
    return result;
  },

  remoteAddress(this: StatefulSocket): AddressInfo {
    const state = runningState(this);
    if (!state.peer) throw notConnected();
    return { ...state.peer };
  },
};
