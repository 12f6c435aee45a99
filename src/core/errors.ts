/** Every error the module raises, by code, worded as on Node 26. */
import { ACCESS_DENIED, type Capabilities, type Feature } from "./backend.ts";
import { builtin } from "./builtins.ts";
import { received, shown, shownInRange } from "./received.ts";

/** An error with a `code`. */
export interface CodedError extends Error {
  code: string;
}

/** A failed system call. */
export interface SystemCallError extends CodedError {
  errno: number;
  syscall: string;
  address?: string;
  port?: number;
}

type ErrorClass = new (message: string) => Error;

function coded(Class: ErrorClass, code: string, message: string, hide: (...args: never[]) => unknown): CodedError {
  const error = new Class(message) as CodedError;
  const name = error.name;
  Object.defineProperty(error, "toString", {
    value(): string {
      return `${this.name} [${code}]: ${this.message}`;
    },
    writable: true,
    configurable: true,
  });
  withStackOf(error, `${name} [${code}]`, hide);
  error.code = code;
  return error;
}

/** The engines write the stack's first line from the name at the moment of capture. */
function withStackOf(error: Error, name: string, hide: (...args: never[]) => unknown): void {
  if (!("captureStackTrace" in Error)) return;
  Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  (Error as unknown as { captureStackTrace(target: object, hide: unknown): void }).captureStackTrace(error, hide);
  // Reading the stack once makes JavaScriptCore (Bun 1.4.5) keep the line written under this name.
  void error.stack;
  delete (error as { name?: string }).name;
}

export function badType(): CodedError {
  return coded(
    TypeError,
    "ERR_SOCKET_BAD_TYPE",
    "Bad socket type specified. Valid types are: udp4, udp6",
    badType,
  );
}

export function badPort(name: string, allowZero: boolean, port: unknown): CodedError {
  const message = `${name} should be ${allowZero ? ">=" : ">"} 0 and < 65536. Received ${received(port)}.`;
  return coded(RangeError, "ERR_SOCKET_BAD_PORT", message, badPort);
}

export function alreadyBound(): CodedError {
  return coded(Error, "ERR_SOCKET_ALREADY_BOUND", "Socket is already bound", alreadyBound);
}

export function isConnected(): CodedError {
  return coded(Error, "ERR_SOCKET_DGRAM_IS_CONNECTED", "Already connected", isConnected);
}

export function notConnected(): CodedError {
  return coded(Error, "ERR_SOCKET_DGRAM_NOT_CONNECTED", "Not connected", notConnected);
}

export function notRunning(): CodedError {
  return coded(Error, "ERR_SOCKET_DGRAM_NOT_RUNNING", "Not running", notRunning);
}

/** More would wait than the socket's `maxSendQueueCount` and `maxSendQueueSize` allow. */
export function queueFull(): CodedError {
  return coded(Error, "ERR_SOCKET_DGRAM_QUEUE_FULL", "The send queue is full", queueFull);
}

export function badBufferSize(): CodedError {
  return coded(TypeError, "ERR_SOCKET_BAD_BUFFER_SIZE", "Buffer size must be a positive integer", badBufferSize);
}

export function outOfBounds(name: string): CodedError {
  return coded(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", `"${name}" is outside of buffer bounds`, outOfBounds);
}

/** @param expected the words after "must be", such as `of type string` */
export function invalidArgType(name: string, expected: string, value: unknown): CodedError {
  const kind = name.includes(".") ? "property" : "argument";
  const message = `The "${name}" ${kind} must be ${expected}. Received ${received(value)}`;
  return coded(TypeError, "ERR_INVALID_ARG_TYPE", message, invalidArgType);
}

export function invalidArgValue(name: string, reason: string, value: unknown): CodedError {
  const kind = name.includes(".") ? "property" : "argument";
  const message = `The ${kind} '${name}' ${reason}. Received ${shown(value)}`;
  return coded(TypeError, "ERR_INVALID_ARG_VALUE", message, invalidArgValue);
}

export function outOfRange(name: string, range: string, value: unknown): CodedError {
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${shownInRange(value)}`;
  return coded(RangeError, "ERR_OUT_OF_RANGE", message, outOfRange);
}

export function missingArgument(name: string): CodedError {
  return coded(TypeError, "ERR_MISSING_ARGS", `The "${name}" argument must be specified`, missingArgument);
}

export function invalidFdType(type: string): CodedError {
  return coded(TypeError, "ERR_INVALID_FD_TYPE", `Unsupported fd type: ${type}`, invalidFdType);
}

export function ipBlocked(address: string): CodedError {
  return coded(Error, "ERR_IP_BLOCKED", `IP(${address}) is blocked by net.BlockList`, ipBlocked);
}

/** What this runtime, with its flags and permissions, can't do. The note says what would bring it. */
export function featureUnavailable(feature: Feature, capabilities: Capabilities): CodedError {
  const note = capabilities.notes[feature];
  const message = `The feature ${feature} is unavailable on ${capabilities.runtime}${note ? `: ${note}` : ""}`;
  return coded(TypeError, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", message, featureUnavailable);
}

const PERMISSION_HINT = "Access to this API has been restricted. Use --allow-net to manage permissions.";

/** `syscall CODE`, with errno, code and syscall. */
export function systemCallError(errno: number, syscall: string): SystemCallError {
  return fromSystemCall(errno, syscall, "");
}

/** `syscall CODE address:port`, with address, and port where there is one. */
export function systemCallErrorAt(
  errno: number,
  syscall: string,
  address: string | undefined,
  port: unknown,
  note?: string,
): SystemCallError {
  const place = (port as number) > 0 ? ` ${address}:${port}` : address ? ` ${address}` : "";
  const error = fromSystemCall(errno, syscall, note ? `${place} (${note})` : place);
  error.address = address;
  if (port) error.port = port as number;
  return error;
}

function fromSystemCall(errno: number, syscall: string, place: string): SystemCallError {
  const denied = errno === ACCESS_DENIED;
  const code = denied ? "ERR_ACCESS_DENIED" : builtin("util").getSystemErrorName(errno);
  const error = new Error(`${syscall} ${code}${denied ? ` ${PERMISSION_HINT}` : place}`) as SystemCallError;
  error.errno = denied ? getErrno("EACCES") : errno;
  error.code = code;
  error.syscall = syscall;
  return error;
}

/** @param syscall `uv_recv_buffer_size` or `uv_send_buffer_size`: Node's words, on every runtime */
export function bufferSizeError(errno: number, syscall: string): SystemCallError {
  const [code, meaning] = builtin("util").getSystemErrorMap().get(errno) ?? ["UNKNOWN", "unknown error"];
  const text = `Could not get or set buffer size: ${syscall} returned ${code} (${meaning})`;
  const error = coded(Error, "ERR_SOCKET_BUFFER_SIZE", text, bufferSizeError) as SystemCallError;
  const name = "SystemError";
  withStackOf(error, `${name} [ERR_SOCKET_BUFFER_SIZE]`, bufferSizeError);
  Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  Object.assign(error, { info: { errno, code, message: meaning, syscall }, errno, syscall });
  return error;
}

/** A failed look-up, as Node words it; Bun 1.4.5 names it DNSException and gives c-ares' errno. */
export function lookupError(error: Error & { code?: string }, hostname: string): Error {
  const code = error.code ?? "ENOTFOUND";
  if (!/^E[A-Z_]+$/.test(code)) return error;
  const mended = new Error(`getaddrinfo ${code} ${hostname}`) as SystemCallError & { hostname: string };
  mended.errno = LOOKUP_ERRNO[code] ?? getErrno(code);
  mended.code = code;
  mended.syscall = "getaddrinfo";
  mended.hostname = hostname;
  return mended;
}

/** A look-up that the runtime's permissions refuse. */
export function lookupRefused(hostname: string): Error {
  return Object.assign(systemCallError(ACCESS_DENIED, "getaddrinfo"), { hostname });
}

/** libuv's numbers for getaddrinfo's own errors. */
const LOOKUP_ERRNO: Record<string, number> = {
  EAI_ADDRFAMILY: -3000,
  EAI_AGAIN: -3001,
  EAI_FAIL: -3004,
  EAI_FAMILY: -3005,
  EAI_MEMORY: -3006,
  ENOTFOUND: -3008,
  EAI_SERVICE: -3010,
  EAI_SOCKTYPE: -3011,
};

let errnos: Map<string, number> | undefined;

/** The negative errno of a code name on this platform; -4094 (libuv's UNKNOWN) for a name it doesn't have. */
export function getErrno(code: string): number {
  errnos ??= new Map([...builtin("util").getSystemErrorMap()].map(([errno, [name]]) => [name, errno]));
  return errnos.get(code) ?? -4094;
}
