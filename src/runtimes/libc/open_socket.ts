/**
 * Sockets made by system calls, for options that must be set before bind (IPV6_V6ONLY, SO_REUSEPORT). A runtime adopts
 * them by their number.
 */
import type { OpenOptions } from "../../core/backend.ts";
import { EINVAL } from "./error_numbers.ts";
import type { IntOption } from "./layout.ts";
import type { SystemCalls } from "./system_calls.ts";

type BindOptions = Omit<OpenOptions, "fd">;

/** A bound, non-blocking descriptor of the caller's own, or an errno. `EAFNOSUPPORT` is EINVAL, as libuv has it. */
export function openSocket(libc: SystemCalls, options: BindOptions): number {
  const fd = libc.socket(options.family);
  if (fd < 0) return fd;
  const result = prepare(libc, fd, options);
  if (result === 0) return fd;
  libc.close(fd);
  return result;
}

function prepare(libc: SystemCalls, fd: number, options: BindOptions): number {
  const { family, address, port } = options;
  const wanted: [boolean | undefined, IntOption][] = [
    [options.reuseAddr, "reuseAddr"],
    [options.reusePort, "reusePort"],
    [options.ipv6Only && family === 6, "ipv6Only"],
  ];
  for (const [on, name] of wanted) {
    const numbers = libc.layout.options[name];
    if (!on || numbers === undefined) continue;
    const result = libc.setOption(fd, numbers[0], numbers[1], 1);
    if (result < 0) return result;
  }
  const size = libc.addresses.write(family, address, port, libc.name.bytes);
  return size === 0 ? -EINVAL : libc.bind(fd, size);
}
