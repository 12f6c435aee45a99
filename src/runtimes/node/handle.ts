import type { Socket as DgramSocket } from "node:dgram";
import { clearTimeout, setTimeout } from "../common/timers.ts";
import { EventEmitter } from "../../core/event_emitter.ts";
import {
  type AddressInfo,
  type Datagram,
  type Handle,
  type Host,
  type Membership,
  type MessageBuffer,
  type NumericOption,
  type RemoteInfo,
  UNAVAILABLE,
} from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { nameOf } from "../../core/option_name.ts";
import { KeepAliveWhilePaused } from "../common/keep_alive.ts";
import { errnoOfDgram, udpWrapOf } from "./dgram.ts";

/** The methods of node:dgram for the options. */
type Options = Record<`set${string}`, (value: number) => void> & Record<`get${string}`, () => number>;

/** A socket of node:dgram. */
export class NodeHandle implements Handle {
  readonly deferred = true;
  readonly prompt = true;
  readonly inner: DgramSocket;
  readonly #host: Host;
  readonly #keepAlive = new KeepAliveWhilePaused();
  #closed = false;
  #connected = false;
  #canceled = false;
  /** libuv's queue may hold something. Each datagram is sent with a callback then, by which its end is known. */
  #congested = false;
  /** Callbacks to come. While there are some, nobody need look. */
  #awaited = 0;
  /** libuv's queue has one to the peer, without an address: it would go to whoever is the peer when it leaves. */
  #unaddressed: Datagram | null = null;
  /** Who was its peer. Until it has left, or has been refused for want of one, nothing else leaves. */
  #formerPeer: AddressInfo | null = null;
  /** The peer to connect to then. */
  #nextPeer: AddressInfo | null = null;
  /** Looks whether libuv's queue is empty again, where no callback will tell it. */
  #look: ReturnType<typeof setTimeout> | undefined;

  /** @param inner bound. Replacing its emit costs a third of a listener that emits again. */
  constructor(inner: DgramSocket, host: Host) {
    this.inner = inner;
    this.#host = host;
    inner.emit = ((event: string | symbol, first?: unknown, second?: unknown): boolean => {
      if (event === "message") this.#closed || host.message(first as MessageBuffer, second as RemoteInfo);
      else if (event === "error") {
        this.#closed ||
          host.receiveError(errnoOfDgram(first), (first as NodeJS.ErrnoException).syscall ?? "recvmsg");
      } else return EventEmitter.prototype.emit.call(inner, event, first, second);
      return true;
    }) as DgramSocket["emit"];
  }

  get queueSize(): number {
    return this.#congested ? this.inner.getSendQueueSize() : 0;
  }

  get queueCount(): number {
    return this.#congested ? this.inner.getSendQueueCount() : 0;
  }

  address(): AddressInfo | number {
    return attempt(() => this.inner.address() as AddressInfo);
  }

  remoteAddress(): AddressInfo | number {
    return this.#nextPeer ?? attempt(() => this.inner.remoteAddress() as AddressInfo);
  }

  /**
   * What the kernel has no room for waits in libuv's queue, where it keeps its destination whatever the socket is
   * connected to later. One to the peer has none there: it waits in the core, which knows when the peer changes, but
   * for the one that shows that there is no room.
   */
  send(datagram: Datagram): number {
    const toPeer = datagram.address === null;
    if (!toPeer && this.#connected) return getErrno("EISCONN");
    const congested = this.#isCongested();
    if (this.#formerPeer || toPeer && (congested || this.#nextPeer)) return this.#wait();
    const heard = congested || datagram.watched;
    this.#hand(datagram, datagram.address, datagram.port, heard);
    if (toPeer && this.#congested) this.#unaddressed = datagram;
    if (heard) return 1;
    // Without a callback node:dgram keeps the result to itself.
    if (this.#congested) this.#wait();
    this.#host.sent(datagram, 0);
    return 1;
  }

  /** `untold` is false if its end has been told already. */
  #hand(datagram: Datagram, address: string | null, port: number, heard: boolean, untold = heard): void {
    const { inner } = this;
    const done = heard
      ? (error: NodeJS.ErrnoException | null): void => {
        if (--this.#awaited === 0 && (this.#isCongested() || this.#formerPeer !== null)) this.#wait();
        this.#ended(datagram, error ? errnoOfDgram(error) : 0, untold);
      }
      : undefined;
    if (address === null) inner.send(datagram.data, done);
    else inner.send(datagram.data, port, address, done);
    if (heard) this.#awaited++;
    // What was there before is there still: each question is a call into the runtime.
    this.#congested ||= inner.getSendQueueCount() > 0;
  }

  #ended(datagram: Datagram, errno: number, untold: boolean): void {
    if (datagram !== this.#unaddressed) return this.#tell(datagram, errno, untold);
    const peer = this.#formerPeer;
    this.#unaddressed = this.#formerPeer = null;
    const refused = peer !== null && errno === getErrno("EDESTADDRREQ");
    if (refused) this.#hand(datagram, peer.address, peer.port, true, untold);
    if (peer !== null && !this.#canceled) {
      // The others that were sent to it, before there is another one.
      this.#host.drained();
      const next = this.#nextPeer;
      if (next !== null) {
        this.#nextPeer = null;
        const errno = this.connect(next.address, next.port);
        if (errno < 0) this.#host.receiveError(errno, "connect");
      }
    }
    if (!refused) this.#tell(datagram, errno, untold);
  }

  #tell(datagram: Datagram, errno: number, untold: boolean): void {
    if (untold) this.#host.sent(datagram, errno);
    else if (!this.#closed) this.#host.drained();
  }

  sendBatch(datagrams: readonly Datagram[], from: number, _to: number): number {
    return this.send(datagrams[from]);
  }

  connect(address: string, port: number): number {
    if (this.#formerPeer !== null) {
      this.#nextPeer = { address, family: address.includes(":") ? "IPv6" : "IPv4", port };
      return 0;
    }
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
    if (this.#formerPeer !== null) {
      this.#nextPeer = null;
      return 0;
    }
    const peer = this.#unaddressed && this.#isCongested() ? this.remoteAddress() : null;
    if (typeof peer !== "number") this.#formerPeer = peer;
    this.#connected = false;
    return attempt(() => this.inner.disconnect()) ?? 0;
  }

  set(option: NumericOption, value: number): number {
    return attempt(() => {
      // A switch is whatever is true.
      (this.inner as unknown as Options)[`set${nameOf(option)}`](value);
      return 0;
    });
  }

  get(option: "recvBufferSize" | "sendBufferSize"): number {
    return attempt(() => (this.inner as unknown as Options)[`get${nameOf(option)}`]());
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
    this.#keepAlive.ref();
  }

  unref(): void {
    this.inner.unref();
    this.#keepAlive.unref();
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
    this.#release();
    this.inner.close();
  }

  close(done: () => void): void {
    this.#release();
    if (!this.#canceled) this.inner.close();
    done();
  }

  /** To be called when somebody else is about to close `inner`. */
  closedBelow(): void {
    if (this.#closed) return;
    this.#release();
    this.#host.closed();
  }

  #release(): void {
    this.#closed = true;
    // libuv's queue can't be asked any more.
    this.#congested = false;
    this.#keepAlive.setPaused(false);
    clearTimeout(this.#look);
  }

  #change(verb: "add" | "drop", { group, interface: through, source }: Membership): number {
    const { inner } = this;
    return attempt(() =>
      source === undefined
        ? inner[`${verb}Membership`](group, through)
        : inner[`${verb}SourceSpecificMembership`](source, group, through)
    ) ?? 0;
  }

  #isCongested(): boolean {
    return this.#congested = this.queueCount > 0;
  }

  /** libuv tells nobody but the callbacks when its queue is empty again. */
  #wait(): number {
    if (this.#awaited === 0) {
      this.#look ??= setTimeout(() => {
        this.#look = undefined;
        if (this.#isCongested()) this.#wait();
        // Without a callback its end is known all the same: it left, or it was refused for want of its peer.
        else if (this.#formerPeer !== null && this.#awaited === 0) {
          this.#ended(this.#unaddressed!, getErrno("EDESTADDRREQ"), false);
        } else this.#host.drained();
      }, 1);
    }
    return 0;
  }
}

function attempt<Result>(call: () => Result): Result | number {
  try {
    return call();
  } catch (error) {
    return errnoOfDgram(error);
  }
}
