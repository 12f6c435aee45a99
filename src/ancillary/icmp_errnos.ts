/** What Linux makes of ICMP messages. */
import type { KernelIcmpError } from "../core/kernel_socket.ts";
import { getErrno } from "../core/errors.ts";

const CODES = [
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EACCES",
  "EMSGSIZE",
  "EPROTO",
  "ENOPROTOOPT",
  "EHOSTDOWN",
  "EOPNOTSUPP",
  "ENONET",
];

let errnos: ReadonlySet<number> | undefined;

/** True for one that a socket may be given with another datagram's call. */
export function isOfIcmp(errno: number): boolean {
  return errno < 0 && (errnos ??= new Set(CODES.map(getErrno))).has(errno);
}

/** The codes of "destination unreachable" that end a connection: icmp_err_convert, and tab_unreach. */
const HARD = { icmp: [2, 3, 6, 7, 8, 9, 10, 13, 14, 15], icmp6: [1, 4, 5, 6] };

/** True for one that a connected socket is told without asking. @param cuts whether what is too long is cut by routers */
export function isHard({ origin, icmpType, icmpCode, errno }: KernelIcmpError, cuts: boolean): boolean {
  if (origin === "local") return false;
  if (errno === getErrno("EMSGSIZE")) return !cuts;
  const [unreachable, problem] = origin === "icmp" ? [3, 12] : [1, 4];
  return icmpType === problem || icmpType === unreachable && HARD[origin].includes(icmpCode);
}
