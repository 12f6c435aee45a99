/**
 * Whether one socket's datagrams may leave in rows: those of one size to one destination as one message, which the
 * kernel cuts (UDP_SEGMENT).
 */

/** After a refusal so many that could have left in rows leave alone before it is tried again. */
const ALONE = 4096;

interface Cutting {
  /** How the kernel cuts one message into datagrams: looked at when it is asked for. */
  readonly offloads: { readonly send: boolean };
}

/** What a socket has learned of its paths. */
export class Rows {
  readonly #kernel: Cutting;
  /** Those of fewer bytes may. */
  #below = 0;
  /** How many have to leave alone before the others may, too. */
  #alone = 0;

  /** @param kernel tells whether it cuts at all */
  constructor(kernel: Cutting) {
    this.#kernel = kernel;
  }

  /** True if a datagram of this size may be followed by others in one message. */
  take(size: number): boolean {
    if (size < this.#below) return true;
    if (this.#alone-- > 0 || !this.#kernel.offloads.send) return false;
    this.#below = Infinity;
    return true;
  }

  /**
   * The kernel refused a row. Its datagrams are too long for the path, or the device, the memory or a firewall allows no
   * rows at all.
   *
   * @param below smaller ones may still leave in rows: no more than those of that row
   */
  refused(below: number): void {
    this.#below = below;
    this.#alone = ALONE;
  }
}
