import { getErrno } from "../../core/errors.ts";

/** What a connected socket gets without IP_RECVERR too. */
const FATAL = ["ECONNREFUSED", "EHOSTDOWN", "ENOPROTOOPT", "EPROTO"];

/** Everything that a socket with IP_RECVERR gets; Bun 1.4.5 sets it on every socket, connected or not. */
const ANY = ["EACCES", "EHOSTUNREACH", "EMSGSIZE", "ENETUNREACH", "EOPNOTSUPP", ...FATAL];

/**
 * The ICMP errors of a socket whose connection is emulated. Bun 1.4.5 tells each from a send that it spoils, and once
 * more from the socket's error queue; only a connected socket is to know, and once.
 */
export class IcmpErrors {
  // Not at load: the table of errnos is not built where Bun does not run.
  readonly #errnos = errnos ??= { any: errnosOf(ANY), fatal: errnosOf(FATAL) };
  /** Those that a send has told already. */
  #told = 0;

  /** Another peer's are no concern. */
  forget(): void {
    this.#told = 0;
  }

  /** True for an error of whichever earlier datagram's, which says nothing of the one that was being sent. */
  isAny(errno: number): boolean {
    return this.#errnos.any.has(errno);
  }

  /** True if a connected socket is to be told by the send that it spoiled. */
  endsSend(errno: number): boolean {
    const fatal = this.#errnos.fatal.has(errno);
    if (fatal) this.#told++;
    return fatal;
  }

  /** False for what was received and is not to be told. @param fresh if the error queue did not give it */
  isNews(errno: number, connected: boolean, fresh: boolean): boolean {
    if (!this.#errnos.any.has(errno)) return true;
    if (!connected || !this.#errnos.fatal.has(errno)) return false;
    if (fresh) this.#told++;
    else if (this.#told > 0) {
      this.#told--;
      return false;
    }
    return true;
  }
}

let errnos: { readonly any: ReadonlySet<number>; readonly fatal: ReadonlySet<number> } | undefined;

function errnosOf(codes: readonly string[]): Set<number> {
  return new Set(codes.map(getErrno));
}
