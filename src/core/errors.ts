/** Every error the module raises, by code, worded as on Node 26. */
import { ACCESS_DENIED, type Capabilities, type Feature, type Handle } from "./backend.ts";
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
  address?: string | undefined;
  port?: number;
}

type ErrorClass = new (message: string) => Error;

/** Makes errors of one code, and leaves itself out of their stacks. */
type Maker<Values extends unknown[]> = (...values: Values) => CodedError;

function maker<Values extends unknown[]>(
  code: string,
  Class: ErrorClass,
  message: (...values: Values) => string,
): Maker<Values> {
  return function make(...values) {
    const error = new Class(message(...values)) as CodedError;
    // Not what is returned: JavaScriptCore would have left this function by then, and hide every caller.
    addCode(error, code, make);
    return error;
  };
}

function addCode(error: CodedError, code: string, hide: (...values: never[]) => unknown, name = error.name): void {
  setHidden(error, "toString", function (this: Error): string {
    return `${this.name} [${code}]: ${this.message}`;
  });
  // The engines write the stack's first line from the name that the error has when it is first read.
  setHidden(error, "name", `${name} [${code}]`);
  (Error as unknown as { captureStackTrace(target: object, hide: unknown): void }).captureStackTrace(error, hide);
  void error.stack;
  delete (error as { name?: string }).name;
  error.code = code;
}

function setHidden(error: Error, key: "name" | "toString", value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true });
}

export const badType: Maker<[]> = maker(
  "ERR_SOCKET_BAD_TYPE",
  TypeError,
  () => "Bad socket type specified. Valid types are: udp4, udp6",
);

export const badPort: Maker<[name: string, allowZero: boolean, port: unknown]> = maker(
  "ERR_SOCKET_BAD_PORT",
  RangeError,
  (name, allowZero, port) => `${name} should be ${allowZero ? ">=" : ">"} 0 and < 65536. Received ${received(port)}.`,
);

export const alreadyBound: Maker<[]> = maker("ERR_SOCKET_ALREADY_BOUND", Error, () => "Socket is already bound");

export const isConnected: Maker<[]> = maker("ERR_SOCKET_DGRAM_IS_CONNECTED", Error, () => "Already connected");

export const notConnected: Maker<[]> = maker("ERR_SOCKET_DGRAM_NOT_CONNECTED", Error, () => "Not connected");

export const notRunning: Maker<[]> = maker("ERR_SOCKET_DGRAM_NOT_RUNNING", Error, () => "Not running");

/** More would wait than the socket's `maxSendQueueCount` and `maxSendQueueSize` allow. */
export const queueFull: Maker<[]> = maker("ERR_SOCKET_DGRAM_QUEUE_FULL", Error, () => "The send queue is full");

export const badBufferSize: Maker<[]> = maker(
  "ERR_SOCKET_BAD_BUFFER_SIZE",
  TypeError,
  () => "Buffer size must be a positive integer",
);

export const outOfBounds: Maker<[name: string]> = maker(
  "ERR_BUFFER_OUT_OF_BOUNDS",
  RangeError,
  (name) => `"${name}" is outside of buffer bounds`,
);

/** `expected` are the words after "must be", such as `of type string`. */
export const invalidArgType: Maker<[name: string, expected: string, value: unknown]> = maker(
  "ERR_INVALID_ARG_TYPE",
  TypeError,
  (name, expected, value) => `The "${name}" ${kindOf(name)} must be ${expected}. Received ${received(value)}`,
);

export const invalidArgValue: Maker<[name: string, reason: string, value: unknown]> = maker(
  "ERR_INVALID_ARG_VALUE",
  TypeError,
  (name, reason, value) => `The ${kindOf(name)} '${name}' ${reason}. Received ${shown(value)}`,
);

function kindOf(name: string): string {
  return name.includes(".") ? "property" : "argument";
}

export const outOfRange: Maker<[name: string, range: string, value: unknown]> = maker(
  "ERR_OUT_OF_RANGE",
  RangeError,
  (name, range, value) =>
    `The value of "${name}" is out of range. It must be ${range}. Received ${shownInRange(value)}`,
);

export const missingArgument: Maker<[name: string]> = maker(
  "ERR_MISSING_ARGS",
  TypeError,
  (name) => `The "${name}" argument must be specified`,
);

export const invalidFdType: Maker<[type: string]> = maker(
  "ERR_INVALID_FD_TYPE",
  TypeError,
  (type) => `Unsupported fd type: ${type}`,
);

export const ipBlocked: Maker<[address: string]> = maker(
  "ERR_IP_BLOCKED",
  Error,
  (address) => `IP(${address}) is blocked by net.BlockList`,
);

/** What this runtime, with its flags and permissions, can't do. The note says what would bring it. */
export const featureUnavailable: Maker<[feature: Feature, capabilities: Capabilities]> = maker(
  "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
  TypeError,
  (feature, { notes, runtime }) => {
    const note = notes[feature];
    return `The feature ${feature} is unavailable on ${runtime}${note ? `: ${note}` : ""}`;
  },
);

/**
 * `syscall CODE`, with errno, code and syscall.
 *
 * @param place what follows in the message, unless a permission was refused
 */
export function systemCallError(errno: number, syscall: string, place = ""): SystemCallError {
  const denied = errno === ACCESS_DENIED;
  const code = denied ? "ERR_ACCESS_DENIED" : builtin("util").getSystemErrorName(errno);
  const hint = " Access to this API has been restricted. Use --allow-net to manage permissions.";
  const error = new Error(`${syscall} ${code}${denied ? hint : place}`);
  return Object.assign(error, { errno: denied ? getErrno("EACCES") : errno, code, syscall });
}

/** `syscall CODE address:port`, with address, and port where there is one. */
export function systemCallErrorAt(
  errno: number,
  syscall: string,
  address?: string,
  port?: unknown,
  note?: string,
): SystemCallError {
  const place = (port as number) > 0 ? ` ${address}:${port}` : address ? ` ${address}` : "";
  const error = systemCallError(errno, syscall, note ? `${place} (${note})` : place);
  error.address = address;
  if (port) error.port = port as number;
  return error;
}

/** The name of a buffer's size. */
export type BufferSize = Parameters<Handle["get"]>[0];

/** A socket's buffer size that the kernel can't give or take, in Node's words on every runtime. */
export function bufferSizeError(errno: number, option: BufferSize): SystemCallError {
  const syscall = option === "recvBufferSize" ? "uv_recv_buffer_size" : "uv_send_buffer_size";
  const [code, message] = builtin("util").getSystemErrorMap().get(errno) ?? ["UNKNOWN", "unknown error"];
  const text = `Could not get or set buffer size: ${syscall} returned ${code} (${message})`;
  const error = new Error(text) as CodedError;
  addCode(error, "ERR_SOCKET_BUFFER_SIZE", bufferSizeError, "SystemError");
  setHidden(error, "name", "SystemError");
  return Object.assign(error, { info: { errno, code, message, syscall }, errno, syscall });
}

/** A failed look-up, as Node words it; Bun 1.4.5 names it DNSException and gives c-ares' errno. */
export function lookupError(
  error: Error & { code?: string | undefined; errno?: number | undefined },
  hostname: string,
): Error {
  const { code = "ENOTFOUND", errno } = error;
  if (!/^E[A-Z_]+$/.test(code)) return error;
  return Object.assign(new Error(`getaddrinfo ${code} ${hostname}`), {
    // Node renames libuv's, of which there are two; Bun 1.4 tells c-ares'.
    errno: errno! < 0 ? errno : getErrno(code === "ENOTFOUND" ? "EAI_NONAME" : code),
    code,
    syscall: "getaddrinfo",
    hostname,
  });
}

/** A look-up that the runtime's permissions refuse. */
export function lookupRefused(hostname: string): Error {
  return Object.assign(systemCallError(ACCESS_DENIED, "getaddrinfo"), { hostname });
}

let errnos: Map<string, number> | undefined;

/** The negative errno of a code name on this platform; -4094 (libuv's UNKNOWN) for a name it doesn't have. */
export function getErrno(code: string): number {
  errnos ??= new Map([...builtin("util").getSystemErrorMap()].map(([errno, [name]]) => [name, errno]));
  return errnos.get(code) ?? -4094;
}
