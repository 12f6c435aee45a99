/** Socket options of macOS (sys/socket.h, netinet/in.h, netinet6/in6.h) as Linux's. */
import type { Memory } from "../../../src/runtimes/libc/memory.ts";
import { onMacos } from "./errnos.ts";
import { fromMacos } from "./socket_names.ts";

/** How the value of an option is different. */
type Kind = "int" | "flag" | "size" | "error" | "hops" | "discovery" | "bytes" | "source4" | "source6";

/** One of Linux's options. */
export interface Option {
  /** macOS's number. */
  readonly number: number;
  readonly level: number;
  readonly name: number;
  readonly kind: Kind;
}

const SOL_SOCKET = 0xffff;
const LINUX_SOL_SOCKET = 1;
const [IP, IPV6] = [0, 41];

const TABLES: Readonly<Record<number, readonly (readonly [number, number, Kind])[]>> = {
  [SOL_SOCKET]: [
    // SO_REUSEADDR alone lets no other UDP socket have the same address there.
    [0x200, 2, "flag"],
    [0x20, 6, "flag"],
    [0x1001, 7, "size"],
    [0x1002, 8, "size"],
    [0x1007, 4, "error"],
    [0x1008, 3, "int"],
  ],
  [IP]: [
    [3, 1, "int"],
    [4, 2, "int"],
    [9, 32, "bytes"],
    [10, 33, "int"],
    [11, 34, "int"],
    [12, 35, "bytes"],
    [13, 36, "bytes"],
    [28, 10, "discovery"],
    [70, 39, "source4"],
    [71, 40, "source4"],
  ],
  [IPV6]: [
    [4, 16, "hops"],
    [9, 17, "int"],
    [10, 18, "int"],
    [11, 19, "int"],
    [12, 20, "bytes"],
    [13, 21, "bytes"],
    [27, 26, "int"],
    [36, 67, "int"],
    [62, 23, "discovery"],
    [82, 46, "source6"],
    [83, 47, "source6"],
  ],
};

const options = new Map<string, Option>();
for (const [level, table] of Object.entries(TABLES)) {
  for (const [number, name, kind] of table) {
    const linuxLevel = Number(level) === SOL_SOCKET ? LINUX_SOL_SOCKET : Number(level);
    options.set(`${level}/${number}`, { number, level: linuxLevel, name, kind });
  }
}

/** The option of macOS's level and number. */
export function optionOf(level: number, number: number): Option | undefined {
  return options.get(`${level}/${number}`);
}

/** What macOS would answer where Linux answers `value`. */
export function readValue({ kind, number }: Option, value: number, wasSet: boolean): number {
  switch (kind) {
    case "flag":
      return value === 0 ? 0 : number;
    case "size":
      // Linux doubles what it is given.
      return value / 2;
    case "error":
      return value === 0 ? 0 : onMacos(value);
    case "hops":
      return wasSet ? value : -1;
    case "discovery":
      return value === 2 ? 1 : 0;
    default:
      return value;
  }
}

/** Puts Linux's form of a value into `to`: its size, or 0 for what macOS would not take. */
export function writeValue({ kind }: Option, given: Uint8Array, to: Memory): number {
  const view = new DataView(given.buffer, given.byteOffset, given.length);
  switch (kind) {
    case "bytes":
      to.bytes.set(given);
      return given.length;
    case "source4":
      // ip_mreq_source: group, source, interface; on Linux group, interface, source.
      if (given.length !== 12) return 0;
      to.bytes.set(given.subarray(0, 4), 0);
      to.bytes.set(given.subarray(8, 12), 4);
      to.bytes.set(given.subarray(4, 8), 8);
      return 12;
    case "source6":
      // group_source_req, packed to four bytes there and to eight here.
      if (given.length !== 260) return 0;
      to.bytes.fill(0);
      to.bytes.set(given.subarray(0, 4), 0);
      if (fromMacos(given.subarray(4, 132), to.bytes.subarray(8, 136)) !== 28) return 0;
      if (fromMacos(given.subarray(132, 260), to.bytes.subarray(136, 264)) !== 28) return 0;
      return 264;
    case "discovery":
      to.view.setInt32(0, view.getInt32(0, true) === 0 ? 0 : 2, true);
      return 4;
    default:
      if (given.length !== 4) return 0;
      to.bytes.set(given);
      return 4;
  }
}
