import { nextTick } from "../../core/process.ts";
import { type Host, type OpenOptions, UNAVAILABLE } from "../../core/backend.ts";
import { own, type UdpWrap } from "./adopt.ts";
import { mayUseHost } from "./permissions.ts";
import { KeepAlive } from "../common/keep_alive.ts";
import { KernelHandle } from "../kernel/handle.ts";
import type { Descriptor } from "../libc/descriptor.ts";
import { Identity } from "../libc/identity.ts";
import type { Libc } from "../libc/libc.ts";
import { duplicate } from "../libc/numbers.ts";
import { type Bell, putBell } from "../libc/bell.ts";
import { askForControl } from "../kernel/receive_info.ts";

/** A ring has one byte. */
const RING_SIZE = 64;

/** What wakes Deno, and what Deno waits with. */
export interface Waker {
  readonly wrap: UdpWrap;
  readonly bell: Bell;
}

/** A socket that Deno owns and libc alone receives from. Another, in whose place a bell is, has Deno wait for it. */
export class DenoControlHandle extends KernelHandle {
  readonly #owner: UdpWrap;
  readonly #waker: UdpWrap;
  readonly #bell: Bell;
  readonly #keepAlive = new KeepAlive();

  constructor(owner: UdpWrap, kernel: Descriptor, host: Host, asked: OpenOptions, waker: Waker) {
    super(kernel, host, waker.bell, asked);
    this.#owner = owner;
    this.#waker = waker.wrap;
    this.#bell = waker.bell;
    this.#keepAlive.ref();
    // Deno 2.9.5 takes memory of that size for each receive.
    this.#waker.bufferSize(RING_SIZE, true, {});
    this.#waker.onmessage = () => nextTick(this.rung);
    this.#waker.recvStart();
    this.start();
  }

  ref(): void {
    this.#keepAlive.ref();
  }

  unref(): void {
    this.#keepAlive.unref();
  }

  protected allows(address: string, port: number): boolean {
    return mayUseHost(address, port);
  }

  /** It always does. */
  wait(): void {}

  protected release(): void {
    const isOurs = this.kernel.isOurs();
    if (isOurs) this.#bell.end(this.kernel.fd);
    this.#keepAlive.unref();
    this.kernel.close();
    if (isOurs) this.#owner.close();
    this.#waker.recvStop();
    this.#waker.close();
  }
}

/** Asks for control messages, and for what wakes Deno when there is something to read from the socket; or an errno. */
export function openWaker(libc: Libc, kernel: Descriptor, asked: OpenOptions): Waker | number {
  const fd = duplicate(libc, kernel.fd);
  if (fd < 0) return fd;
  const wrap = own(fd);
  if (typeof wrap === "number" || "fdType" in wrap) {
    if (new Identity(libc, kernel.fd).isAt(fd)) libc.close(fd);
    return typeof wrap === "number" ? wrap : UNAVAILABLE;
  }
  // The options last: without a bell it is Deno that receives.
  const bell = putBell(libc, fd);
  if (typeof bell === "number") {
    wrap.close();
    return bell;
  }
  const errno = askForControl(libc, kernel, asked);
  if (errno === 0) return { wrap, bell };
  bell.end(kernel.fd);
  wrap.close();
  return errno;
}
