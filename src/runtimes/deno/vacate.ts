import type { Descriptor } from "../libc/descriptor.ts";
import { openUnbound, replace } from "../libc/numbers.ts";
import { unwatch } from "../libc/watched.ts";

/**
 * Frees the port and forgets the descriptor, which Deno may close later than it says: another socket, bound to nothing, takes
 * the number.
 */
export function vacate(kernel: Descriptor): void {
  const { libc, fd } = kernel;
  const other = kernel.isOurs() ? openUnbound(libc) : -1;
  if (other >= 0) {
    unwatch(libc, fd);
    replace(libc, fd, other);
  }
  kernel.close();
}
