/** The kernel options and memberships of a socket. */
import type { Feature, Handle, Membership, NumericOption } from "./backend.ts";
import { bindNow } from "./bind.ts";
import {
  badBufferSize,
  type BufferSize,
  bufferSizeError,
  getErrno,
  missingArgument,
  systemCallError,
} from "./errors.ts";
import { checkResult, requireFeature } from "./features.ts";
import { anyAddress, familyOf, isMulticast } from "./numeric_address.ts";
import { nameOf } from "./option_name.ts";
import { runningState, type State, type StatefulSocket } from "./state.ts";
import { validateNumber, validateString, validateWithoutNull } from "./validate.ts";

/** Methods of the class Socket. */
export const optionMethods = {
  addMembership(this: StatefulSocket, multicastAddress: unknown, multicastInterface?: unknown): void {
    changeMembership(runningState(this), "join", readMembership(multicastAddress, multicastInterface));
  },

  addSourceSpecificMembership(
    this: StatefulSocket,
    sourceAddress: unknown,
    groupAddress: unknown,
    multicastInterface?: unknown,
  ): void {
    changeMembership(
      runningState(this),
      "join",
      readSourceMembership(sourceAddress, groupAddress, multicastInterface),
    );
  },

  dropMembership(this: StatefulSocket, multicastAddress: unknown, multicastInterface?: unknown): void {
    changeMembership(runningState(this), "leave", readMembership(multicastAddress, multicastInterface));
  },

  dropSourceSpecificMembership(
    this: StatefulSocket,
    sourceAddress: unknown,
    groupAddress: unknown,
    multicastInterface?: unknown,
  ): void {
    changeMembership(
      runningState(this),
      "leave",
      readSourceMembership(sourceAddress, groupAddress, multicastInterface),
    );
  },

  getRecvBufferSize(this: StatefulSocket): number {
    return getSize(this, "recvBufferSize");
  },

  getSendBufferSize(this: StatefulSocket): number {
    return getSize(this, "sendBufferSize");
  },

  setBroadcast(this: StatefulSocket, flag: unknown): void {
    set(runningState(this), "broadcast", flag ? 1 : 0);
  },

  setMulticastInterface(this: StatefulSocket, multicastInterface: unknown): void {
    const state = runningState(this);
    validateString(multicastInterface, "interfaceAddress");
    validateWithoutNull(multicastInterface, "interfaceAddress");
    const syscall = "setMulticastInterface";
    const family = familyOf(multicastInterface);
    if (family === 0) throw systemCallError(getErrno("EINVAL"), syscall);
    const mismatch = state.settings.family === 4 && family === 6;
    ask(
      state,
      "multicastInterface",
      syscall,
      (handle) => mismatch ? getErrno("ENOPROTOOPT") : handle.setMulticastInterface(multicastInterface),
    );
  },

  setMulticastLoopback(this: StatefulSocket, flag: unknown): unknown {
    set(runningState(this), "multicastLoopback", flag ? 1 : 0);
    return flag;
  },

  setMulticastTTL(this: StatefulSocket, ttl: unknown): number {
    return setHops(this, "multicastTTL", ttl, 0);
  },

  setRecvBufferSize(this: StatefulSocket, size: unknown): void {
    setSize(this, "recvBufferSize", size);
  },

  setSendBufferSize(this: StatefulSocket, size: unknown): void {
    setSize(this, "sendBufferSize", size);
  },

  setTTL(this: StatefulSocket, ttl: unknown): number {
    return setHops(this, "ttl", ttl, 1);
  },
};

/**
 * Calls the handle, or has the call kept for the next bind if the last one failed, and throws what goes wrong.
 *
 * @param name what the error is about: a system call as a rule
 * @param tells it only tells something, and needs not be kept
 */
function ask<Name extends string>(
  state: State,
  feature: Feature,
  name: Name,
  call: (handle: Handle) => number,
  toError: (errno: number, name: Name) => Error = systemCallError,
  tells = false,
): number {
  const { handle, unbound } = state;
  if (!handle && !unbound) throw toError(getErrno("EBADF"), name);
  requireFeature(state, feature);
  return checkResult(state, handle ? call(handle) : unbound!.call(state.settings, call, tells), name, feature, toError);
}

function set(state: State, option: NumericOption, value: number): void {
  ask(state, option, `set${nameOf(option)}`, (handle) => handle.set(option, value));
}

function setHops(socket: StatefulSocket, option: NumericOption, hops: unknown, least: number): number {
  validateNumber(hops, "ttl");
  const state = runningState(socket);
  const whole = hops | 0;
  if (whole < least || whole > 255) throw systemCallError(getErrno("EINVAL"), `set${nameOf(option)}`);
  set(state, option, whole);
  return hops;
}

function setSize(socket: StatefulSocket, option: BufferSize, size: unknown): void {
  if ((size as number) >>> 0 !== size) throw badBufferSize();
  const state = runningState(socket);
  if (size > 0x7fff_ffff) throw bufferSizeError(getErrno("EINVAL"), option);
  ask(state, option, option, (handle) => size === 0 ? 0 : handle.set(option, size), bufferSizeError, size === 0);
}

function getSize(socket: StatefulSocket, option: BufferSize): number {
  return ask(runningState(socket), option, option, (handle) => handle.get(option), bufferSizeError, true);
}

function readMembership(group: unknown, multicastInterface: unknown): Membership {
  if (!group) throw missingArgument("multicastAddress");
  return membershipOf(group, "multicastAddress", multicastInterface);
}

function readSourceMembership(source: unknown, group: unknown, multicastInterface: unknown): Membership {
  validateString(source, "sourceAddress");
  validateString(group, "groupAddress");
  return membershipOf(group, "groupAddress", multicastInterface, source);
}

function membershipOf(
  group: unknown,
  groupName: string,
  multicastInterface: unknown,
  source?: string,
): Membership {
  const none = multicastInterface === undefined || multicastInterface === null;
  const membership = { group: String(group), interface: none ? undefined : String(multicastInterface), source };
  validateWithoutNull(membership.group, groupName);
  validateWithoutNull(membership.interface ?? "", "multicastInterface");
  validateWithoutNull(source ?? "", "sourceAddress");
  return membership;
}

/** The kernel's own checks, for the runtimes that are more lenient or answer otherwise. */
function refusalOf(state: State, change: "join" | "leave", membership: Membership): string | undefined {
  const { group, interface: through = group, source = group } = membership;
  const family = familyOf(group);
  if (family === 0 || familyOf(through) !== family || familyOf(source) !== family) return "EINVAL";
  if (family === 6 && state.settings.family === 4) return "ENOPROTOOPT";
  return change === "join" && !isMulticast(group) ? "EINVAL" : undefined;
}

/**
 * On an unbound socket a membership binds it, to a port of the kernel's choice: Node leaves such a socket bound in
 * the kernel and unbound for the program. If it fails the socket is unbound again.
 */
function changeMembership(state: State, change: "join" | "leave", membership: Membership): void {
  const verb = change === "join" ? "add" : "drop";
  const [feature, syscall]: [Feature, string] = membership.source === undefined
    ? ["membership", `${verb}Membership`]
    : ["sourceSpecificMembership", `${verb}SourceSpecificMembership`];
  requireFeature(state, feature);
  const refusal = refusalOf(state, change, membership);
  if (refusal) throw systemCallError(getErrno(refusal), syscall);
  if (state.binding === "binding") {
    state.enqueue(() => {
      try {
        changeMembership(state, change, membership);
      } catch (error) {
        state.socket.emit("error", error);
      }
    });
    return;
  }
  const apply = (handle: Handle): void => {
    checkResult(state, handle[change](membership), syscall, feature);
  };
  if (!state.handle) bindNow(state, anyAddress(state.settings.family), 0, apply);
  else apply(state.handle);
}
