import { setImmediate } from "../common/timers.ts";
import { nextTick } from "../../core/process.ts";
import type { Family, Host, OpenOptions } from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { giveBack, takeBuffer } from "./buffers.ts";
import { mayUseHost } from "./permissions.ts";
import { LinkLocalScope } from "./scope.ts";
import type { DatagramConn, DenoAddress } from "./types.ts";
import { errnoOf } from "../common/errno.ts";
import { KeepAliveWhilePaused } from "../common/keep_alive.ts";
import { KernelHandle } from "../kernel/handle.ts";
import type { Descriptor } from "../libc/descriptor.ts";
import { copyFor, type CopyMessage } from "../common/message_memory.ts";
import { vacate } from "./vacate.ts";

/** A socket of `Deno.listenDatagram` that waits for libc on its descriptor. */
export class DenoKernelHandle extends KernelHandle {
  readonly #conn: DatagramConn;
  readonly #family: Family;
  readonly #scope: LinkLocalScope;
  readonly #buffer: Uint8Array = takeBuffer();
  readonly #copy: CopyMessage;
  readonly #keepAlive = new KeepAliveWhilePaused();
  #bytes: Uint8Array | null = null;
  #from: DenoAddress | null = null;
  #receiving = false;

  constructor(conn: DatagramConn, kernel: Descriptor, options: OpenOptions, host: Host) {
    const { pooledMessages, segmentation } = options;
    super(kernel, host, null, { pooledMessages, segmentation });
    this.#conn = conn;
    this.#copy = copyFor(pooledMessages);
    this.#family = options.family;
    this.#scope = new LinkLocalScope(options.address);
    // Deno 2.9.5 opens sockets with it on, which is off everywhere else.
    kernel.set("broadcast", 0);
    this.wait();
  }

  ref(): void {
    this.#conn.ref?.();
    this.#keepAlive.ref();
  }

  unref(): void {
    this.#conn.unref?.();
    this.#keepAlive.unref();
  }

  protected allows(address: string, port: number): boolean {
    return mayUseHost(address, port);
  }

  wait(): void {
    this.#receiving = true;
    this.#conn.receive(this.#buffer).then(this.#received, this.#receiveFailed);
  }

  /** It waits only when it is told to. */
  override hold(): number {
    this.#keepAlive.setPaused(true);
    return 0;
  }

  override letGo(): void {
    this.#keepAlive.setPaused(false);
  }

  protected release(): void {
    this.#keepAlive.setPaused(false);
    const isOurs = this.kernel.isOurs();
    // Deno holds the descriptor until the pending receive has ended.
    vacate(this.kernel);
    if (isOurs) this.#conn.close();
    else this.#conn.unref?.();
    if (!this.#receiving) giveBack(this.#buffer);
  }

  #received = ([bytes, from]: [Uint8Array, DenoAddress]): void => {
    this.#receiving = false;
    if (this.closed) {
      giveBack(this.#buffer);
      return;
    }
    this.#bytes = bytes;
    this.#from = from;
    nextTick(this.#deliver);
  };

  #deliver = (): void => {
    if (this.closed) return;
    const bytes = this.#bytes!;
    const { hostname, port } = this.#from!;
    const data = this.#copy(bytes, 0, bytes.length);
    const address = this.#family === 6 ? this.#scope.complete(hostname) : hostname;
    this.woken(data, { address, family: this.#family === 6 ? "IPv6" : "IPv4", port, size: data.length });
  };

  #receiveFailed = (error: unknown): void => {
    this.#receiving = false;
    if (this.closed) {
      giveBack(this.#buffer);
      return;
    }
    const errno = errnoOf(error);
    if (errno !== getErrno("EINTR")) nextTick(() => this.closed || this.host.receiveError(errno, "recvmsg"));
    // An error that lasts must not keep everything else from running.
    setImmediate(() => this.closed || this.start());
  };
}
