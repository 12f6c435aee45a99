/**
 * Wakes Deno when the kernel keeps an error of a socket, of which Deno 2.9.6 hears nothing: it waits for what can be read
 * or written. An epoll with the socket in it can be read then, and a pipe of Deno's node:net is made of any descriptor.
 * Deno looks there once it is woken, and does not wait on where it finds something. So a socket with one byte stands at
 * the number that it reads, where it finds nothing before `arm`.
 */
import { clearTimeout, setTimeout } from "node:timers";
import type { KernelCalls } from "../core/kernel_socket.ts";
import { getProcess } from "../core/process.ts";

/** What a pipe of Deno's is made of. */
interface Pipe {
  onread: unknown;
  open(fd: number): number;
  readStart(): number;
  unref(): void;
  close(): void;
}

/** Memory as a call takes it. */
type Pointer = { readonly pointer: unique symbol };

/** The C library on Linux, as far as it is needed here. */
interface Libc extends KernelCalls {
  readonly layout: KernelCalls["layout"] & {
    readonly datagram: number;
    readonly descriptors: {
      readonly closeOnExec: number;
      readonly duplicate: number;
      readonly setDescriptorFlags: number;
      readonly socketFlags: number;
    };
    readonly linux: { readonly unix: number; readonly epoll: { readonly add: number; readonly flags: number } };
  };
  readonly calls: KernelCalls["calls"] & {
    dup2(fd: number, to: number): number;
    epoll_create1(flags: number): number;
    epoll_ctl(epoll: number, operation: number, fd: number, event: Pointer): number;
    fcntl(fd: number, command: number, value: number): number;
    send(fd: number, data: Uint8Array, length: number, flags: number): number;
    socketpair(domain: number, type: number, protocol: number, both: Pointer): number;
  };
  readonly request: KernelCalls["request"] & { readonly pointer: Pointer };
  close(fd: number): number;
}

const BYTE = new Uint8Array(new ArrayBuffer(128)).subarray(0, 1);
const EVENT_SIZE = 16;
/** ms. By then Deno waits again; before, it would find the byte at once. */
const PAUSE = 1;

export class ErrorBell {
  readonly #libc: Libc;
  readonly #ring: () => void;
  /** What Deno has to close when its thread ends: the epoll, what waits for it, and the other end of what it reads. */
  readonly #pipes: Pipe[] = [];
  #epoll = -1;
  #waiting = -1;
  #other = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Null where there is none: Deno lacks something, or the kernel refuses it. */
  static open(libc: KernelCalls, fd: number, ring: () => void): ErrorBell | null {
    const bell = new ErrorBell(libc as Libc, ring);
    try {
      if (bell.#hang(fd)) return bell;
    } catch {
      // No such binding.
    }
    bell.close();
    return null;
  }

  private constructor(libc: Libc, ring: () => void) {
    this.#libc = libc;
    this.#ring = ring;
  }

  close(): void {
    clearTimeout(this.#timer);
    // What Deno's epoll has under the number stands there again, so that it forgets that.
    if (this.#waiting >= 0) this.#libc.calls.dup2(this.#epoll, this.#waiting);
    for (const pipe of this.#pipes.reverse()) {
      pipe.onread = (): void => {};
      pipe.close();
    }
    this.#pipes.length = 0;
    this.#waiting = -1;
  }

  #hang(fd: number): boolean {
    const { calls, layout, request } = this.#libc;
    const { descriptors, linux: { epoll, unix } } = layout;
    this.#epoll = this.#own(calls.epoll_create1(epoll.flags));
    // No event is asked for, which leaves errors.
    for (let i = 0; i < EVENT_SIZE; i++) request.view.setUint8(i, 0);
    if (this.#epoll < 0 || calls.epoll_ctl(this.#epoll, epoll.add, fd, request.pointer) < 0) return false;
    const waiting = this.#own(calls.fcntl(this.#epoll, descriptors.duplicate, 0));
    if (waiting < 0) return false;
    request.view.setBigInt64(0, -1n, true);
    if (calls.socketpair(unix, layout.datagram | descriptors.socketFlags, 0, request.pointer) < 0) return false;
    const read = request.view.getInt32(0, true);
    this.#other = this.#own(request.view.getInt32(4, true));
    const isThere = this.#other >= 0 && calls.dup2(read, waiting) >= 0;
    this.#libc.close(read);
    if (!isThere) return false;
    this.#waiting = waiting;
    calls.fcntl(waiting, descriptors.setDescriptorFlags, descriptors.closeOnExec);
    const pipe = this.#pipes[1];
    pipe.onread = () => {
      this.#rearm();
      this.#ring();
    };
    if (pipe.readStart() !== 0) return false;
    this.#rearm();
    return true;
  }

  /** Has Deno own a descriptor, or closes it: its number, or a negative one. */
  #own(fd: number): number {
    if (fd < 0) return fd;
    const { Pipe } = (getProcess() as unknown as Bindings).binding("pipe_wrap");
    const pipe = new Pipe(0);
    if (pipe.open(fd) !== 0) {
      this.#libc.close(fd);
      return -1;
    }
    pipe.unref();
    this.#pipes.push(pipe);
    return fd;
  }

  #rearm(): void {
    this.#timer = setTimeout(() => {
      this.#libc.calls.send(this.#other, BYTE, 1, this.#libc.layout.dontWait);
      // What came before it does not ring.
      this.#ring();
    }, PAUSE);
    this.#timer.unref();
  }
}

interface Bindings {
  binding(name: "pipe_wrap"): { readonly Pipe: new (kind: number) => Pipe };
}
