import { setImmediate } from "node:timers";
import type { Family, Handle } from "../core/backend.ts";
import type { KernelCalls, KernelIcmpError, KernelSocket } from "../core/kernel_socket.ts";
import { getErrno } from "../core/errors.ts";
import { ErrorBell } from "./error_bell.ts";
import { ErrorQueue } from "./error_queue.ts";
import { isOfIcmp } from "./icmp_errnos.ts";
import { LINUX, MTU_DISCOVERY } from "./linux.ts";
import { Looks } from "./looks.ts";

const queues: WeakMap<KernelCalls, ErrorQueue> = new WeakMap();

/** More than one error can come between two attempts to send. */
const ATTEMPTS = 8;
/** Errors that are read in one turn. */
const MOST = 256;

/**
 * Stands around a socket that libc receives from, and has its errors told. As long as the kernel keeps one, epoll says
 * so in each turn; so the queue is read wherever somebody may have taken the error that woke the runtime: before each
 * receive, and after each send that did not go as it should. No error is shown to whom it is not about.
 */
export class QueueWatch {
  readonly #family: Family;
  readonly #handle: Handle;
  readonly #kernel: KernelSocket;
  readonly #libc: KernelCalls;
  readonly #queue: ErrorQueue;
  readonly #tell: (errors: readonly KernelIcmpError[]) => void;
  readonly #isDeaf: () => boolean;
  readonly #looks = new Looks(() => this.#read());
  #isOn = false;
  /** It is off as long as the socket may leave for another process. */
  #isLeaving = false;
  /** There where the runtime is not woken by errors, and this wakes it. */
  #bell: ErrorBell | null = null;
  #takeError!: () => number;
  /** Of a row that comes back nobody knows which datagram it is about. */
  #rows: unknown;

  /**
   * @param isPaused whether nobody waits for what arrives
   * @param tell must not call the user's functions
   */
  constructor(
    handle: Handle,
    family: Family,
    isPaused: () => boolean,
    tell: (errors: readonly KernelIcmpError[]) => void,
  ) {
    const kernel = handle.kernel!;
    const libc = kernel.libc!;
    this.#handle = handle;
    this.#kernel = kernel;
    this.#libc = libc;
    this.#family = family;
    this.#tell = tell;
    this.#isDeaf = () => this.#bell === null && (libc.openBell !== null || isPaused());
    this.#queue = queues.get(libc) ?? new ErrorQueue(libc);
    queues.set(libc, this.#queue);
    this.#standAroundHandle();
    this.#standAroundKernel();
  }

  /** 0 or an errno. */
  begin(): number {
    const errno = this.#set(1);
    this.#isOn = errno === 0;
    if (errno < 0) {
      this.#set(0);
      return errno;
    }
    this.#rows = this.#kernel.rows;
    this.#kernel.rows = null;
    if (this.#libc.openBell !== null) {
      this.#bell = ErrorBell.open(this.#libc, this.#kernel.fd, () => this.#read());
    }
    return errno;
  }

  /** The kernel empties the queue; the error that waits on the socket is nobody's then. */
  end(): void {
    this.#isLeaving = false;
    if (!this.#isOn) return;
    this.#isOn = false;
    this.#kernel.rows = this.#rows;
    this.#looks.end();
    this.#bell?.close();
    this.#bell = null;
    if (this.#set(0) === 0) this.#takeError();
  }

  /** True if routers may cut what is too long. */
  cuts(version: Family): boolean {
    const { level, mtuDiscovery } = LINUX[version];
    return this.#libc.getOption(this.#kernel.fd, level, mtuDiscovery) === MTU_DISCOVERY.none;
  }

  /** Of IPv6 sockets also for what they send as IPv4: 0 or an errno. */
  #set(value: number): number {
    const kernel = this.#kernel;
    if (!kernel.isOurs()) return getErrno("EBADF");
    const set = (version: Family): number =>
      this.#libc.setOption(kernel.fd, LINUX[version].level, LINUX[version].errors, value);
    return set(4) || (this.#family === 6 ? set(6) : 0);
  }

  #standAroundHandle(): void {
    const handle = this.#handle;
    const { send, sendBatch, resume, close } = handle;
    handle.send = (datagram) =>
      this.#isOn ? this.#send(() => send.call(handle, datagram), 1) : send.call(handle, datagram);
    handle.sendBatch = (datagrams, from, to) =>
      this.#isOn
        ? this.#send(() => sendBatch.call(handle, datagrams, from, to), to - from)
        : sendBatch.call(handle, datagrams, from, to);
    handle.resume = () => {
      resume!.call(handle);
      if (!this.#isLeaving) return;
      this.#isLeaving = false;
      this.begin();
    };
    handle.close = (done) => {
      this.end();
      close.call(handle, done);
    };
  }

  #standAroundKernel(): void {
    const kernel = this.#kernel;
    // Who has it next knows nothing of its errors.
    kernel.beforeHandoff = () => {
      const isOn = this.#isOn;
      this.end();
      this.#isLeaving = isOn;
    };
    const { receive, pendingError } = kernel;
    kernel.receive = (batch, limit) => {
      if (!this.#isOn) return receive!.call(kernel, batch, limit);
      this.#read();
      return this.#again(() => receive!.call(kernel, batch, limit));
    };
    this.#takeError = () => pendingError!.call(kernel);
    kernel.pendingError = () => {
      const errno = this.#takeError();
      if (!this.#isOn) return errno;
      this.#read();
      return isOfIcmp(errno) ? 0 : errno;
    };
  }

  #send(send: () => number, count: number): number {
    const result = this.#again(send);
    // The rest of a batch has met an error, which is not told, or the want of room.
    if (result < count) this.#read();
    if (this.#isDeaf()) this.#looks.begin();
    return result;
  }

  /** Calls again what an error of another datagram has spoiled. */
  #again(call: () => number): number {
    let result = call();
    for (let left = ATTEMPTS; left > 0 && isOfIcmp(result); left--) {
      // It was too long itself.
      if (this.#read().some(({ origin }) => origin === "local")) break;
      result = call();
    }
    return result;
  }

  #read(): readonly KernelIcmpError[] {
    const errors: KernelIcmpError[] = [];
    const kernel = this.#kernel;
    if (!this.#isOn || !kernel.isOurs()) return errors;
    let left = MOST;
    for (; left > 0; left--) {
      const error = this.#queue.read(kernel.fd);
      if (typeof error === "number") break;
      if (error !== null) errors.push(error);
    }
    if (left === 0) setImmediate(() => this.#read());
    if (errors.length > 0) this.#tell(errors);
    return errors;
  }
}
