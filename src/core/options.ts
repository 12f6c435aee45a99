/** The kernel options and memberships of a socket. */
import type { Feature, Handle, Membership, NumericOption } from "./backend.ts";
import { bindNow } from "./bind.ts";
import { badBufferSize, bufferSizeError, getErrno, missingArgument, systemCallError } from "./errors.ts";
import { checkResult, requireFeature } from "./features.ts";
import { anyAddress, familyOf, isMulticast } from "./numeric_address.ts";
import { kState, type State, type StatefulSocket } from "./state.ts";
import { validateNumber, validateString, validateWithoutNull } from "./validate.ts";

export function setBroadcast(this: StatefulSocket, flag: unknown): void {
  set(this[kState], "broadcast", "setBroadcast", flag ? 1 : 0);
}

export function setTTL(this: StatefulSocket, ttl: unknown): number {
  validateNumber(ttl, "ttl");
  const state = this[kState];
  state.checkRunning();
  checkRange(ttl, 1, "setTTL");
  set(state, "ttl", "setTTL", ttl | 0);
  return ttl;
}

export function setMulticastTTL(this: StatefulSocket, ttl: unknown): number {
  validateNumber(ttl, "ttl");
  const state = this[kState];
  state.checkRunning();
  checkRange(ttl, 0, "setMulticastTTL");
  set(state, "multicastTTL", "setMulticastTTL", ttl | 0);
  return ttl;
}

export function setMulticastLoopback(this: StatefulSocket, flag: unknown): unknown {
  set(this[kState], "multicastLoopback", "setMulticastLoopback", flag ? 1 : 0);
  return flag;
}

export function setMulticastInterface(this: StatefulSocket, multicastInterface: unknown): void {
  const state = this[kState];
  state.checkRunning();
  validateString(multicastInterface, "interfaceAddress");
  validateWithoutNull(multicastInterface, "interfaceAddress");
  const syscall = "setMulticastInterface";
  if (familyOf(multicastInterface) === 0) throw systemCallError(getErrno("EINVAL"), syscall);
  checkOpen(state, systemCallError, syscall);
  requireFeature(state, "multicastInterface");
  if (state.settings.family === 4 && familyOf(multicastInterface) === 6) {
    throw systemCallError(getErrno("ENOPROTOOPT"), syscall);
  }
  const result = call(state, (handle) => handle.setMulticastInterface(multicastInterface));
  checkResult(state, result, syscall, "multicastInterface");
}

export function addMembership(this: StatefulSocket, multicastAddress: unknown, multicastInterface?: unknown): void {
  changeMembership(this[kState], "addMembership", "join", multicastAddress, multicastInterface);
}

export function dropMembership(this: StatefulSocket, multicastAddress: unknown, multicastInterface?: unknown): void {
  changeMembership(this[kState], "dropMembership", "leave", multicastAddress, multicastInterface);
}

export function addSourceSpecificMembership(
  this: StatefulSocket,
  sourceAddress: unknown,
  groupAddress: unknown,
  multicastInterface?: unknown,
): void {
  const syscall = "addSourceSpecificMembership";
  changeSourceMembership(this[kState], syscall, "join", sourceAddress, groupAddress, multicastInterface);
}

export function dropSourceSpecificMembership(
  this: StatefulSocket,
  sourceAddress: unknown,
  groupAddress: unknown,
  multicastInterface?: unknown,
): void {
  const syscall = "dropSourceSpecificMembership";
  changeSourceMembership(this[kState], syscall, "leave", sourceAddress, groupAddress, multicastInterface);
}

export function setRecvBufferSize(this: StatefulSocket, size: unknown): void {
  setSize(this[kState], "recvBufferSize", "uv_recv_buffer_size", size);
}

export function setSendBufferSize(this: StatefulSocket, size: unknown): void {
  setSize(this[kState], "sendBufferSize", "uv_send_buffer_size", size);
}

export function getRecvBufferSize(this: StatefulSocket): number {
  return getSize(this[kState], "recvBufferSize", "uv_recv_buffer_size");
}

export function getSendBufferSize(this: StatefulSocket): number {
  return getSize(this[kState], "sendBufferSize", "uv_send_buffer_size");
}

function set(state: State, option: NumericOption & Feature, syscall: string, value: number): void {
  state.checkRunning();
  checkOpen(state, systemCallError, syscall);
  requireFeature(state, option);
  checkResult(state, call(state, (handle) => handle.set(option, value)), syscall, option);
}

function checkRange(ttl: number, least: number, syscall: string): void {
  const whole = ttl | 0;
  if (whole < least || whole > 255) throw systemCallError(getErrno("EINVAL"), syscall);
}

/** Throws if there is no socket in the kernel, nor was one that could not be bound. */
function checkOpen(state: State, toError: (errno: number, syscall: string) => Error, syscall: string): void {
  if (state.handle === null && state.unbound === null) throw toError(getErrno("EBADF"), syscall);
}

function call(state: State, call: (handle: Handle) => number, asks = false): number {
  return state.handle === null ? state.unbound!.call(call, asks) : call(state.handle);
}

function changeMembership(
  state: State,
  syscall: string,
  change: "join" | "leave",
  group: unknown,
  multicastInterface: unknown,
): void {
  state.checkRunning();
  if (!group) throw missingArgument("multicastAddress");
  applyMembership(state, syscall, change, readMembership(group, multicastInterface, undefined));
}

function changeSourceMembership(
  state: State,
  syscall: string,
  change: "join" | "leave",
  source: unknown,
  group: unknown,
  multicastInterface: unknown,
): void {
  state.checkRunning();
  validateString(source, "sourceAddress");
  validateString(group, "groupAddress");
  applyMembership(state, syscall, change, readMembership(group, multicastInterface, source));
}

function readMembership(group: unknown, multicastInterface: unknown, source: string | undefined): Membership {
  const none = multicastInterface === undefined || multicastInterface === null;
  const membership = { group: String(group), interface: none ? undefined : String(multicastInterface), source };
  validateWithoutNull(membership.group, source === undefined ? "multicastAddress" : "groupAddress");
  validateWithoutNull(membership.interface ?? "", "multicastInterface");
  validateWithoutNull(source ?? "", "sourceAddress");
  return membership;
}

/** The kernel's own checks, for the runtimes that are more lenient or answer otherwise. */
function membershipErrno(state: State, change: "join" | "leave", membership: Membership): number {
  const { group, interface: through, source } = membership;
  const family = familyOf(group);
  if (family === 0 || (through !== undefined && familyOf(through) !== family)) return getErrno("EINVAL");
  if (source !== undefined && familyOf(source) !== family) return getErrno("EINVAL");
  if (family === 6 && state.settings.family === 4) return getErrno("ENOPROTOOPT");
  if (change === "join" && !isMulticast(group)) return getErrno("EINVAL");
  return 0;
}

/**
 * On an unbound socket a membership binds it, to a port of the kernel's choice: Node leaves such a socket bound in
 * the kernel and unbound for the program. If it fails the socket is unbound again.
 */
function applyMembership(state: State, syscall: string, change: "join" | "leave", membership: Membership): void {
  const feature = membership.source === undefined ? "membership" : "sourceSpecificMembership";
  requireFeature(state, feature);
  const errno = membershipErrno(state, change, membership);
  if (errno < 0) throw systemCallError(errno, syscall);
  if (state.binding === "binding") {
    state.enqueue(() => {
      try {
        applyMembership(state, syscall, change, membership);
      } catch (error) {
        state.socket.emit("error", error);
      }
    });
    return;
  }
  const apply = (handle: Handle): void => {
    checkResult(state, handle[change](membership), syscall, feature);
  };
  if (state.handle === null) bindNow(state, anyAddress(state.settings.family), 0, apply);
  else apply(state.handle);
}

function setSize(state: State, option: "recvBufferSize" | "sendBufferSize", syscall: string, size: unknown): void {
  if ((size as number) >>> 0 !== size) throw badBufferSize();
  state.checkRunning();
  if (size > 0x7fff_ffff) throw bufferSizeError(getErrno("EINVAL"), syscall);
  checkOpen(state, bufferSizeError, syscall);
  requireFeature(state, option);
  if (size === 0) return;
  checkResult(state, call(state, (handle) => handle.set(option, size)), syscall, option, bufferSizeError);
}

function getSize(state: State, option: "recvBufferSize" | "sendBufferSize", syscall: string): number {
  state.checkRunning();
  checkOpen(state, bufferSizeError, syscall);
  requireFeature(state, option);
  return checkResult(state, call(state, (handle) => handle.get(option), true), syscall, option, bufferSizeError);
}
