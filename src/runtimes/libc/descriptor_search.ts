/**
 * Finds the descriptor of a socket that a runtime opened and does not tell (Deno 2.9.5). Other threads of the process
 * open and close descriptors meanwhile, so a number proves nothing: a descriptor counts as found only when the socket
 * behind it was recognised, and when the kernel's own number for that socket (SO_COOKIE, never used twice) was the same
 * before and after. In doubt there is none.
 */
import type { AddressInfo, Family } from "../../core/backend.ts";
import { Descriptor } from "./descriptor.ts";
import { EBADF } from "./error_numbers.ts";
import type { LinuxOnly } from "./layout.ts";
import type { Libc } from "./libc.ts";

/** How the runtime's socket lets itself be recognised. Each may throw, which counts as no evidence. */
export interface Evidence {
  /** Another descriptor of the same socket, which becomes the search's own. The best evidence. */
  duplicate?(): number;
  /** Sets the TTL of outgoing IPv4 multicast on it, which is 1 again in the end. The next best. */
  setMulticastTTL?(value: number): void;
}

const LIMIT = 1 << 20;
// Descriptors are given out lowest first. So many free ones in a row, and what was opened just now is not beyond them.
const GAP = 4096;
const DEFAULT_TTL = 1;

/** To be made before the runtime opens the socket. */
export class DescriptorSearch {
  readonly #libc: Libc;
  readonly #linux: LinuxOnly | null;
  readonly #lowest: number;
  readonly #before: ReadonlySet<bigint> | null;

  /**
   * `shared` says that the socket's port may be another's too (SO_REUSEADDR, SO_REUSEPORT) and that there will be no
   * evidence: then what is open already is looked up first, in about a millisecond.
   */
  constructor(libc: Libc, shared = false) {
    this.#libc = libc;
    this.#linux = libc.layout.linux;
    this.#lowest = this.#lowestFree();
    this.#before = shared ? this.#cookies() : null;
  }

  /** The socket's descriptor, or null. `local` is its address as the runtime tells it. */
  find(local: AddressInfo, evidence: Evidence = {}): Descriptor | null {
    if (this.#linux === null) return null;
    const family: Family = local.family === "IPv4" ? 4 : 6;
    const cookie = this.#cookieOfDuplicate(evidence);
    const recognised = (fd: number): boolean =>
      cookie !== null ? this.#libc.cookie(fd) === cookie : this.#recognise(fd, family, local, evidence);
    const fd = recognised(this.#lowest) ? this.#lowest : this.#onlyOne(recognised);
    return fd < 0 ? null : new Descriptor(this.#libc, fd, family, false);
  }

  #lowestFree(): number {
    const { calls, layout } = this.#libc;
    if (this.#linux === null) return -1;
    let fd = calls.fcntl(0, this.#linux.duplicate, 0);
    // Standard input may be closed.
    if (fd < 0) fd = calls.socket(layout.inet, layout.datagram | this.#linux.socketFlags, 0);
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
  #recognise(fd: number, family: Family, local: AddressInfo, evidence: Evidence): boolean {
    const cookie = this.#udpCookie(fd, family);
    if (cookie === null || !this.#hasName(fd, local)) return false;
    return (this.#provedByTTL(fd, evidence) ?? this.#isAlone(fd, cookie)) && this.#libc.cookie(fd) === cookie;
  }

  #udpCookie(fd: number, family: Family | 0): bigint | null {
    const linux = this.#linux as LinuxOnly;
    const { layout } = this.#libc;
    if (this.#libc.getOption(fd, linux.socketLevel, linux.protocol) !== layout.udp) return null;
    const domain = this.#libc.getOption(fd, linux.socketLevel, linux.domain);
    if (family !== 0 && domain !== (family === 4 ? layout.inet : layout.inet6)) return null;
    return this.#libc.cookie(fd);
  }

  #hasName(fd: number, local: AddressInfo): boolean {
    const name = new Descriptor(this.#libc, fd, 4, false).address();
    if (typeof name === "number" || name.port !== local.port) return false;
    return name.address === local.address || withoutScope(name.address) === withoutScope(local.address);
  }

  // Two numbers drawn at random must both be seen: undefined if they could not be set.
  #provedByTTL(fd: number, evidence: Evidence): boolean | undefined {
    if (evidence.setMulticastTTL === undefined) return undefined;
    try {
      return drawTwo().every((value) => {
        evidence.setMulticastTTL?.(value);
        return this.#multicastTTL(fd) === value;
      });
    } catch {
      return undefined;
    } finally {
      try {
        evidence.setMulticastTTL(DEFAULT_TTL);
      } catch {
        // It could not be set before either.
      }
    }
  }

  #multicastTTL(fd: number): number {
    const [level, name] = this.#libc.layout.options.multicastTTL ?? [0, 0];
    return this.#libc.getOption(fd, level, name);
  }

  // Without SO_REUSEADDR and SO_REUSEPORT no other socket has its port. Else it is new, and no other new one has.
  #isAlone(fd: number, cookie: bigint): boolean {
    const { reuseAddr, reusePort } = this.#libc.layout.options;
    const isOff = (option = [0, 0]): boolean => this.#libc.getOption(fd, option[0], option[1]) === 0;
    if (isOff(reuseAddr?.slice(0, 2)) && isOff(reusePort?.slice(0, 2))) return true;
    return this.#before !== null && !this.#before.has(cookie) && this.#newOnes(fd) === 1;
  }

  // How many sockets have this one's address and were not there before.
  #newOnes(fd: number): number {
    const name = new Descriptor(this.#libc, fd, 4, false).address();
    if (typeof name === "number") return 0;
    const found = new Set<bigint>();
    this.#eachSocket((other) => {
      const cookie = this.#udpCookie(other, 0);
      if (cookie !== null && !this.#before?.has(cookie) && this.#hasName(other, name)) found.add(cookie);
    });
    return found.size;
  }

  #onlyOne(recognised: (fd: number) => boolean): number {
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
    if (this.#linux === null) return;
    const { socketLevel, protocol } = this.#linux;
    for (let fd = 0, free = 0; fd < LIMIT && free < GAP; fd++) {
      const result = this.#libc.getOption(fd, socketLevel, protocol);
      free = result === -EBADF ? free + 1 : 0;
      if (result === this.#libc.layout.udp) visit(fd);
    }
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
