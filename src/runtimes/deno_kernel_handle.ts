import { Buffer } from "node:buffer";
import { nextTick } from "node:process";
import { setImmediate } from "node:timers";
import type { Family, Host, OpenOptions } from "../core/backend.ts";
import { giveBack, takeBuffer } from "./deno_buffers.ts";
import { mayUseHost } from "./deno_permissions.ts";
import { LinkLocalScope } from "./deno_scope.ts";
import type { DatagramConn, DenoAddress } from "./deno_types.ts";
import { errnoOf } from "./errno.ts";
import { KernelHandle } from "./kernel_handle.ts";
import type { Descriptor } from "./libc/descriptor.ts";
import { ReceiveBatch } from "./libc/receive_batch.ts";
import { RECEIVE_SLOTS } from "./libc/receive_memory.ts";

/**
 * A socket of `Deno.listenDatagram` with libc on its descriptor. Deno's receive() wakes it with one datagram; the
 * others that wait are taken by system calls while no receive is pending, which keeps their order.
 */
export class DenoKernelHandle extends KernelHandle {
  readonly #conn: DatagramConn;
  readonly #family: Family;
  readonly #scope: LinkLocalScope;
  readonly #buffer: Uint8Array = takeBuffer();
  readonly #batch = new ReceiveBatch();
  /** The next of the batch to be delivered. */
  #next = 0;
  #bytes: Uint8Array | null = null;
  #from: DenoAddress | null = null;
  #receiving = false;

  constructor(conn: DatagramConn, kernel: Descriptor, options: OpenOptions, host: Host) {
    super(kernel, host);
    this.#conn = conn;
    this.#family = options.family;
    this.#scope = new LinkLocalScope(options.address);
    // Deno 2.9.5 opens sockets with it on, which is off everywhere else.
    kernel.set("broadcast", 0);
    this.#receive();
  }

  protected allows(address: string, port: number): boolean {
    return mayUseHost(address, port);
  }

  ref(): void {
    this.#conn.ref?.();
  }

  unref(): void {
    this.#conn.unref?.();
  }

  protected release(): void {
    this.#batch.clear();
    // Deno holds the descriptor until the pending receive has ended.
    this.kernel.vacate();
    this.#conn.close();
    if (!this.#receiving) giveBack(this.#buffer);
  }

  #receive(): void {
    this.#receiving = true;
    this.#conn.receive(this.#buffer).then(this.#woken, this.#receiveFailed);
  }

  /** Reads what else waits before anything is delivered: what listeners bring about comes with a later wake-up. */
  #woken = ([bytes, from]: [Uint8Array, DenoAddress]): void => {
    this.#receiving = false;
    if (this.closed) {
      giveBack(this.#buffer);
      return;
    }
    this.#bytes = bytes;
    this.#from = from;
    this.#read();
    nextTick(this.#deliverFirst);
  };

  #read(): void {
    this.#next = 0;
    const count = this.kernel.receive(this.#batch);
    if (count >= 0) return;
    this.#batch.count = 0;
    nextTick(() => this.closed || this.host.receiveError(count, "recvmsg"));
  }

  /** Runs in a tick, as every delivery: what listeners throw is then an `uncaughtException` at once. */
  #deliverFirst = (): void => {
    if (this.closed) return;
    const bytes = this.#bytes!;
    const { hostname, port } = this.#from!;
    const data = Buffer.allocUnsafeSlow(bytes.length);
    data.set(bytes);
    this.#goOn();
    const address = this.#family === 6 ? this.#scope.complete(hostname) : hostname;
    const family = this.#family === 6 ? "IPv6" : "IPv4";
    this.host.message(data, { address, family, port, size: data.length });
  };

  #deliverNext = (): void => {
    if (this.closed) return;
    const batch = this.#batch;
    const at = this.#next++;
    const data = batch.data[at];
    const from = batch.from[at];
    this.#goOn();
    this.host.message(data, from);
  };

  /** To be called before the listeners, which could change the asynchronous context of what is to follow. */
  #goOn(): void {
    const { count } = this.#batch;
    if (this.#next < count) queueMicrotask(this.#afterMicrotasks);
    else if (count === RECEIVE_SLOTS) setImmediate(this.#readMore);
    else this.#receive();
  }

  /** The next message comes after the ticks and the microtasks of the one before, and after theirs, as on Node. */
  #afterMicrotasks = (): void => nextTick(this.#afterTicks);

  #afterTicks = (): void => queueMicrotask(this.#afterTheirMicrotasks);

  #afterTheirMicrotasks = (): void => nextTick(this.#deliverNext);

  /** Others had their turn. */
  #readMore = (): void => {
    if (this.closed) return;
    this.#read();
    if (this.#batch.count > 0) nextTick(this.#deliverNext);
    else this.#receive();
  };

  #receiveFailed = (error: unknown): void => {
    this.#receiving = false;
    if (this.closed) {
      giveBack(this.#buffer);
      return;
    }
    const errno = errnoOf(error);
    nextTick(() => this.closed || this.host.receiveError(errno, "recvmsg"));
    // An error that lasts must not keep everything else from running.
    setImmediate(() => this.closed || this.#receive());
  };
}
