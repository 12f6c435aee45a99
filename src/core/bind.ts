/** bind and bindSync. */
import {
  ACCESS_DENIED,
  type AddressInfo,
  type Handle,
  type OpenOptions,
  UNAVAILABLE,
  type WrongFdType,
} from "./backend.ts";
import { deliveryTo } from "./delivery.ts";
import {
  alreadyBound,
  bufferSizeError,
  getErrno,
  invalidArgType,
  invalidFdType,
  systemCallError,
  systemCallErrorAt,
} from "./errors.ts";
import { checkResult, isUnavailable, requireFeature, supportOf, unavailable } from "./features.ts";
import { resolve } from "./lookup.ts";
import { pauseHandle } from "./pause.ts";
import { anyAddress, isLiteralOf } from "./numeric_address.ts";
import { nextTick } from "./process.ts";
import { UnboundOptions } from "./unbound_options.ts";
import { emitSoon, onBindEnd, runningState, type State, type StatefulSocket } from "./state.ts";
import { isObject, validateNumber, validateNumericAddress, validatePort, validateString } from "./validate.ts";

/** Methods of the class Socket. */
export const bindMethods = {
  bind(this: StatefulSocket, port?: unknown, address?: unknown): StatefulSocket {
    const state = runningState(this);
    if (state.binding !== "unbound") throw alreadyBound();
    const last: unknown = arguments[arguments.length - 1];
    startBind(state, port, address, typeof last === "function" ? last as () => void : undefined);
    return this;
  },

  bindSync(this: StatefulSocket, options: unknown = { __proto__: null }): AddressInfo {
    runningState(this);
    if (!isObject(options) || Array.isArray(options)) {
      throw invalidArgType("options", "of type object", options);
    }
    const { port, address } = options as { port?: unknown; address?: unknown };
    // A getter may have bound or closed it.
    const state = runningState(this);
    if (state.binding !== "unbound") throw alreadyBound();
    const portNumber = validatePort(port ?? 0, "options.port", true);
    if (address) validateString(address, "options.address");
    const ip = (address || anyAddress(state.settings.family)) as string;
    validateNumericAddress(ip, "options.address", "bindSync");
    return bindNow(state, ip, portNumber);
  },
};

/** The bind that send() and connect() begin on an unbound socket. */
export function bindImplicitly(state: State): void {
  startBind(state, { __proto__: null, port: 0, exclusive: true });
}

/** From its beginning the socket is binding: a getter or a 'newListener' of the user's may call whatever it likes. */
function startBind(state: State, first?: unknown, second?: unknown, callback?: () => void): void {
  const { socket } = state;
  let forget: (() => void) | undefined;
  state.binding = "binding";
  try {
    forget = callback && onBindEnd(socket, () => callback.call(socket), () => {});
    // Of what is not given as an object nothing is inherited, whatever somebody has put on every object.
    const short = { __proto__: null, port: first, address: typeof second === "function" ? undefined : second };
    const { port, address, exclusive, fd } = (isObject(first) ? first : short) as Readonly<Record<string, unknown>>;
    if (state.closed) return;
    if (isNoNumber(fd)) validateNumber(fd, "options.fd");
    if (typeof fd === "number" && fd > 0 && (fd | 0) === fd) adopt(state, fd, exclusive);
    else lookUpAndBind(state, port, address, exclusive);
  } catch (error) {
    if (state.binding === "binding") {
      state.binding = "unbound";
      forget?.();
    }
    throw error;
  }
}

function adopt(state: State, fd: number, exclusive: unknown): void {
  requireFeature(state, "fd");
  const options = { ...openOptions(state, anyAddress(state.settings.family), 0), fd };
  // The descriptor is the primary's, if that shares it.
  if (openShared(state, options, exclusive, (errno) => systemCallError(errno, "open"))) return;
  const result = openInContext(state, options);
  if (result === UNAVAILABLE) throw unavailable(state, "receiveInfo");
  if (typeof result === "number") throw systemCallError(result, "open");
  if ("fdType" in result) throw invalidFdType(result.fdType);
  start(state, result);
}

function lookUpAndBind(state: State, port: unknown, address: unknown, exclusive: unknown): void {
  const { settings } = state;
  const { family, flags } = settings;
  resolve(settings, (address || anyAddress(family)) as string, (error, ip) => {
    // What is no number is made one by a method of the user's, which may close the socket.
    const number = error ? 0 : toPort(port);
    if (state.closed) return;
    if (error) return fail(state, error);
    const options = openOptions(state, ip, number);
    const toError = (errno: number): Error => bindError(state, errno, ip, port);
    if (!openShared(state, options, exclusive || flags.reusePort, toError)) {
      finish(state, open(state, options), toError);
    }
  });
}

/** Opens the socket that the primary of a cluster worker shares: false if it may not be a shared one. */
function openShared(
  state: State,
  options: OpenOptions,
  exclusive: unknown,
  toError: (errno: number) => Error,
): boolean {
  const { backend, flags: { receiveInfo, receiveOffload } } = state.settings;
  if (exclusive || !backend.openShared) return false;
  // What it receives needs a socket of its own.
  if (receiveInfo || (receiveOffload && supportOf(state, "receiveOffload") === "native")) return false;
  backend.openShared(options, deliveryTo(state), (result) => {
    if (!state.closed) finish(state, result, toError);
    else if (typeof result === "object") result.close(() => {});
  });
  return true;
}

/** The kernel's uint16 of whatever was given; bind() does not check its port. */
function toPort(port: unknown): number {
  return isNoNumber(port) ? 0 : Number(port || 0) & 0xffff;
}

/** What JavaScript makes no number of, but by name. */
function isNoNumber(value: unknown): boolean {
  return typeof value === "bigint" || typeof value === "symbol";
}

function openOptions(state: State, address: string, port: number): OpenOptions {
  const { family, flags } = state.settings;
  return { __proto__: null, ...flags, family, address, port } as OpenOptions;
}

function open(state: State, options: OpenOptions): Handle | number {
  const { family } = state.settings;
  if (!isLiteralOf(family, options.address) || (options.ipv6Only && family === 4)) return getErrno("EINVAL");
  if (missingOption(state)) return UNAVAILABLE;
  const result = openInContext(state, options) as Handle | number;
  // Those of these that are refused are so before there is a socket.
  if (typeof result === "number" && result > ACCESS_DENIED && result !== getErrno("EINVAL")) {
    state.unbound ??= new UnboundOptions();
  }
  return result;
}

function openInContext(state: State, options: OpenOptions): Handle | WrongFdType | number {
  if (options.receiveInfo && isUnavailable(state, "receiveInfo")) return UNAVAILABLE;
  return state.context.runInAsyncScope(() => state.settings.backend.open(options, deliveryTo(state)));
}

/** What was asked for and a bind can't give on this backend. */
function missingOption(state: State): "reusePort" | "ipv6Only" | undefined {
  const { flags } = state.settings;
  return (["reusePort", "ipv6Only"] as const).find((option) => flags[option] && isUnavailable(state, option));
}

function bindError(state: State, errno: number, address: string, port: unknown): Error {
  if (errno !== UNAVAILABLE) return systemCallErrorAt(errno, "bind", address, port);
  const { backend, flags } = state.settings;
  const missing = missingOption(state);
  if (flags.receiveInfo && !missing) return unavailable(state, "receiveInfo");
  const feature = missing ?? "ipv6Only";
  const note = `${feature}: ${backend.capabilities.notes[feature] ?? "unavailable"}`;
  return systemCallErrorAt(getErrno("ENOTSUP"), "bind", address, port, note);
}

function finish(state: State, result: Handle | number, toError: (errno: number) => Error): void {
  if (typeof result === "number") fail(state, toError(result));
  else start(state, result);
}

/** The socket is unbound again. */
function fail(state: State, error: Error): void {
  state.binding = "unbound";
  state.socket.emit("error", error);
}

/** Takes the open handle, sets what was asked for at creation, and tells 'listening'. */
function start(state: State, handle: Handle): void {
  try {
    take(state, handle);
  } catch (error) {
    return fail(state, error as Error);
  }
  // What waits must not wait for ever because a listener has thrown before it was its turn.
  nextTick(state.endQueue, true);
  state.socket.emit("listening");
}

/** The handle's owner is the state from here on; if a buffer size can't be set, say, it is closed again. */
function take(state: State, handle: Handle, prepare?: (handle: Handle) => void): void {
  try {
    prepare?.(handle);
    for (const option of ["recvBufferSize", "sendBufferSize"] as const) {
      const size = state.settings[option];
      if (!size) continue;
      requireFeature(state, option);
      const errno = size > 0x7fff_ffff ? getErrno("EINVAL") : handle.set(option, size);
      checkResult(state, errno, option, option, bufferSizeError);
    }
    // What was set after a bind that failed.
    const errno = state.unbound?.setOn(handle) ?? 0;
    if (errno < 0) throw systemCallError(errno, "setsockopt");
    if (state.held) pauseHandle(state, handle);
  } catch (error) {
    handle.close(() => {});
    throw error;
  }
  if (!state.referenced) handle.unref();
  state.handle = handle;
  state.unbound = null;
  state.outbox.open(handle);
  state.binding = "bound";
}

/** Opens the socket in this call; 'listening' comes on the next tick. If `prepare` throws, the socket is unbound again. */
export function bindNow(
  state: State,
  address: string,
  port: number,
  prepare?: (handle: Handle) => void,
): AddressInfo {
  const result = open(state, openOptions(state, address, port));
  if (typeof result === "number") throw bindError(state, result, address, port);
  take(state, result, prepare);
  emitSoon(state, "listening");
  return result.address() as AddressInfo;
}
