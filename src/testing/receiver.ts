/** A socket's receiving side: what came, and when the program is told. */
import type { AsyncResource } from "node:async_hooks";
import type { Family, Host, MessageBuffer, RemoteInfo } from "../core/backend.ts";
import { asyncResource } from "../core/builtins.ts";
import type { HostStack } from "./host_stack.ts";
import { KeptContext, keepsContexts } from "./kept_context.ts";
import { copyOf } from "./packet.ts";
import { ReceiveBuffer, type Received } from "./receive_buffer.ts";
import { readInto } from "./remote_info.ts";
import type { Task } from "./timeline.ts";

export class Receiver implements Task {
  readonly buffer: ReceiveBuffer = new ReceiveBuffer();
  /** How many found no room. */
  dropped = 0;
  readonly #stack: HostStack;
  readonly #host: Host;
  readonly #family: Family;
  readonly #receiveInfo: boolean;
  readonly #resource: AsyncResource = new (asyncResource())("UDPWRAP");
  #kept: KeptContext | null = null;
  /** What the kernel tells with the next call, or else by itself. */
  #error = 0;
  #paused = false;
  #waitsForTurn = false;
  #closed = false;

  constructor(stack: HostStack, host: Host, family: Family, receiveInfo: boolean) {
    this.#stack = stack;
    this.#host = host;
    this.#family = family;
    this.#receiveInfo = receiveInfo;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.buffer.length > 0) this.#askForTurn();
  }

  /** The error that a call is told, in place of what it would do; 0 if there is none. */
  takeError(): number {
    const errno = this.#error;
    this.#error = 0;
    return errno;
  }

  close(): void {
    this.#closed = true;
    const { wire } = this.#stack;
    if (wire.tracing) {
      for (const { packet } of this.buffer.left()) wire.tell(packet, this.#stack, "lost", "the socket was closed");
    }
    this.buffer.clear();
  }

  /** Tells that the socket was closed by somebody else. */
  tellClosed(): void {
    this.#resource.runInAsyncScope(this.#host.closed, this.#host);
  }

  /** Tells that there is room to send again. */
  tellDrained(): void {
    if (!this.#closed) this.#resource.runInAsyncScope(this.#host.drained, this.#host);
  }

  /** Takes a packet, or loses it for want of room. */
  receive(received: Received): void {
    const { wire } = this.#stack;
    const { packet } = received;
    if (!this.buffer.add(received)) {
      this.dropped++;
      return wire.tell(packet, this.#stack, "no room", "the receive buffer is full");
    }
    if (wire.tracing) wire.tell(packet, this.#stack, "delivered");
    this.#askForTurn();
  }

  /** An ICMP error came. */
  fail(errno: number): void {
    this.#error = errno;
    this.#askForTurn();
  }

  enter(): boolean {
    return keepsContexts && (this.#kept ??= new KeptContext(this.#resource, this.#stack.wire.timeline)).enter();
  }

  happen(): void {
    this.#waitsForTurn = false;
    if (this.#closed) return;
    if (this.#kept?.isEntered) this.#read();
    else this.#resource.runInAsyncScope(this.#read, this);
  }

  /** Reads one datagram, or all that there are where they are told together. */
  #read(): void {
    const host = this.#host;
    const errno = this.takeError();
    if (errno !== 0) {
      this.#askForTurn();
      return host.receiveError(errno, "recvmsg");
    }
    if (this.#paused || this.buffer.length === 0) return;
    if (host.messages !== undefined) return this.#tellAll();
    const received = this.buffer.take();
    if (this.buffer.length > 0) {
      this.#waitsForTurn = true;
      this.#stack.wire.timeline.pushFirst(this);
    }
    const from = readInto(received, this.#family, this.#receiveInfo);
    const wanted = host.message(this.#ownData(received), from);
    if (wanted === false) this.#stack.wire.tell(received.packet, this.#stack, "blocked", "the socket does not take it");
  }

  #tellAll(): void {
    const data: MessageBuffer[] = [];
    const from: RemoteInfo[] = [];
    while (this.buffer.length > 0) {
      const received = this.buffer.take();
      data.push(this.#ownData(received));
      from.push(readInto(received, this.#family, this.#receiveInfo));
    }
    this.#host.messages!(data, from, data.length);
  }

  /** In memory that nobody else reads. */
  #ownData({ packet: { data }, shared }: Received): MessageBuffer {
    return shared || this.#stack.wire.tracing ? copyOf(data) : data;
  }

  #askForTurn(): void {
    if (this.#waitsForTurn || this.#closed) return;
    if (this.#error === 0 && (this.#paused || this.buffer.length === 0)) return;
    this.#waitsForTurn = true;
    this.#stack.wire.timeline.push(this);
  }
}
