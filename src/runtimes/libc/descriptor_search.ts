/**
 * Finds the descriptor of a socket that a runtime opened and does not tell (Deno 2.9.5). Other threads of the process
 * open and close descriptors meanwhile, so a number proves nothing: a descriptor counts as found only when the socket
 * behind it was recognised, and when the kernel's own number for that socket (SO_COOKIE, never used twice) was the same
 * before and after. In doubt there is none.
 */
import type { AddressInfo, Family } from "../../core/backend.ts";
import { Descriptor } from "./descriptor.ts";
import type { LinuxOnly } from "./layout.ts";
import type { BatchCalls } from "./batch_calls.ts";

/** How the runtime's socket lets itself be recognised. What throws counts as no evidence. */
export interface Evidence {
  /** Another descriptor of the same socket, which becomes the search's own. The best evidence. */
  duplicate?(): number;
  /** Sets the TTL of outgoing multicast on it, which is 1 again in the end. The next best. */
  setMulticastTTL?(value: number): void;
}

const LIMIT = 1 << 20;
// Descriptors are given out lowest first: after so many in a row that are no UDP socket, what was opened just now is
// not to be expected any more.
const GAP = 2048;
const DEFAULT_TTL = 1;

/** To be made before the runtime opens the socket. */
export class DescriptorSearch {
  readonly #libc: BatchCalls;
  readonly #linux: LinuxOnly | null;
  readonly #lowest: number;
  readonly #before: ReadonlySet<bigint> | null;

  /**
   * `shared` says that the socket's port may be another's too (SO_REUSEADDR, SO_REUSEPORT) and that there will be no
   * evidence: then what is open already is looked up first, in about a millisecond.
   */
  constructor(libc: BatchCalls, shared = false) {
    this.#libc = libc;
    this.#linux = libc.layout.linux;
    this.#lowest = this.#lowestFree();
    this.#before = shared ? this.#cookies() : null;
  }

  /** The socket's descriptor, or null. `local` is its address as the runtime tells it. */
  find(local: AddressInfo, evidence: Evidence = {}): Descriptor | null {
    if (this.#linux === null) return null;
    const family: Family = local.family === "IPv4" ? 4 : 6;
    const fd = this.#findNumber(family, local, evidence);
    return fd < 0 ? null : new Descriptor(this.#libc, fd, family, false);
  }

  #findNumber(family: Family, local: AddressInfo, evidence: Evidence): number {
    const cookie = this.#cookieOfDuplicate(evidence);
    if (cookie !== null) return this.#first((fd) => this.#libc.cookie(fd) === cookie);
    const setTTL = settable(evidence);
    if (setTTL !== undefined) {
      const fd = this.#first((fd) => this.#isIt(fd, family, local, () => this.#obeys(fd, setTTL)));
      setTTL(DEFAULT_TTL);
      return fd;
    }
    if (this.#before === null) return this.#first((fd) => this.#isIt(fd, family, local, () => this.#hasOwnPort(fd)));
    return this.#onlyNew(family, local, this.#before);
  }

  // The expected descriptor if it is the one; else the only one that is.
  #first(recognised: (fd: number) => boolean): number {
    return recognised(this.#lowest) ? this.#lowest : this.#only(recognised);
  }

  #lowestFree(): number {
    const { calls, layout } = this.#libc;
    if (this.#linux === null) return -1;
    let fd = calls.fcntl(0, layout.descriptors.duplicate, 0);
    // Standard input may be closed.
    if (fd < 0) fd = this.#libc.socket(4);
    if (fd >= 0) this.#libc.close(fd);
    return fd;
  }

  #cookieOfDuplicate(evidence: Evidence): bigint | null {
    let fd = -1;
    try {
      fd = evidence.duplicate?.() ?? -1;
    } catch {
      // No evidence, then.
    }
    if (fd < 0) return null;
    const cookie = this.#libc.cookie(fd);
    this.#libc.close(fd);
    return cookie;
  }

  // Whether it is that socket, and all the time the same one.
  #isIt(fd: number, family: Family, local: AddressInfo, proved: () => boolean): boolean {
    const cookie = this.#udpCookie(fd, family);
    return cookie !== null && this.#hasName(fd, local) && proved() && this.#libc.cookie(fd) === cookie;
  }

  #udpCookie(fd: number, family: Family | 0): bigint | null {
    const linux = this.#linux as LinuxOnly;
    const { layout } = this.#libc;
    if (!this.#libc.isUDP(fd)) return null;
    const domain = this.#libc.getOption(fd, linux.socketLevel, linux.domain);
    if (family !== 0 && domain !== (family === 4 ? layout.inet : layout.inet6)) return null;
    return this.#libc.cookie(fd);
  }

  #hasName(fd: number, local: AddressInfo): boolean {
    const name = this.#libc.end(this.#libc.localName(fd));
    if (typeof name === "number" || name.port !== local.port) return false;
    return name.address === local.address || withoutScope(name.address) === withoutScope(local.address);
  }

  // Two numbers drawn at random must both be seen.
  #obeys(fd: number, setTTL: (value: number) => void): boolean {
    return drawTwo().every((value) => {
      setTTL(value);
      return this.#multicastTTLs(fd).includes(value);
    });
  }

  // Of an IPv6 socket Deno 2.9.5 sets IPv4's, and Bun 1.3.14 IPv6's.
  #multicastTTLs(fd: number): number[] {
    const [level4, name4, level6, name6] = this.#libc.layout.options.multicastTTL ?? [0, 0, 0, 0];
    return [this.#libc.getOption(fd, level4, name4), this.#libc.getOption(fd, level6, name6)];
  }

  // Without SO_REUSEADDR and SO_REUSEPORT no other socket has its port.
  #hasOwnPort(fd: number): boolean {
    const { reuseAddr, reusePort } = this.#libc.layout.options;
    return [reuseAddr, reusePort].every((option) =>
      option !== undefined && this.#libc.getOption(fd, option[0], option[1]) === 0
    );
  }

  // Of the sockets with that address the only one that was not there before.
  #onlyNew(family: Family, local: AddressInfo, before: ReadonlySet<bigint>): number {
    return this.#only((fd) =>
      this.#isIt(fd, family, local, () => {
        const cookie = this.#libc.cookie(fd);
        return cookie !== null && !before.has(cookie);
      })
    );
  }

  #only(recognised: (fd: number) => boolean): number {
    let found = -1;
    let count = 0;
    this.#eachSocket((fd) => {
      if (!recognised(fd)) return;
      found = fd;
      count++;
    });
    return count === 1 ? found : -1;
  }

  #cookies(): Set<bigint> {
    const cookies = new Set<bigint>();
    this.#eachSocket((fd) => {
      const cookie = this.#udpCookie(fd, 0);
      if (cookie !== null) cookies.add(cookie);
    });
    return cookies;
  }

  #eachSocket(visit: (fd: number) => void): void {
    for (let fd = 0, others = 0; fd < LIMIT && others < GAP; fd++) {
      others++;
      if (!this.#libc.isUDP(fd)) continue;
      others = 0;
      visit(fd);
    }
  }
}

function settable(evidence: Evidence): ((value: number) => void) | undefined {
  if (evidence.setMulticastTTL === undefined) return undefined;
  const set = (value: number): void => evidence.setMulticastTTL?.(value);
  try {
    set(DEFAULT_TTL);
    return set;
  } catch {
    return undefined;
  }
}

function drawTwo(): [number, number] {
  const first = 2 + Math.floor(Math.random() * 254);
  const second = 2 + Math.floor(Math.random() * 253);
  return [first, second < first ? second : second + 1];
}

function withoutScope(address: string): string {
  const cut = address.indexOf("%");
  return cut < 0 ? address : address.slice(0, cut);
}
