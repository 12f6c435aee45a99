import { builtin } from "../core/builtins.ts";
import { getProcess } from "../core/process.ts";
import { ACCESS_DENIED } from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";

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

/** libuv's number for the system's; under Windows that is one of Winsock's. */
function errnoOfSystem(number: number): number {
  if (getProcess().platform !== "win32") return -number;
  const entry = Object.entries(builtin("os").constants.errno).find(([, value]) => value === number);
  return entry === undefined ? UNKNOWN : getErrno(entry[0].replace(/^WSA/, ""));
}
