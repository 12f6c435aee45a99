import { setImmediate } from "node:timers";
import {
  ACCESS_DENIED,
  type AddressInfo,
  type Datagram,
  type Handle,
  type Host,
  type Membership,
  type NumericOption,
} from "../core/backend.ts";
import type { Descriptor } from "./libc/descriptor.ts";

/** When, after a send to a connected peer, its ICMP error is looked for: ms. The first look is in the same turn. */
const LOOKS = [1, 10, 100, 1000];

/**
 * A socket of which libc does everything but waiting: the options, the connection and the sending, on its descriptor.
 * What waits is a runtime's own socket, in a class made from this one.
 */
export abstract class KernelHandle implements Handle {
  readonly deferred = false;
  readonly queueSize = 0;
  readonly queueCount = 0;
  protected readonly kernel: Descriptor;
  protected readonly host: Host;
  protected closed = false;
  #connected = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #looks = 0;
  #looking = false;

  constructor(kernel: Descriptor, host: Host) {
    this.kernel = kernel;
    this.host = host;
  }

  /** False if the runtime's permissions refuse the destination. */
  protected abstract allows(address: string, port: number): boolean;

  address(): AddressInfo | number {
    return this.kernel.address();
  }

  send(datagram: Datagram): number {
    if (datagram.address !== null && !this.allows(datagram.address, datagram.port)) return ACCESS_DENIED;
    return this.#accepted(this.kernel.send(datagram));
  }

  sendBatch(datagrams: readonly Datagram[], from: number, to: number): number {
    let end = from;
    for (; end < to; end++) {
      const { address, port } = datagrams[end];
      if (address !== null && !this.allows(address, port)) break;
    }
    return end === from ? ACCESS_DENIED : this.#accepted(this.kernel.sendBatch(datagrams, from, end));
  }

  connect(address: string, port: number): number {
    if (!this.allows(address, port)) return ACCESS_DENIED;
    const errno = this.kernel.connect(address, port);
    this.#connected = errno === 0;
    return errno;
  }

  disconnect(): number {
    this.#connected = false;
    return this.kernel.disconnect();
  }

  set(option: NumericOption, value: number): number {
    return this.kernel.set(option, value);
  }

  get(option: "recvBufferSize" | "sendBufferSize"): number {
    return this.kernel.get(option);
  }

  setMulticastInterface(address: string): number {
    return this.kernel.setMulticastInterface(address);
  }

  join(membership: Membership): number {
    return this.kernel.join(membership);
  }

  leave(membership: Membership): number {
    return this.kernel.leave(membership);
  }

  abstract ref(): void;

  abstract unref(): void;

  close(done: () => void): void {
    this.closed = true;
    clearTimeout(this.#retry);
    this.release();
    done();
  }

  /** Closes the runtime's socket, and frees the port before it returns. */
  protected abstract release(): void;

  /** No runtime tells when there is room for a datagram that it did not send itself: try again soon. */
  #accepted(result: number): number {
    if (result === 0) this.#retry = setTimeout(() => this.host.drained(), 1);
    else if (this.#connected && result > 0) this.#lookForError();
    return result;
  }

  /** Deno 2.9.5 is not woken by the ICMP error of a connected peer, which waits on the socket. */
  #lookForError(): void {
    this.#looks = 0;
    if (this.#looking) return;
    this.#looking = true;
    setImmediate(this.#look);
  }

  #look = (): void => {
    const errno = this.closed || !this.#connected ? 0 : this.kernel.pendingError();
    if (this.closed || !this.#connected || this.#looks === LOOKS.length) {
      this.#looking = false;
    } else {
      setTimeout(this.#look, LOOKS[this.#looks++]).unref();
    }
    if (errno < 0) this.host.receiveError(errno, "recvmsg");
  };
}
