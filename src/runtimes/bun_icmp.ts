import { getErrno } from "../core/errors.ts";

/** What ICMP messages become, as errnos. */
export interface IcmpErrors {
  /** Everything that a socket with IP_RECVERR gets; Bun 1.4.5 sets it on every socket, connected or not. */
  readonly any: ReadonlySet<number>;
  /** What a connected socket gets without IP_RECVERR too. */
  readonly fatal: ReadonlySet<number>;
}

/** To be called when a socket is opened: the table of errnos is not built where Bun does not run. */
export function icmpErrors(): IcmpErrors {
  return known ??= {
    any: errnos("EACCES", "EHOSTUNREACH", "EMSGSIZE", "ENETUNREACH", "EOPNOTSUPP", ...FATAL),
    fatal: errnos(...FATAL),
  };
}

const FATAL = ["ECONNREFUSED", "EHOSTDOWN", "ENOPROTOOPT", "EPROTO"];

let known: IcmpErrors | undefined;

function errnos(...codes: string[]): Set<number> {
  return new Set(codes.map(getErrno));
}
