/** macOS's errno numbers (sys/errno.h) in the place of Linux's, for what the double answers and what names it. */
import util from "node:util";

const NUMBERS: Readonly<Record<string, number>> = {
  EAGAIN: 35,
  EINPROGRESS: 36,
  EALREADY: 37,
  ENOTSOCK: 38,
  EDESTADDRREQ: 39,
  EMSGSIZE: 40,
  EPROTOTYPE: 41,
  ENOPROTOOPT: 42,
  EPROTONOSUPPORT: 43,
  ESOCKTNOSUPPORT: 44,
  ENOTSUP: 45,
  EAFNOSUPPORT: 47,
  EADDRINUSE: 48,
  EADDRNOTAVAIL: 49,
  ENETDOWN: 50,
  ENETUNREACH: 51,
  ECONNABORTED: 53,
  ECONNRESET: 54,
  ENOBUFS: 55,
  EISCONN: 56,
  ENOTCONN: 57,
  ESHUTDOWN: 58,
  ETIMEDOUT: 60,
  ECONNREFUSED: 61,
  ELOOP: 62,
  ENAMETOOLONG: 63,
  EHOSTDOWN: 64,
  EHOSTUNREACH: 65,
  ENOTEMPTY: 66,
  ENOSYS: 78,
  EOVERFLOW: 84,
  ECANCELED: 89,
  EILSEQ: 92,
  EPROTO: 100,
  EOPNOTSUPP: 102,
};
/** Up to here, but for EAGAIN, the two systems agree. */
const SHARED = 34;
const EAGAIN_ON_LINUX = 11;
/** libuv's own. */
const LIBUV = -3000;

const linux: ReadonlyMap<number, [string, string]> = util.getSystemErrorMap();
const names = new Map([...linux].map(([errno, [name]]) => [-errno, name]));

/** The number of one of Linux's errnos. */
export function onMacos(errno: number): number {
  if (errno <= SHARED && errno !== EAGAIN_ON_LINUX) return errno;
  const number = NUMBERS[names.get(errno) ?? ""];
  if (number === undefined) throw new Error(`what is ${errno} on macOS?`);
  return number;
}

/** The number of an errno by its name. */
export function numberOf(name: keyof typeof NUMBERS | "EINVAL" | "EBADF"): number {
  return name === "EINVAL" ? 22 : name === "EBADF" ? 9 : NUMBERS[name];
}

/** Has node:util name macOS's numbers. */
export function nameErrnos(): void {
  const map = new Map<number, [string, string]>();
  for (const [errno, entry] of linux) {
    const shared = -errno <= SHARED && -errno !== EAGAIN_ON_LINUX;
    const number = errno <= LIBUV || shared ? errno : -NUMBERS[entry[0]];
    if (!Number.isNaN(number)) map.set(number, entry);
  }
  const replacements = {
    getSystemErrorMap: () => map,
    getSystemErrorName: (errno: number) => map.get(errno)?.[0] ?? `Unknown system error ${errno}`,
  };
  Object.assign(util, replacements);
}
