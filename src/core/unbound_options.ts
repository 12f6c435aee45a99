import type { Handle, Host } from "./backend.ts";
import { anyAddress } from "./numeric_address.ts";
import type { Settings } from "./settings.ts";

type Call = (handle: Handle) => number;

/**
 * The options of a socket whose bind failed. Node has a socket in the kernel by then, bound to nothing, whose options can
 * be set and stay set. Here one that is open for the call alone says what the kernel thinks of them, and the next bind
 * sets them anew.
 */
export class UnboundOptions {
  readonly #calls: Call[] = [];

  /** What the call answers; it is kept, unless it only asks. */
  call({ backend, family }: Settings, call: Call, asks: boolean): number {
    const options = { __proto__: null, family, address: anyAddress(family), port: 0 };
    const handle = backend.open(options, DEAF) as Handle | number;
    if (typeof handle === "number") return handle;
    this.setOn(handle);
    const result = call(handle);
    handle.close(() => {});
    if (result >= 0 && !asks) this.#calls.push(call);
    return result;
  }

  /** 0 or an errno. */
  setOn(handle: Handle): number {
    return this.#calls.map((call) => call(handle)).find((result) => result < 0) ?? 0;
  }
}

const nothing = (): void => {};
const DEAF: Host = { message: nothing, sent: nothing, drained: nothing, receiveError: nothing, closed: nothing };
