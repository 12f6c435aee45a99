import type { Buffer } from "node:buffer";
import type { Socket as DgramSocket } from "node:dgram";
import { EventEmitter } from "node:events";
import {
  type AddressInfo,
  type Datagram,
  type Handle,
  type Host,
  type Membership,
  type NumericOption,
  type RemoteInfo,
  UNAVAILABLE,
} from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";
import { KeepAliveWhilePaused } from "./keep_alive.ts";
import { errnoOf, udpWrapOf } from "./node_dgram.ts";

/** How long close() waits for room for a datagram without a callback: ms. */
const PATIENCE = 1000;

/** Those of node:dgram; a switch is whatever is true. */
const SETTERS = {
  broadcast: "setBroadcast",
  ttl: "setTTL",
  multicastTTL: "setMulticastTTL",
  multicastLoopback: "setMulticastLoopback",
  recvBufferSize: "setRecvBufferSize",
  sendBufferSize: "setSendBufferSize",
} as const;

/** A socket of node:dgram. */
export class NodeHandle implements Handle {
  readonly deferred = true;
  readonly inner: DgramSocket;
  readonly #host: Host;
  readonly #keepAlive = new KeepAliveWhilePaused();
  #closed = false;
  #connected = false;
  #canceled = false;

  /** @param inner bound. Replacing its emit costs a third of a listener that emits again. */
  constructor(inner: DgramSocket, host: Host) {
    this.inner = inner;
    this.#host = host;
    inner.emit = ((event: string | symbol, first?: unknown, second?: unknown): boolean => {
      if (this.#closed) return false;
      if (event === "message") host.message(first as Buffer, second as RemoteInfo);
      else if (event === "error") this.#fail(first as NodeJS.ErrnoException);
      else return EventEmitter.prototype.emit.call(inner, event, first, second);
      return true;
    }) as DgramSocket["emit"];
  }

  get queueSize(): number {
    return this.#canceled ? 0 : this.inner.getSendQueueSize();
  }

  get queueCount(): number {
    return this.#canceled ? 0 : this.inner.getSendQueueCount();
  }

  address(): AddressInfo | number {
    return attempt(() => this.inner.address() as AddressInfo);
  }

  remoteAddress(): AddressInfo | number {
    return attempt(() => this.inner.remoteAddress() as AddressInfo);
  }

  send(datagram: Datagram): number {
    if (this.inner.getSendQueueCount() > 0) return this.#wait();
    // It waited for room while the socket was disconnected from its peer and connected to another.
    if (datagram.address !== null && this.#connected) return getErrno("EISCONN");
    const host = this.#host;
    const done = datagram.watched
      ? (error: NodeJS.ErrnoException | null): void => host.sent(datagram, error ? errnoOf(error) : 0)
      : undefined;
    if (datagram.address === null) this.inner.send(datagram.data, done);
    else this.inner.send(datagram.data, datagram.port, datagram.address, done);
    // Without a callback node:dgram keeps the result to itself.
    if (done === undefined) host.sent(datagram, 0);
    return 1;
  }

  sendBatch(datagrams: readonly Datagram[], from: number, to: number): number {
    for (let i = from; i < to; i++) this.send(datagrams[i]);
    return to - from;
  }

  connect(address: string, port: number): number {
    const errno = this.#connect(address, port);
    this.#connected = errno === 0;
    return errno;
  }

  #connect(address: string, port: number): number {
    const inner = this.inner as unknown as { connectSync?(port: number, address: string): void };
    if (inner.connectSync === undefined) return this.#connectOnOldNode(address, port);
    return attempt(() => inner.connectSync!(port, address)) ?? 0;
  }

  /** Before connectSync (Node 24.21, 26.4) the reason of a failure comes a tick later: ask the kernel again for it. */
  #connectOnOldNode(address: string, port: number): number {
    const { inner } = this;
    inner.connect(port, address, () => {});
    try {
      inner.remoteAddress();
      return 0;
    } catch {
      return udpWrapOf(inner)!.connect(address, port);
    }
  }

  disconnect(): number {
    this.#connected = false;
    return attempt(() => this.inner.disconnect()) ?? 0;
  }

  set(option: NumericOption, value: number): number {
    return attempt(() => {
      (this.inner[SETTERS[option]] as (value: number) => void).call(this.inner, value);
      return 0;
    });
  }

  get(option: "recvBufferSize" | "sendBufferSize"): number {
    const { inner } = this;
    return attempt(() => option === "recvBufferSize" ? inner.getRecvBufferSize() : inner.getSendBufferSize());
  }

  setMulticastInterface(address: string): number {
    return attempt(() => this.inner.setMulticastInterface(address)) ?? 0;
  }

  join(membership: Membership): number {
    return this.#change("add", membership);
  }

  leave(membership: Membership): number {
    return this.#change("drop", membership);
  }

  ref(): void {
    this.inner.ref();
    this.#keepAlive.setReferenced(true);
  }

  unref(): void {
    this.inner.unref();
    this.#keepAlive.setReferenced(false);
  }

  pause(): number {
    const errno = udpWrapOf(this.inner)?.recvStop() ?? UNAVAILABLE;
    if (errno === 0) this.#keepAlive.setPaused(true);
    return errno;
  }

  resume(): void {
    udpWrapOf(this.inner)!.recvStart();
    this.#keepAlive.setPaused(false);
  }

  /** libuv tells the callbacks of what waits, in one of the next turns. */
  cancel(): void {
    this.#canceled = true;
    this.inner.close();
  }

  close(done: () => void): void {
    this.#closed = true;
    this.#keepAlive.setPaused(false);
    if (this.#canceled) done();
    else closeWhenSent(this.inner, performance.now() + PATIENCE, done);
  }

  #change(verb: "add" | "drop", { group, interface: through, source }: Membership): number {
    const { inner } = this;
    return attempt(() =>
      source === undefined
        ? inner[`${verb}Membership`](group, through)
        : inner[`${verb}SourceSpecificMembership`](source, group, through)
    ) ?? 0;
  }

  /** libuv tells nobody when its queue, where datagrams wait for room in the kernel, is empty again. */
  #wait(): number {
    setTimeout(() => {
      if (this.#canceled) return;
      if (this.inner.getSendQueueCount() > 0) this.#wait();
      else this.#host.drained();
    }, 1);
    return 0;
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#host.receiveError(errnoOf(error), error.syscall ?? "recvmsg");
  }
}

function attempt<Result>(call: () => Result): Result | number {
  try {
    return call();
  } catch (error) {
    return errnoOf(error);
  }
}

/**
 * libuv cancels what waits in its queue for room, and tells nobody about a datagram that was sent without a callback.
 * That is one at most; if there is never room for it, the socket is closed all the same.
 */
function closeWhenSent(inner: DgramSocket, latest: number, done: () => void): void {
  if (inner.getSendQueueCount() > 0 && performance.now() < latest) {
    setTimeout(closeWhenSent, 1, inner, latest, done);
  } else {
    inner.close();
    done();
  }
}
