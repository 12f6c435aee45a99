/** What the kernel can do for a socket and `node:dgram` has no method for. */
import { Buffer } from "node:buffer";
import type { Feature, KernelOptions } from "./backend.ts";
import { getErrno, notConnected, systemCallError } from "./errors.ts";
import { checkResult, isUnavailable, unavailable } from "./features.ts";
import { kState, type State, type StatefulSocket } from "./state.ts";
import { validateNumber, validateString } from "./validate.ts";

/** IFNAMSIZ without its NUL, on Linux. */
const LONGEST_DEVICE_NAME = 15;

export function setTOS(this: StatefulSocket, tos: unknown): number {
  validateNumber(tos, "tos");
  const state = this[kState];
  state.checkRunning();
  if (!Number.isInteger(tos) || tos < 0 || tos > 255) throw systemCallError(getErrno("EINVAL"), "setTOS");
  checkResult(state, kernelOf(state, "trafficClass", "setTOS").setTrafficClass(tos), "setTOS", "trafficClass");
  return tos;
}

export function setDontFragment(this: StatefulSocket, flag: unknown): unknown {
  const state = this[kState];
  state.checkRunning();
  const kernel = kernelOf(state, "dontFragment", "setDontFragment");
  checkResult(state, kernel.setDontFragment(Boolean(flag)), "setDontFragment", "dontFragment");
  return flag;
}

export function getPathMTU(this: StatefulSocket): number {
  const state = this[kState];
  state.checkRunning();
  if (state.connection !== "connected") throw notConnected();
  return checkResult(state, kernelOf(state, "pathMTU", "getPathMTU").pathMTU(), "getPathMTU", "pathMTU");
}

export function bindToDevice(this: StatefulSocket, device: unknown): void {
  const state = this[kState];
  state.checkRunning();
  validateString(device, "device");
  if (device.includes("\0")) throw systemCallError(getErrno("EINVAL"), "bindToDevice");
  const kernel = kernelOf(state, "bindToDevice", "bindToDevice");
  // Linux cuts a longer name, and would take the device of that name.
  const exists = Buffer.byteLength(device) <= LONGEST_DEVICE_NAME;
  checkResult(state, exists ? kernel.bindToDevice(device) : getErrno("ENODEV"), "bindToDevice", "bindToDevice");
}

function kernelOf(state: State, feature: Feature, syscall: string): KernelOptions {
  const { handle } = state;
  if (handle === null) throw systemCallError(getErrno("EBADF"), syscall);
  if (isUnavailable(state, feature) || handle.kernelOptions === undefined) throw unavailable(state, feature);
  return handle.kernelOptions;
}
