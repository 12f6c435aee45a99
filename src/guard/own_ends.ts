import { builtin } from "../core/builtins.ts";
import { backendOf } from "../core/state.ts";
import type { Socket } from "../core/types.ts";
import { readAddress } from "./read_address.ts";

/** How long what was seen is believed: milliseconds. */
const MEMORY = 1000;

/** Where a socket can be reached, to know what it has sent to itself. */
export class OwnEnds {
  /** Its port; -1 where it is not known. */
  port = -1;
  readonly #socket: Socket;
  #readAt = -Infinity;
  #bound = "";
  #addresses: Set<string> | null = null;
  readonly #hostAddresses: () => Set<string> = addressesOfHost;

  constructor(socket: Socket) {
    this.#socket = socket;
    // A network in memory has hosts of its own, and alone has a clock.
    if (backendOf(socket).clock !== undefined) this.#hostAddresses = () => new Set();
  }

  /** Looks again, where that was long ago: a socket that is disconnected may get another port. */
  refresh(now: number): void {
    if (now - this.#readAt < MEMORY) return;
    this.#addresses = null;
    try {
      const { address, port } = this.#socket.address();
      this.#readAt = now;
      this.port = port;
      this.#bound = textOf(address);
    } catch {
      // It is closed, or was never bound.
      this.port = -1;
    }
  }

  /** Whether the address is this socket's, or this host's where the socket is bound to none of them. */
  has(address: string, destination: string | undefined): boolean {
    const text = textOf(address);
    const bound = this.#bound;
    if (text === bound || (destination !== undefined && text === textOf(destination))) return true;
    const addresses = this.#addresses ??= this.#hostAddresses();
    // One that is bound to a host's address, of which loopback has many, sends from there alone.
    return !addresses.has(bound) && Number(bound) >> 24 !== 127 && addresses.has(text);
  }
}

/** Those of this process's host, as they were last told. */
let known: readonly { readonly address: string }[] = [];

/** Only those of loopback where a permission is lacking, Deno's --allow-sys=networkInterfaces. */
function addressesOfHost(): Set<string> {
  try {
    known = Object.values(builtin("os").networkInterfaces()).flatMap((all) => all ?? []);
  } catch {
    // They remain what they were: to ask takes a descriptor, of which there may be none.
  }
  return new Set(["127.0.0.1", "::1", ...known.map(({ address }) => address)].map(textOf));
}

/** One text for each address, mapped or not, whatever its scope. */
function textOf(address: string): string {
  const words = new Int32Array(5);
  return readAddress(address, words) === 4 ? `${words[3]}` : words.subarray(0, 4).join(":");
}
