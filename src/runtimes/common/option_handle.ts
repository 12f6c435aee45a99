import type { Handle, Membership, NumericOption } from "../../core/backend.ts";

/** What sets a socket's options. */
export type SocketOptions = Pick<Handle, "set" | "get" | "setMulticastInterface" | "join" | "leave">;

/** A handle whose options something else sets. */
export abstract class OptionHandle implements SocketOptions {
  protected abstract readonly options: SocketOptions;

  set(option: NumericOption, value: number): number {
    return this.options.set(option, value);
  }

  get(option: "recvBufferSize" | "sendBufferSize"): number {
    return this.options.get(option);
  }

  setMulticastInterface(address: string): number {
    return this.options.setMulticastInterface(address);
  }

  join(membership: Membership): number {
    return this.options.join(membership);
  }

  leave(membership: Membership): number {
    return this.options.leave(membership);
  }
}
