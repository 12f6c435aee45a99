/**
 * What a descriptor is, in the words of Node's ERR_INVALID_FD_TYPE. A runtime that adopts a descriptor must ask first:
 * Deno 2.9.5 takes a TCP socket for a UDP one, closes what is no socket, and panics on -1.
 */
import type { Family } from "../../core/backend.ts";
import { EBADF } from "./error_numbers.ts";
import type { SystemCalls } from "./system_calls.ts";

const SEEK_CUR = 1;

/** The kinds of descriptors. */
export type FdType = "UDP" | "TCP" | "PIPE" | "FILE" | "TTY" | "UNKNOWN";

/** The kind of a descriptor; `UNKNOWN` if it is not open, or something else. */
export function fdType(libc: SystemCalls, fd: number): FdType {
  const { layout, calls } = libc;
  const [level, name] = layout.options.type ?? [0, 0];
  const type = libc.getOption(fd, level, name);
  if (type === -EBADF) return "UNKNOWN";
  if (type < 0) {
    if (calls.isatty(fd) === 1) return "TTY";
    // Of a place past 2^31 the rest may look negative.
    return calls.lseek(fd, 0, SEEK_CUR) === -1 ? "PIPE" : "FILE";
  }
  const result = libc.localName(fd);
  const inet = result === 0 && libc.addresses.family(libc.name.bytes) !== 0;
  if (type === layout.datagram) return inet ? "UDP" : "UNKNOWN";
  return inet ? "TCP" : "PIPE";
}

/** The IP version of a UDP socket's descriptor, or 0. */
export function familyOf(libc: SystemCalls, fd: number): Family | 0 {
  return libc.localName(fd) < 0 ? 0 : libc.addresses.family(libc.name.bytes);
}
