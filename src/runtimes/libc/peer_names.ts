/**
 * The text of datagrams' source addresses, remembered: peers repeat, and making the text costs more than reading it.
 */
import { formatIPv4 } from "../../core/address_text.ts";
import type { SocketAddresses } from "./socket_addresses.ts";

const IPV4_LIMIT = 4096;
const IPV6_SLOTS = 256;

/** Reads the address of a sockaddr that stands in 32-bit words, at a word. */
export class PeerNames {
  readonly #addresses: SocketAddresses;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #ipv4: Map<number, string> = new Map();
  // One entry a slot: the address's four words, and its text.
  readonly #ipv6Words: Uint32Array = new Uint32Array(IPV6_SLOTS * 4);
  readonly #ipv6Texts: string[] = new Array(IPV6_SLOTS).fill("");
  #lastWord = -1;
  #lastText = "";

  constructor(addresses: SocketAddresses, words: Uint32Array) {
    this.#addresses = addresses;
    this.#words = words;
    this.#bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  }

  /** The IPv4 address of the sockaddr_in at a word. */
  ipv4(at: number): string {
    const word = this.#words[at + 1];
    if (word === this.#lastWord) return this.#lastText;
    let text = this.#ipv4.get(word);
    if (text === undefined) {
      text = formatIPv4(this.#bytes, at * 4 + 4);
      if (this.#ipv4.size >= IPV4_LIMIT) this.#ipv4.clear();
      this.#ipv4.set(word, text);
    }
    this.#lastWord = word;
    this.#lastText = text;
    return text;
  }

  /** The IPv6 address of the sockaddr_in6 at a word, with the scope of a link-local one. */
  ipv6(at: number): string {
    const words = this.#words;
    const a = words[at + 2];
    const b = words[at + 3];
    const c = words[at + 4];
    const d = words[at + 5];
    const slot = (a ^ b ^ c ^ d ^ (d >>> 16) ^ (d >>> 24)) & (IPV6_SLOTS - 1);
    const known = this.#ipv6Words;
    const k = slot * 4;
    if (
      known[k] === a && known[k + 1] === b && known[k + 2] === c && known[k + 3] === d && this.#ipv6Texts[slot] !== ""
    ) {
      return this.#ipv6Texts[slot];
    }
    const text = this.#addresses.read(this.#bytes.subarray(at * 4, at * 4 + 28));
    // An interface may get another name, so what carries one is not kept.
    if (words[at + 6] === 0) {
      known[k] = a;
      known[k + 1] = b;
      known[k + 2] = c;
      known[k + 3] = d;
      this.#ipv6Texts[slot] = text;
    }
    return text;
  }
}
