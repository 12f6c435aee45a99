import { isIPv4 } from "../../core/ip.ts";
import { setImmediate } from "../common/timers.ts";
import { nextTick } from "../../core/process.ts";
import {
  type AddressInfo,
  type Handle,
  type Host,
  type Membership,
  type NumericOption,
  type OpenOptions,
  UNAVAILABLE,
} from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { giveBack, takeBuffer } from "./buffers.ts";
import { Groups } from "./groups.ts";
import { needsFFI } from "./notes.ts";
import { closed, opened } from "./open_sockets.ts";
import { knownInterfaces } from "./permissions.ts";
import { scopeOf } from "./scope.ts";
import { DenoSendingHandle } from "./sending_handle.ts";
import { callSetter } from "./setters.ts";
import type { DatagramConn, DenoAddress } from "./types.ts";
import { errnoOf, isOfIcmp } from "../common/errno.ts";
import { ignoreBufferSize } from "../common/ignored_buffer_size.ts";
import { interfaceIndex } from "../common/interface_index.ts";
import { KeepAliveWhilePaused } from "../common/keep_alive.ts";
import { copyFor, type CopyMessage } from "../common/message_memory.ts";

/**
 * A socket of `Deno.listenDatagram`. What answers `UNAVAILABLE` here, and `connect` and `sendBatch`, libc through FFI
 * can do on the socket's descriptor.
 */
export class DenoHandle extends DenoSendingHandle implements Handle {
  readonly #conn: DatagramConn;
  readonly #host: Host;
  readonly #version: "IPv4" | "IPv6";
  readonly #groups: Groups;
  readonly #keepAlive = new KeepAliveWhilePaused();
  readonly #buffer: Uint8Array = takeBuffer();
  readonly #copy: CopyMessage;
  /** Read by Deno in the call of send(), and filled anew for each. */
  readonly #target: DenoAddress = { hostname: "", port: 0, transport: "udp" };
  /** The bytes of the datagram that Deno is sending. */
  #outgoing: Uint8Array = new Uint8Array(2048);
  /** What was received and is not delivered yet. */
  #bytes: Uint8Array | null = null;
  #from: DenoAddress | null = null;
  #closed = false;
  #receiving = false;
  #paused = false;
  /** Nothing is received, since it is paused. */
  #idle = false;
  #released = (): void => {};

  constructor(conn: DatagramConn, options: OpenOptions, host: Host) {
    super(options.family, options.address, host);
    this.#conn = conn;
    this.#host = host;
    this.#version = options.family === 4 ? "IPv4" : "IPv6";
    this.#groups = new Groups(conn);
    this.#copy = copyFor(options.pooledMessages);
    // Deno 2.9.5 opens sockets with it on, which is off everywhere else.
    this.broadcast = callSetter(this.#conn, "setBroadcast", false) !== 0;
    opened(this);
    this.#receive();
  }

  address(): AddressInfo {
    return {
      address: this.connection.localAddress(this.bound()),
      family: this.#version,
      port: this.#conn.addr.port,
    };
  }

  set(option: NumericOption, value: number): number {
    switch (option) {
      case "broadcast":
        this.broadcast = value === 1;
        return callSetter(this.#conn, "setBroadcast", value === 1);
      case "multicastTTL":
        // On udp6 Deno 2.9.5 sets it for IPv4; a new socket has the kernel's 1.
        if (this.family === 6) return value === 1 ? 0 : UNAVAILABLE;
        return callSetter(this.#conn, "setMulticastTTL", value);
      case "multicastLoopback":
        return callSetter(this.#conn, "setMultiLoopback", this.family === 6, value === 1);
      case "recvBufferSize":
      case "sendBufferSize":
        return ignoreBufferSize(needsFFI);
      default:
        return UNAVAILABLE;
    }
  }

  setMulticastInterface(_address: string): number {
    return UNAVAILABLE;
  }

  join(membership: Membership): number {
    if (membership.source !== undefined) return UNAVAILABLE;
    const index = indexOf(membership);
    if (index === UNAVAILABLE) return UNAVAILABLE;
    return this.#groups.join(membership, index, (errno) => {
      if (!this.#closed) this.guarded.receiveError(errno, "addMembership");
    });
  }

  leave(membership: Membership): number {
    if (membership.source !== undefined) return UNAVAILABLE;
    const index = indexOf(membership);
    return index === UNAVAILABLE ? UNAVAILABLE : this.#groups.leave(membership, index);
  }

  ref(): void {
    this.#conn.ref?.();
    this.#keepAlive.ref();
  }

  unref(): void {
    this.#conn.unref?.();
    this.#keepAlive.unref();
  }

  /** The receive that is pending may still bring a datagram. */
  pause(): number {
    this.#paused = true;
    this.#keepAlive.setPaused(true);
    return 0;
  }

  resume(): void {
    this.#paused = false;
    this.#keepAlive.setPaused(false);
    if (this.#idle) this.#receive();
  }

  close(done: () => void): void {
    this.#closed = true;
    closed(this);
    this.#keepAlive.setPaused(false);
    if (this.#idle) giveBack(this.#buffer);
    // The pending receive holds the descriptor, and its end is to come before the process's.
    this.#conn.ref?.();
    this.#conn.close();
    if (this.#receiving) this.#released = done;
    else done();
  }

  protected bound(): string {
    return this.scope.complete(this.#conn.addr.hostname);
  }

  #receive = (): void => {
    if (this.#closed) return giveBack(this.#buffer);
    this.#idle = this.#paused;
    if (this.#idle) return;
    this.#receiving = true;
    this.#conn.receive(this.#buffer).then(this.#received, this.#receiveFailed);
  };

  #received = ([bytes, from]: [Uint8Array, DenoAddress]): void => {
    this.#receiving = false;
    if (this.#closed) this.#released();
    this.#bytes = bytes;
    this.#from = from;
    nextTick(this.#deliver);
  };

  /**
   * Runs in a tick: what listeners throw is then an `uncaughtException` at once, and their ticks come before their
   * microtasks, as on Node.
   */
  #deliver = (): void => {
    const { hostname, port } = this.#from!;
    const bytes = this.#bytes!;
    const data = this.#copy(bytes, 0, bytes.length);
    const here = !this.#closed && this.connection.admits(hostname, port);
    // Before the listeners, which could change the asynchronous context that the later messages would inherit. What
    // comes is delivered after the ticks and microtasks that they ask for all the same: it takes several itself.
    this.#receive();
    if (!here) return;
    const address = this.family === 6 ? this.scope.complete(hostname) : hostname;
    this.#host.message(data, { address, family: this.#version, port, size: data.length });
  };

  #receiveFailed = (error: unknown): void => {
    this.#receiving = false;
    if (this.#closed) {
      giveBack(this.#buffer);
      this.#released();
      return;
    }
    const errno = errnoOf(error);
    if (!isOfIcmp(errno) && errno !== getErrno("EINTR")) this.guarded.receiveError(errno, "recvmsg");
    if (errno === getErrno("EBADF")) return;
    // An error that lasts must not keep everything else from running.
    setImmediate(this.#receive);
  };

  protected carry(data: Uint8Array, address: string, port: number): Uint8Array {
    const target = this.#target;
    target.hostname = address;
    target.port = port;
    const copy = this.#copied(data);
    this.#conn.send(copy, target).then(this.#sent, this.#sendFailed);
    return copy;
  }

  /**
   * Deno 2.9.5 reads the bytes on a later turn from a socket that is new, after a hundred sends of one turn, and for an
   * address with a scope: they are those of the call.
   */
  #copied(data: Uint8Array): Uint8Array {
    const size = data.byteLength;
    if (this.#outgoing.length < size) this.#outgoing = new Uint8Array(2 ** Math.ceil(Math.log2(size)));
    const copy = this.#outgoing.subarray(0, size);
    // Memory that was transferred can't be read, not even nothing of it.
    if (size > 0) copy.set(data);
    return copy;
  }

  #sent = (): void => this.sender.ended(null);

  #sendFailed = (error: unknown): void => this.sender.ended(error);
}

/** The index of an IPv6 membership's interface, 0 for the default one; or UNAVAILABLE, if it can't be known. */
function indexOf({ group, interface: through }: Membership): number {
  const scope = isIPv4(group) || through === undefined ? "" : scopeOf(through).slice(1);
  if (scope === "") return 0;
  const interfaces = knownInterfaces();
  const names = Object.keys(interfaces);
  // What names none is the default one, and must not be one whose index nobody tells.
  return interfaceIndex(scope, interfaces) || (names.length > 0 && !names.includes(scope) ? 0 : UNAVAILABLE);
}
