import { builtin } from "../../core/builtins.ts";
import { ACCESS_DENIED } from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { isWindows } from "./platform.ts";

/**
 * The negative errno that libuv gives for what a runtime's error says: by the name of its code, by Rust's
 * "(os error N)" in its message, or by its class. A refused permission is `ACCESS_DENIED`.
 */
export function errnoOf(error: unknown): number {
  const { name, code, message } = (error ?? {}) as { name?: unknown; code?: unknown; message?: unknown };
  if (name === "NotCapable" || code === "ERR_ACCESS_DENIED") return ACCESS_DENIED;
  const byCode = typeof code === "string" ? getErrno(code) : UNKNOWN;
  if (byCode !== UNKNOWN) return byCode;
  // Deno 2.9.5 leaves out the code of some errors (ENODEV, ENOPROTOOPT), never the number.
  const number = /\(os error (\d+)\)/.exec(String(message));
  if (number !== null) return errnoOfSystem(Number(number[1]));
  return name === "BadResource" ? getErrno("EBADF") : UNKNOWN;
}

/** 0, or the errno of what a call throws. */
export function attempt(change: () => unknown): number {
  try {
    change();
    return 0;
  } catch (error) {
    return errnoOf(error);
  }
}

/** libuv's number for what it has no name for. */
export const UNKNOWN = -4094;

/** libuv's number for the system's; under Windows that is one of Winsock's, which are no errnos of the C library. */
function errnoOfSystem(number: number): number {
  if (!isWindows()) return -number;
  const { errno } = builtin("os").constants;
  const entry = Object.entries(errno).find(([name, value]) => value === number && name.startsWith("WSA"));
  return entry === undefined ? UNKNOWN : getErrno(entry[0].slice("WSA".length));
}

/**
 * True for what Windows says of a receive when an ICMP message has come, whichever peer it is about: libuv keeps it to
 * itself. Deno's node:dgram (2.9.6) gives no number to a receive that failed, and libuv none to one of the two.
 */
export function isOfIcmp(errno: number): boolean {
  return errno === getErrno("ECONNRESET") || (errno === UNKNOWN && isWindows());
}
