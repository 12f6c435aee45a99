/** What the kernel can do for a socket and `node:dgram` has no method for. */
import type { Feature, KernelOptions } from "./backend.ts";
import { toBytes } from "./bytes.ts";
import { getErrno, notConnected, systemCallError } from "./errors.ts";
import { checkResult, isUnavailable, unavailable } from "./features.ts";
import { runningState, type State, type StatefulSocket } from "./state.ts";
import { validateNumber, validateString } from "./validate.ts";

/** IFNAMSIZ without its NUL, on Linux. */
const LONGEST_DEVICE_NAME = 15;

/** Methods of the class Socket. */
export const kernelMethods = {
  bindToDevice(this: StatefulSocket, device: unknown): void {
    const state = runningState(this);
    validateString(device, "device");
    if (device.includes("\0")) throw systemCallError(getErrno("EINVAL"), "bindToDevice");
    // Linux cuts a longer name, and would take the device of that name.
    const exists = toBytes(device).length <= LONGEST_DEVICE_NAME;
    ask(state, "bindToDevice", "bindToDevice", (kernel) => exists ? kernel.bindToDevice(device) : getErrno("ENODEV"));
  },

  getPathMTU(this: StatefulSocket): number {
    const state = runningState(this);
    const { peer } = state;
    if (!peer) throw notConnected();
    return ask(state, "pathMTU", "getPathMTU", (kernel) => kernel.pathMTU(peer));
  },

  setDontFragment(this: StatefulSocket, flag: unknown): unknown {
    ask(runningState(this), "dontFragment", "setDontFragment", (kernel) => kernel.setDontFragment(Boolean(flag)));
    return flag;
  },

  setTOS(this: StatefulSocket, tos: unknown): number {
    validateNumber(tos, "tos");
    const state = runningState(this);
    if (tos !== (tos & 255)) throw systemCallError(getErrno("EINVAL"), "setTOS");
    ask(state, "trafficClass", "setTOS", (kernel) => kernel.setTrafficClass(tos));
    return tos;
  },
};

function ask(state: State, feature: Feature, syscall: string, call: (kernel: KernelOptions) => number): number {
  const { handle } = state;
  if (!handle) throw systemCallError(getErrno("EBADF"), syscall);
  if (isUnavailable(state, feature) || !handle.kernelOptions) throw unavailable(state, feature);
  return checkResult(state, call(handle.kernelOptions), syscall, feature);
}
