/**
 * A double of macOS's C library over Linux's kernel: it takes and gives macOS's constants, structs and errno numbers, and
 * refuses what macOS refuses. Written from the same public headers as src/runtimes/libc/macos.ts, and as an answer to what
 * it says, not from it. What the kernels themselves do otherwise it can't show.
 */
import type { Binding, CallName, Pointer } from "../../../src/runtimes/libc/calls.ts";
import { allocate, type Memory, slice } from "../../../src/runtimes/libc/memory.ts";
import { numberOf, onMacos } from "./errnos.ts";
import { type Option, optionOf, readValue, writeValue } from "./options.ts";
import { textOf, toLinuxName, toMacosName, writeText } from "./interface_names.ts";
import { fromMacos, toMacos } from "./socket_names.ts";

/** Linux's C library through this runtime's FFI. */
export interface Native {
  readonly binding: Binding;
  /** The memory that a pointer of the module's leads to. */
  bytes(pointer: Pointer, size: number): Uint8Array;
}

/** How the module used it. */
export interface Used {
  /** How often each call was made. */
  readonly calls: Partial<Record<CallName, number>>;
  /** Options that macOS has not, as `level/name`. */
  readonly unknown: string[];
}

type Call = (...values: never[]) => number;

const DONT_WAIT = 0x80;
const LINUX_DONT_WAIT = 0x40;
/** F_DUPFD_CLOEXEC of each. */
const DUPLICATE = [67, 1030] as const;
/** O_NONBLOCK of each. */
const NONBLOCK = [4, 0o4000] as const;
const [GET_FD, SET_FD, GET_FL, SET_FL] = [1, 2, 3, 4];
/** Linux's SOL_SOCKET, with SO_DOMAIN and SO_COOKIE. */
const [SOL_SOCKET, SO_DOMAIN, SO_COOKIE] = [1, 39, 57];
/** Linux's IP_RECVERR and IPV6_RECVERR at their levels. */
const ERROR_QUEUES = [[0, 11], [41, 25]] as const;
const EPOLL_CTL_DEL = 2;
/** More descriptors than a test opens. */
export const MOST_DESCRIPTORS = 256;
const NAME_SIZE = 128;
/** IFNAMSIZ of both. */
const INTERFACE_SIZE = 16;

/** The calls as macOS has them: they answer -1 and set `errno` as its C library does. */
export function macosCalls(native: Native, errno: Int32Array): { calls: Record<string, Call>; used: Used } {
  const { calls: linux } = native.binding;
  const block = allocate(native.binding, 1024).bytes;
  const name: Memory = slice(native.binding, block, 0, NAME_SIZE);
  const value: Memory = slice(native.binding, block, 256, 300);
  const length: Memory = slice(native.binding, block, 640, 4);
  const used: Used = { calls: {}, unknown: [] };
  /** By SO_COOKIE: sockets that were seen, with the options that were set. */
  const seen = new Map<bigint, Set<Option>>();

  const fail = (code: Parameters<typeof numberOf>[0]): number => {
    errno[0] = numberOf(code);
    return -1;
  };
  const answer = (result: number): number => {
    if (result < 0) errno[0] = onMacos(native.binding.errno());
    return result;
  };

  function ask(fd: number, level: number, option: number, size: number): boolean {
    length.view.setUint32(0, size, true);
    return linux.getsockopt(fd, level, option, value.pointer, length.pointer) === 0;
  }

  /** macOS has no queue of ICMP errors, which Bun asks Linux for. */
  function meet(fd: number): Set<Option> {
    const cookie = ask(fd, SOL_SOCKET, SO_COOKIE, 8) ? value.view.getBigUint64(0, true) : -1n;
    const known = seen.get(cookie);
    if (known !== undefined) return known;
    const options = new Set<Option>();
    seen.set(cookie, options);
    value.view.setInt32(0, 0, true);
    for (const [level, option] of ERROR_QUEUES) linux.setsockopt(fd, level, option, value.pointer, 4);
    return options;
  }

  /** What waits on macOS forgets a number that is closed or stands for another file from now on. */
  function forget(fd: number): void {
    for (let epoll = 0; epoll < MOST_DESCRIPTORS; epoll++) linux.epoll_ctl(epoll, EPOLL_CTL_DEL, fd, value.pointer);
  }

  /** Puts what the module wrote as an address into `name`; its size, or 0 where macOS would not take it. */
  const takeName = (pointer: Pointer, size: number): number => fromMacos(native.bytes(pointer, size), name.bytes);

  function giveName(call: "getsockname" | "getpeername", fd: number, pointer: Pointer, lengthAt: Pointer): number {
    length.view.setUint32(0, NAME_SIZE, true);
    const result = linux[call](fd, name.pointer, length.pointer);
    if (result < 0) return answer(result);
    const room = native.bytes(lengthAt, 4);
    const text = toMacos(name.bytes.subarray(0, length.view.getUint32(0, true)));
    native.bytes(pointer, text.length).set(text);
    new DataView(room.buffer, room.byteOffset).setUint32(0, text.length, true);
    return result;
  }

  /** The option; macOS answers EINVAL for one of the other family's level. */
  function find(fd: number, level: number, number: number): Option | null {
    if (!ask(fd, SOL_SOCKET, SO_DOMAIN, 4)) return refuse(onMacos(native.binding.errno()));
    const isOfIPv6 = value.view.getInt32(0, true) === 10;
    if (level !== 0xffff && level === 41 !== isOfIPv6) return refuse(numberOf("EINVAL"));
    const option = optionOf(level, number);
    if (option !== undefined) return option;
    used.unknown.push(`${level}/${number}`);
    return refuse(numberOf("ENOPROTOOPT"));
  }

  function refuse(number: number): null {
    errno[0] = number;
    return null;
  }

  const calls = {
    socket: (domain: number, type: number, protocol: number) => {
      if (domain !== 2 && domain !== 30) return fail("EAFNOSUPPORT");
      // It takes no flags.
      if (type !== 2) return fail("EPROTONOSUPPORT");
      return answer(linux.socket(domain === 30 ? 10 : 2, 2, protocol));
    },
    bind: (fd: number, pointer: Pointer, size: number) => {
      const taken = takeName(pointer, size);
      return taken === 0 ? fail("EINVAL") : answer(linux.bind(fd, name.pointer, taken));
    },
    connect: (fd: number, pointer: Pointer, size: number) => {
      meet(fd);
      const dissolves = native.bytes(pointer, size)[1] === 0;
      const taken = dissolves ? size : takeName(pointer, size);
      if (taken === 0) return fail("EINVAL");
      if (dissolves) name.bytes.fill(0);
      const result = answer(linux.connect(fd, name.pointer, taken));
      return dissolves && result === 0 ? fail("EAFNOSUPPORT") : result;
    },
    close: (fd: number) => {
      forget(fd);
      return answer(linux.close(fd));
    },
    dup2: (fd: number, other: number) => {
      if (fd !== other) forget(other);
      return answer(linux.dup2(fd, other));
    },
    fcntl: (fd: number, command: number, argument: number) => {
      switch (command) {
        case DUPLICATE[0]:
          return answer(linux.fcntl(fd, DUPLICATE[1], argument));
        case GET_FD:
        case SET_FD:
          return answer(linux.fcntl(fd, command, argument));
        case GET_FL: {
          const flags = answer(linux.fcntl(fd, command, 0));
          return flags < 0 ? flags : flags & NONBLOCK[1] ? NONBLOCK[0] : 0;
        }
        case SET_FL:
          return answer(linux.fcntl(fd, command, argument & NONBLOCK[0] ? NONBLOCK[1] : 0));
        default:
          return fail("EINVAL");
      }
    },
    getsockname: (fd: number, pointer: Pointer, lengthAt: Pointer) => giveName("getsockname", fd, pointer, lengthAt),
    getpeername: (fd: number, pointer: Pointer, lengthAt: Pointer) => giveName("getpeername", fd, pointer, lengthAt),
    getsockopt: (fd: number, level: number, number: number, pointer: Pointer, _length: Pointer) => {
      const option = find(fd, level, number);
      if (option === null) return -1;
      const known = meet(fd);
      if (!ask(fd, option.level, option.name, 4)) return answer(-1);
      const answered = readValue(option, value.view.getInt32(0, true), known.has(option));
      const to = native.bytes(pointer, 4);
      new DataView(to.buffer, to.byteOffset).setInt32(0, answered, true);
      return 0;
    },
    setsockopt: (fd: number, level: number, number: number, pointer: Pointer, size: number) => {
      const option = find(fd, level, number);
      if (option === null) return -1;
      const known = meet(fd);
      const taken = writeValue(option, native.bytes(pointer, size), value);
      if (taken === 0) return fail("EINVAL");
      const result = answer(linux.setsockopt(fd, option.level, option.name, value.pointer, taken));
      if (result === 0) known.add(option);
      return result;
    },
    send: (fd: number, data: Uint8Array, size: number | bigint, flags: number) =>
      flags === DONT_WAIT ? answer(linux.send(fd, data, Number(size), LINUX_DONT_WAIT)) : fail("EOPNOTSUPP"),
    sendto: (fd: number, data: Uint8Array, size: number | bigint, flags: number, to: Pointer, toSize: number) => {
      if (flags !== DONT_WAIT) return fail("EOPNOTSUPP");
      length.view.setUint32(0, NAME_SIZE, true);
      if (linux.getpeername(fd, name.pointer, length.pointer) === 0) return fail("EISCONN");
      const taken = takeName(to, toSize);
      if (taken === 0) return fail("EINVAL");
      return answer(linux.sendto(fd, data, Number(size), LINUX_DONT_WAIT, name.pointer, taken));
    },
    isatty: (fd: number) => answer(linux.isatty(fd)),
    lseek: (fd: number, offset: number | bigint, whence: number) => answer(linux.lseek(fd, Number(offset), whence)),
    if_nametoindex: (pointer: Pointer) => {
      const asked = textOf(native.bytes(pointer, INTERFACE_SIZE));
      writeText(name.bytes, toLinuxName(asked));
      return linux.if_nametoindex(name.pointer);
    },
    if_indextoname: (index: number, pointer: Pointer) => {
      name.bytes[0] = 0;
      linux.if_indextoname(index, name.pointer);
      writeText(native.bytes(pointer, INTERFACE_SIZE), toMacosName(textOf(name.bytes)));
      return 0;
    },
    socketpair: () => fail("EAFNOSUPPORT"),
  };
  const counted: Record<string, Call> = {};
  for (const [call, made] of Object.entries(calls) as [keyof typeof calls, Call][]) {
    counted[call] = (...values) => {
      used.calls[call] = (used.calls[call] ?? 0) + 1;
      return made(...values);
    };
  }
  return { calls: counted, used };
}
