/**
 * Whether one socket's datagrams may leave in rows: those of one size to one destination as one message, which the
 * kernel cuts (UDP_SEGMENT).
 */
import { EINVAL } from "./error_numbers.ts";
import type { Libc } from "./libc.ts";

/** After a refusal so many that could have left in rows leave alone before it is tried again. */
const ALONE = 4096;

/** What a socket has learned of its paths. */
export class Rows {
  readonly #libc: Libc;
  /** Those of fewer bytes may. */
  #below = 0;
  /** How many have to leave alone before the others may, too. */
  #alone = 0;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** True if a datagram of this size may be followed by others in one message. */
  take(size: number): boolean {
    if (size < this.#below) return true;
    if (this.#alone > 0 || !this.#libc.offloads.send) {
      this.#alone--;
      return false;
    }
    this.#below = Infinity;
    return true;
  }

  /**
   * The kernel refused a row of datagrams of this size: they are too long for the path, or the device, the memory or a
   * firewall does not allow rows at all.
   */
  refused(size: number, errno: number): void {
    const isTooLong = errno === -EINVAL || errno === -this.#libc.layout.EMSGSIZE;
    this.#below = isTooLong ? Math.min(size, this.#below) : 0;
    this.#alone = ALONE;
  }
}
