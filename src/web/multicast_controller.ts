import { isIP } from "../core/ip.ts";
import { canonicalPeer, isMulticast } from "../core/numeric_address.ts";
import type { Socket } from "../core/types.ts";
import { invalidStateError, networkError } from "./dom_exceptions.ts";
import type { MulticastController } from "./types.ts";
import { toDOMString } from "./web_idl.ts";

/** The groups of a socket, as long as it is open. */
export class Groups implements MulticastController {
  readonly #socket: Socket;
  readonly #isOpen: () => boolean;
  readonly #interface: string | undefined;
  #joined: readonly string[] = Object.freeze([]);

  constructor(socket: Socket, multicastInterface: string | undefined, isOpen: () => boolean) {
    this.#socket = socket;
    this.#interface = multicastInterface;
    this.#isOpen = isOpen;
  }

  get joinedGroups(): readonly string[] {
    return this.#joined;
  }

  // deno-lint-ignore require-await -- what is thrown is to be a rejection
  async joinGroup(ipAddress: string): Promise<void> {
    const group = this.#read(ipAddress);
    if (this.#joined.includes(group)) throw invalidStateError(`${group} is joined already`);
    attempt(() => this.#socket.addMembership(group, this.#interface));
    this.#joined = Object.freeze([...this.#joined, group]);
  }

  // deno-lint-ignore require-await -- what is thrown is to be a rejection
  async leaveGroup(ipAddress: string): Promise<void> {
    const group = this.#read(ipAddress);
    if (!this.#joined.includes(group)) throw invalidStateError(`${group} is not joined`);
    attempt(() => this.#socket.dropMembership(group, this.#interface));
    this.#joined = Object.freeze(this.#joined.filter((joined) => joined !== group));
  }

  #read(ipAddress: unknown): string {
    const text = toDOMString(ipAddress);
    if (isIP(text) === 0 || text.includes("%") || !isMulticast(text)) {
      throw new TypeError("ipAddress must be the numeric address of a multicast group");
    }
    if (!this.#isOpen()) throw invalidStateError("the socket is closed");
    return canonicalPeer(text);
  }
}

function attempt(change: () => void): void {
  try {
    change();
  } catch (error) {
    throw networkError(error);
  }
}
