/** A socket's receiving side: what came, and when the program is told. */
import type { AsyncResource } from "node:async_hooks";
import type { Family, Host, MessageBuffer, OpenOptions, RemoteInfo } from "../core/backend.ts";
import type { KernelIcmpError } from "../core/kernel_socket.ts";
import { asyncResource } from "../core/builtins.ts";
import type { HostStack } from "./host_stack.ts";
import type { Interface } from "./interfaces.ts";
import { keepsContexts, KeptContext } from "./kept_context.ts";
import { copyOf, type Packet } from "./packet.ts";
import { ReceiveBuffer, type Received } from "./receive_buffer.ts";
import { readInto } from "./remote_info.ts";
import type { Task } from "./timeline.ts";

export abstract class Receiver extends ReceiveBuffer implements Task {
  readonly family: Family;
  protected readonly stack: HostStack;
  readonly #host: Host;
  readonly #resource: AsyncResource = new (asyncResource())("UDPWRAP");
  #kept: KeptContext | null = null;
  /** What the kernel tells with the next call, or else by itself. */
  #error = 0;
  #waitsForTurn = false;
  #paused = false;
  #isClosed = false;
  /** Is told of each ICMP error: then none of them spoils a send. */
  protected icmpListener: ((error: KernelIcmpError) => void) | null = null;
  readonly #receiveInfo: boolean;

  constructor(stack: HostStack, host: Host, { family, receiveInfo }: OpenOptions) {
    super();
    this.family = family;
    this.stack = stack;
    this.#host = host;
    this.#receiveInfo = receiveInfo === true;
  }

  pause(): number {
    this.#paused = true;
    return 0;
  }

  resume(): void {
    this.#paused = false;
    if (!this.isEmpty) this.#askForTurn();
  }

  /** Takes a packet, or loses it for want of room. `shared`: others have its bytes, too. */
  receive(packet: Packet, through: Interface, hopLimit: number, trafficClass: number, shared = false): void {
    const { wire } = this.stack;
    if (!this.hold({ packet, through, hopLimit, trafficClass, time: wire.timeline.now, shared })) {
      return wire.tell(packet, this.stack, "no room", "the receive buffer is full");
    }
    if (wire.tracing) wire.tell(packet, this.stack, "delivered");
    this.#askForTurn();
  }

  enter(): boolean {
    return keepsContexts && (this.#kept ??= new KeptContext(this.#resource, this.stack.wire.timeline)).enter();
  }

  happen(): void {
    this.#waitsForTurn = false;
    if (this.#isClosed) return;
    if (this.#kept?.isEntered) this.#read();
    else this.#resource.runInAsyncScope(this.#read, this);
  }

  /** The error that a send is told, in place of what it would do; 0 if there is none. */
  protected takeError(): number {
    const errno = this.#error;
    if (errno !== 0) this.#error = 0;
    return errno;
  }

  /** Has the program told of an ICMP error. */
  protected keepError(errno: number): void {
    this.#error = errno;
    this.#askForTurn();
  }

  /** Tells nothing any more. */
  protected endReceiving(): void {
    this.#isClosed = true;
    const { wire } = this.stack;
    if (wire.tracing) {
      for (const { packet } of this.left()) wire.tell(packet, this.stack, "lost", "the socket was closed");
    }
    this.empty();
  }

  /** Tells that the socket was closed by somebody else. */
  protected tellClosed(): void {
    this.#resource.runInAsyncScope(this.#host.closed, this.#host);
  }

  /** Tells that there is room to send again. */
  protected tellDrained(): void {
    if (!this.#isClosed) this.#resource.runInAsyncScope(this.#host.drained, this.#host);
  }

  /** Reads one datagram, or all that there are where they are told together. */
  #read(): void {
    const host = this.#host;
    const errno = this.takeError();
    if (errno !== 0) {
      this.#askForTurn();
      return host.receiveError(errno, "recvmsg");
    }
    if (this.#paused || this.isEmpty) return;
    if (host.messages !== undefined) return this.#tellAll();
    const received = this.take();
    if (!this.isEmpty) {
      this.#waitsForTurn = true;
      this.stack.wire.timeline.pushFirst(this);
    }
    const from = readInto(received, this.family, this.#receiveInfo);
    const wanted = host.message(this.#ownData(received), from);
    if (wanted === false) this.stack.wire.tell(received.packet, this.stack, "blocked", "the socket does not take it");
  }

  #tellAll(): void {
    const data: MessageBuffer[] = [];
    const from: RemoteInfo[] = [];
    while (!this.isEmpty) {
      const received = this.take();
      data.push(this.#ownData(received));
      from.push(readInto(received, this.family, this.#receiveInfo));
    }
    this.#host.messages!(data, from, data.length);
  }

  /** In memory that nobody else reads. */
  #ownData({ packet: { data }, shared }: Received): MessageBuffer {
    return shared || this.stack.wire.tracing ? copyOf(data) : data as MessageBuffer;
  }

  #askForTurn(): void {
    if (this.#waitsForTurn || this.#isClosed) return;
    if (this.#error === 0 && (this.#paused || this.isEmpty)) return;
    this.#waitsForTurn = true;
    this.stack.wire.timeline.push(this);
  }
}
