/** bind and bindSync. */
import { isIP } from "./ip.ts";
import { EventEmitter } from "node:events";
import { nextTick } from "./process.ts";
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
  invalidArgValue,
  invalidFdType,
  systemCallError,
  systemCallErrorAt,
} from "./errors.ts";
import { isUnavailable, requireFeature, unavailable } from "./features.ts";
import { resolve } from "./lookup.ts";
import { pauseHandle } from "./pause.ts";
import { anyAddress, isLiteralOf } from "./numeric_address.ts";
import { UnboundOptions } from "./unbound_options.ts";
import { kState, type Settings, type State, type StatefulSocket } from "./state.ts";
import { validatePort, validateString } from "./validate.ts";

/** What bind's arguments come to. */
interface BindRequest {
  readonly port: unknown;
  readonly address: unknown;
  readonly exclusive: boolean;
  readonly fd: number | undefined;
}

export function bind(this: StatefulSocket, port?: unknown, address?: unknown): StatefulSocket {
  const state = this[kState];
  state.checkNotClosing();
  if (state.binding !== "unbound") throw alreadyBound();
  const last: unknown = arguments[arguments.length - 1];
  startBind(state, readArguments(port, address), typeof last === "function" ? last as () => void : undefined);
  return this;
}

/** The bind that send() and connect() begin on an unbound socket. */
export function bindImplicitly(state: State): void {
  startBind(state, { port: 0, address: undefined, exclusive: true, fd: undefined }, undefined);
}

function readArguments(port: unknown, address: unknown): BindRequest {
  if (port !== null && typeof port === "object") {
    const options = port as { port?: unknown; address?: unknown; exclusive?: unknown; fd?: unknown };
    const fd = typeof options.fd === "number" && options.fd > 0 && (options.fd | 0) === options.fd;
    return {
      port: options.port,
      address: options.address,
      exclusive: Boolean(options.exclusive),
      fd: fd ? options.fd as number : undefined,
    };
  }
  return { port, address: typeof address === "function" ? undefined : address, exclusive: false, fd: undefined };
}

function startBind(state: State, request: BindRequest, callback: (() => void) | undefined): void {
  const forget = callback === undefined ? () => {} : callBackOnListening(state, callback);
  state.binding = "binding";
  try {
    if (request.fd !== undefined) adopt(state, request.fd, request.exclusive);
    else lookUpAndBind(state, request);
  } catch (error) {
    if (state.binding === "binding") {
      state.binding = "unbound";
      forget();
    }
    throw error;
  }
}

function callBackOnListening(state: State, callback: () => void): () => void {
  const { socket } = state;
  const forget = (): void => {
    socket.removeListener(EventEmitter.errorMonitor, forget);
    socket.removeListener("listening", onListening);
  };
  const onListening = (): void => {
    forget();
    callback.call(socket);
  };
  socket.on(EventEmitter.errorMonitor, forget);
  socket.on("listening", onListening);
  return forget;
}

function adopt(state: State, fd: number, exclusive: boolean): void {
  const { settings, socket } = state;
  const { backend, family } = settings;
  requireFeature(state, "fd");
  const options = { ...openOptions(state, anyAddress(family), 0), fd };
  if (backend.openShared !== undefined && !exclusive && !readsAlone(settings)) {
    // The descriptor is the primary's.
    openShared(state, options, (result) => {
      if (typeof result === "object") return start(state, result);
      state.binding = "unbound";
      socket.emit("error", systemCallError(result, "open"));
    });
    return;
  }
  const result = openInContext(state, options);
  if (typeof result === "object" && "fdType" in result) throw invalidFdType(result.fdType);
  if (typeof result === "number") {
    throw result === UNAVAILABLE ? unavailable(state, "receiveInfo") : systemCallError(result, "open");
  }
  start(state, result);
}

function lookUpAndBind(state: State, request: BindRequest): void {
  const { settings, socket } = state;
  const address = (request.address || anyAddress(settings.family)) as string;
  resolve(settings.lookup, address, settings.family, (error, ip) => {
    if (state.closed) return;
    if (error) {
      state.binding = "unbound";
      socket.emit("error", error);
      return;
    }
    const finish = (result: Handle | WrongFdType | number): void => {
      if (typeof result === "number") {
        state.binding = "unbound";
        socket.emit("error", bindError(state, result, ip, request.port));
      } else {
        start(state, result as Handle);
      }
    };
    const options = openOptions(state, ip, toPort(request.port));
    const { backend } = settings;
    const shared = !request.exclusive && !settings.flags.reusePort && !readsAlone(settings);
    if (backend.openShared !== undefined && shared) openShared(state, options, finish);
    else finish(open(state, options));
  });
}

/** `finish` is not called if the socket is closed by then. */
function openShared(state: State, options: OpenOptions, finish: (result: Handle | number) => void): void {
  state.settings.backend.openShared!(options, deliveryTo(state), (result) => {
    if (!state.closed) finish(result);
    else if (typeof result === "object") result.close(() => {});
  });
}

/** True if what it receives needs a socket of its own. */
function readsAlone({ flags, backend }: Settings): boolean {
  return flags.receiveInfo || (flags.receiveOffload && backend.capabilities.features.receiveOffload === "native");
}

/** The kernel's uint16 of whatever was given; bind() does not check its port. */
function toPort(port: unknown): number {
  return typeof port === "bigint" || typeof port === "symbol" ? 0 : Number(port || 0) & 0xffff;
}

function openOptions(state: State, address: string, port: number): OpenOptions {
  const { family, flags } = state.settings;
  return { ...flags, family, address, port };
}

function open(state: State, options: OpenOptions): Handle | number {
  const { family } = state.settings;
  if (!isLiteralOf(family, options.address) || (options.ipv6Only && family === 4)) return getErrno("EINVAL");
  if (missingOption(state) !== undefined) return UNAVAILABLE;
  const result = openInContext(state, options) as Handle | number;
  // Those of these that are refused are so before there is a socket.
  if (typeof result === "number" && result > ACCESS_DENIED && result !== getErrno("EINVAL")) {
    state.unbound ??= new UnboundOptions(state.settings);
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
  if (flags.receiveInfo && missing === undefined) return unavailable(state, "receiveInfo");
  const feature = missing ?? "ipv6Only";
  const note = `${feature}: ${backend.capabilities.notes[feature] ?? "unavailable"}`;
  return systemCallErrorAt(getErrno("ENOTSUP"), "bind", address, port, note);
}

/** Takes the open handle, sets what was asked for at creation, and tells 'listening'. */
function start(state: State, handle: Handle): void {
  const error = take(state, handle);
  if (error === null) state.socket.emit("listening");
  else state.socket.emit("error", error);
}

/** The handle's owner is the state from here on; if a buffer size can't be set, say, it is closed again. */
function take(state: State, handle: Handle): Error | null {
  const { recvBufferSize, sendBufferSize } = state.settings;
  const error = applySize(state, handle, "recvBufferSize", recvBufferSize) ??
    applySize(state, handle, "sendBufferSize", sendBufferSize) ??
    setAgain(state, handle) ??
    (state.held === null ? null : pauseHandle(state, handle));
  if (error !== null) {
    handle.close(() => {});
    state.binding = "unbound";
    return error;
  }
  if (!state.referenced) handle.unref();
  state.handle = handle;
  state.unbound = null;
  state.outbox.open(handle);
  state.binding = "bound";
  return null;
}

/** What was set after a bind that failed. */
function setAgain({ unbound }: State, handle: Handle): Error | null {
  const errno = unbound?.setOn(handle) ?? 0;
  return errno < 0 ? systemCallError(errno, "setsockopt") : null;
}

function applySize(
  state: State,
  handle: Handle,
  option: "recvBufferSize" | "sendBufferSize",
  size: number,
): Error | null {
  if (!size) return null;
  if (isUnavailable(state, option)) return unavailable(state, option);
  const errno = size > 0x7fff_ffff ? getErrno("EINVAL") : handle.set(option, size);
  const syscall = option === "recvBufferSize" ? "uv_recv_buffer_size" : "uv_send_buffer_size";
  return errno < 0 ? bufferSizeError(errno, syscall) : null;
}

export function bindSync(this: StatefulSocket, options: unknown = {}): AddressInfo {
  const state = this[kState];
  state.checkNotClosing();
  if (options === null || typeof options !== "object" || Array.isArray(options)) {
    throw invalidArgType("options", "of type object", options);
  }
  if (state.binding !== "unbound") throw alreadyBound();
  const { port, address } = options as { port?: unknown; address?: unknown };
  const portNumber = validatePort(port ?? 0, "options.port", true);
  if (address) validateString(address, "options.address");
  const ip = (address || anyAddress(state.settings.family)) as string;
  if (isIP(ip) === 0) {
    const reason = "must be a numeric IP address; bindSync does not perform DNS resolution";
    throw invalidArgValue("options.address", reason, address);
  }
  return bindNow(state, ip, portNumber);
}

/** Opens the socket in this call; 'listening' comes on the next tick. If `prepare` throws, the socket is unbound again. */
export function bindNow(
  state: State,
  address: string,
  port: number,
  prepare: (handle: Handle) => void = () => {},
): AddressInfo {
  const result = open(state, openOptions(state, address, port));
  if (typeof result === "number") throw bindError(state, result, address, port);
  try {
    prepare(result);
  } catch (error) {
    result.close(() => {});
    throw error;
  }
  const error = take(state, result);
  if (error !== null) throw error;
  nextTick(() => {
    if (!state.closed) state.socket.emit("listening");
  });
  return result.address() as AddressInfo;
}
