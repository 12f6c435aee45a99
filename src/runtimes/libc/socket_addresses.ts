/**
 * The kernel's socket addresses (sockaddr_in and sockaddr_in6) to and from text.
 */
import { formatIPv4, formatIPv6, isLinkLocal, readIPv4, readIPv6 } from "../../core/address_text.ts";
import type { Family } from "../../core/backend.ts";
import type { Calls } from "./calls.ts";
import type { Layout } from "./layout.ts";
import type { Memory } from "./memory.ts";

/** The size of a sockaddr_in. */
export const IPV4_SIZE = 16;
/** The size of a sockaddr_in6. */
export const IPV6_SIZE = 28;

const CACHE_LIMIT = 1024;

/** Writes addresses that were parsed once, and reads addresses with the scope that belongs to them. */
export class SocketAddresses {
  readonly #calls: Calls;
  readonly #layout: Layout;
  readonly #text: Memory;
  readonly #ipv4: Map<string, Uint8Array> = new Map();
  readonly #ipv6: Map<string, Uint8Array> = new Map();
  readonly #encoder: TextEncoder = new TextEncoder();

  constructor(calls: Calls, layout: Layout, text: Memory) {
    this.#calls = calls;
    this.#layout = layout;
    this.#text = text;
  }

  /**
   * Writes an address of that family, and its port.
   *
   * @returns the size of what was written, or 0 if the text is no such address
   */
  write(family: Family, address: string, port: number, into: Uint8Array): number {
    const cache = family === 4 ? this.#ipv4 : this.#ipv6;
    let bytes = cache.get(address);
    if (bytes === undefined) {
      bytes = family === 4 ? this.#parseIPv4(address) : this.#parseIPv6(address);
      if (bytes === undefined) return 0;
      // An interface's number can change while its name stays, so a scoped address is looked up each time.
      if (!address.includes("%")) {
        if (cache.size >= CACHE_LIMIT) cache.clear();
        cache.set(address, bytes);
      }
    }
    into.set(bytes);
    into[2] = port >> 8;
    into[3] = port & 255;
    return bytes.length;
  }

  /** 4 or 6, or 0 for what is neither. */
  family(from: Uint8Array): Family | 0 {
    const family = this.#layout.lengthByte ? from[1] : from[0] | from[1] << 8;
    return family === this.#layout.inet ? 4 : family === this.#layout.inet6 ? 6 : 0;
  }

  /** The address's text. */
  read(from: Uint8Array): string {
    if (this.family(from) === 4) return formatIPv4(from, 4);
    const text = formatIPv6(from, 8);
    return isLinkLocal(from, 8) ? text + this.#scope(from) : text;
  }

  /** The number of the interface that a scope names; 0 if there is none, as libuv has it. */
  interfaceIndex(name: string): number {
    const { bytes, pointer } = this.#text;
    const { read, written } = this.#encoder.encodeInto(name, bytes.subarray(0, bytes.length - 1));
    if (read < name.length) return 0;
    bytes[written] = 0;
    return this.#calls.if_nametoindex(pointer);
  }

  /** The name of an interface; its number where it has none any more. */
  interfaceName(index: number): string {
    const { bytes, pointer } = this.#text;
    bytes[0] = 0;
    this.#calls.if_indextoname(index, pointer);
    return bytes[0] === 0 ? String(index) : new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  }

  #scope(from: Uint8Array): string {
    const index = (from[24] | from[25] << 8 | from[26] << 16 | from[27] << 24) >>> 0;
    return index === 0 ? "" : `%${this.interfaceName(index)}`;
  }

  #parseIPv4(address: string): Uint8Array | undefined {
    const bytes = this.#start(this.#layout.inet, IPV4_SIZE);
    return readIPv4(address, bytes, 4) ? bytes : undefined;
  }

  #parseIPv6(address: string): Uint8Array | undefined {
    const bytes = this.#start(this.#layout.inet6, IPV6_SIZE);
    const cut = address.indexOf("%");
    if (!readIPv6(cut < 0 ? address : address.slice(0, cut), bytes, 8)) return undefined;
    if (cut >= 0) new DataView(bytes.buffer).setUint32(24, this.interfaceIndex(address.slice(cut + 1)), true);
    return bytes;
  }

  #start(family: number, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    if (this.#layout.lengthByte) {
      bytes[0] = size;
      bytes[1] = family;
    } else {
      bytes[0] = family;
    }
    return bytes;
  }
}
