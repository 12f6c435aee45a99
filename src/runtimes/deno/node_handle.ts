import type { Socket as DgramSocket } from "node:dgram";
import { isIPv4 } from "../../core/ip.ts";
import {
  type AddressInfo,
  type Handle,
  type Host,
  type Membership,
  type MessageBuffer,
  type NumericOption,
  type OpenOptions,
  type RemoteInfo,
  UNAVAILABLE,
} from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { portOf, type UdpWrap } from "./adopt.ts";
import { createDgram } from "../node/dgram.ts";
import { KeepAlive } from "../common/keep_alive.ts";
import { asDenoReads, changeGroup } from "./membership_probe.ts";
import { isOwnAddress, Memberships } from "./memberships.ts";
import { DenoNodeReceiver } from "./node_receiver.ts";
import { needsFFI } from "./notes.ts";
import { closed } from "./open_sockets.ts";
import { scopeOf } from "./scope.ts";
import { DenoSendingHandle } from "./sending_handle.ts";
import { attempt, errnoOf, isOfIcmp } from "../common/errno.ts";
import { ignoreBufferSize } from "../common/ignored_buffer_size.ts";

/**
 * A socket of Deno's own node:dgram. What answers `UNAVAILABLE` here, and `connect` and `sendBatch`, libc through FFI
 * can do on the socket's descriptor.
 */
export class DenoNodeHandle extends DenoSendingHandle implements Handle {
  readonly inner: DgramSocket;
  readonly #memberships = new Memberships();
  readonly #keepAlive = new KeepAlive();
  readonly #receiver: DenoNodeReceiver;
  #adopted: UdpWrap | null = null;
  #closed = false;
  #released = (): void => {};
  #release: ((done: () => void) => void) | undefined;

  constructor(options: OpenOptions, host: Host) {
    super(options.family, options.fd === undefined ? options.address : "", host);
    this.inner = createDgram(options);
    // Before it is bound, since it has no effect on a receive that has begun (Deno 2.9.5).
    this.inner.unref();
    this.#receiver = new DenoNodeReceiver(this.inner, host, options.family, this.scope, this.connection);
  }

  /**
   * Passes on what the open socket emits. `adopted` is what it is made of, if that was made from a descriptor, and
   * `release` ends what else there is of it.
   */
  listen(adopted: UdpWrap | null = null, release?: (done: () => void) => void): this {
    this.#adopted = adopted;
    this.#release = release;
    this.#keepAlive.ref();
    this.inner.emit = this.#emitted as DgramSocket["emit"];
    return this;
  }

  /** The same for one that receives nothing yet. */
  begin(adopted: UdpWrap): this {
    this.listen(adopted);
    this.#receiver.begin();
    return this;
  }

  address(): AddressInfo | number {
    try {
      const { family, port } = this.inner.address() as AddressInfo;
      return {
        address: this.connection.localAddress(this.bound()),
        family,
        port: port === 0 && this.#adopted !== null ? portOf(this.#adopted) : port,
      };
    } catch (error) {
      return errnoOf(error);
    }
  }

  set(option: NumericOption, value: number): number {
    const { inner } = this;
    switch (option) {
      case "broadcast":
        this.broadcast = value === 1;
        return attempt(() => inner.setBroadcast(value === 1));
      case "ttl":
        // On udp6 Deno 2.9.5 sets it for IPv4 only.
        return this.family === 4 ? attempt(() => inner.setTTL(value)) : UNAVAILABLE;
      case "multicastTTL":
        return this.#setMulticastTTL(value);
      case "multicastLoopback":
        return attempt(() => inner.setMulticastLoopback(value === 1));
      case "recvBufferSize":
      case "sendBufferSize":
        return ignoreBufferSize(needsFFI);
      default:
        return UNAVAILABLE;
    }
  }

  setMulticastInterface(address: string): number {
    const { inner } = this;
    if (isIPv4(address) && this.family === 6) return UNAVAILABLE;
    const result = attempt(() => inner.setMulticastInterface(this.family === 6 ? asDenoReads(address) : address));
    // Deno 2.9.5 says EINVAL for whatever the kernel said, which is this of an IPv4 address that is not here.
    return result < 0 && this.family === 4 && !isOwnAddress(address) ? getErrno("EADDRNOTAVAIL") : result;
  }

  join(membership: Membership): number {
    const { group, interface: through, source } = membership;
    const { inner } = this;
    if (!this.#canJoin(membership)) return UNAVAILABLE;
    const result = source === undefined
      ? changeGroup(inner, "addMembership", membership)
      : attempt(() => inner.addSourceSpecificMembership(source, group, through));
    if (result < 0) return this.#memberships.errnoOfJoin(membership);
    this.#memberships.joined(membership);
    return 0;
  }

  leave(membership: Membership): number {
    const { group, interface: through, source } = membership;
    const { inner } = this;
    if (!this.#canJoin(membership)) return UNAVAILABLE;
    const result = source === undefined
      ? changeGroup(inner, "dropMembership", membership)
      : attempt(() => inner.dropSourceSpecificMembership(source, group, through));
    if (result < 0) return this.#memberships.errnoOfLeave(membership);
    this.#memberships.left(membership);
    return 0;
  }

  ref(): void {
    if (!this.#closed) this.#keepAlive.ref();
  }

  unref(): void {
    this.#keepAlive.unref();
  }

  pause(): number {
    return this.#receiver.pause();
  }

  resume(): void {
    this.#receiver.resume();
  }

  close(done: () => void): void {
    this.#closed = true;
    closed(this);
    this.#released = done;
    this.#receiver.end();
    // Its end is to come before the process's.
    this.#keepAlive.ref();
    this.inner.close();
  }

  /** Forgets the socket without closing it, whose number has become another's. */
  abandon(): void {
    this.#closed = true;
    this.#receiver.end();
    this.#receiver.stop();
    this.#keepAlive.unref();
  }

  protected bound(): string {
    return this.scope.complete(this.inner.address().address);
  }

  #emitted = (event: string | symbol, first?: unknown, second?: unknown): boolean => {
    if (event === "close") {
      this.#keepAlive.unref();
      if (this.#release) this.#release(this.#released);
      else this.#released();
    }
    if (this.#closed) return false;
    if (event === "message") {
      this.#receiver.received(first as MessageBuffer, second as RemoteInfo);
      this.#receiver.ended();
    } else if (event === "error") {
      this.#failed(errnoOf(first));
      this.#receiver.failed();
    }
    return true;
  };

  #failed(errno: number): void {
    if (!isOfIcmp(errno)) this.guarded.receiveError(errno, "recvmsg");
  }

  /**
   * Deno 2.9.5 copies the bytes in the call. What goes to a scope may be tried again without it, with the bytes that it
   * had then.
   */
  protected carry(data: Uint8Array, address: string, port: number): Uint8Array {
    const kept = scopeOf(address) === "" ? data : data.slice();
    this.inner.send(kept, port, address, this.#sent);
    return kept;
  }

  #sent = (error: Error | null): void => this.sender.ended(error);

  #setMulticastTTL(value: number): number {
    // Deno 2.9.5 ignores it on udp6, where a new socket has the kernel's 1.
    if (this.family === 6) return value === 1 && this.#adopted === null ? 0 : UNAVAILABLE;
    if (value > 0) return attempt(() => this.inner.setMulticastTTL(value));
    // Deno 2.9.5 rejects 0, and gives NaN to the kernel as 0.
    return attempt(() => this.inner.setMulticastTTL(NaN)) === 0 ? 0 : UNAVAILABLE;
  }

  /** Deno 2.9.5 has IPv4 groups on udp4 only, IPv6 ones on udp6, and source-specific ones on udp4. */
  #canJoin({ group, source }: Membership): boolean {
    return isIPv4(group) === (this.family === 4) && (source === undefined || this.family === 4);
  }
}
