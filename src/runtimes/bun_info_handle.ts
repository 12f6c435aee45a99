import type { Buffer } from "node:buffer";
import { nextTick } from "node:process";
import type { Host, OpenOptions } from "../core/backend.ts";
import type { BunHandlers, BunSocket } from "./bun_types.ts";
import { KernelHandle } from "./kernel_handle.ts";
import type { Libc } from "./libc/libc.ts";
import { standInWithBell } from "./libc/stand_in.ts";
import { type SocketWithInfo, withReceiveInfo } from "./receive_info.ts";

/** A socket of `Bun.udpSocket` that only wakes: libc receives what the kernel tells with each datagram, and sends. */
export class BunInfoHandle extends KernelHandle {
  readonly #socket: BunSocket;

  constructor(socket: BunSocket, { kernel, standIn }: SocketWithInfo, relay: Relay, host: Host) {
    super(kernel, host, standIn);
    this.#socket = socket;
    kernel.leaveErrorQueue();
    relay.heard = (data, port, address) =>
      nextTick(() => this.closed || this.woken(data, { address, family: "IPv4", port, size: data.length }));
    this.start();
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  protected allows(): boolean {
    return true;
  }

  /** It always does. */
  protected wait(): void {}

  protected release(): void {
    this.kernel.close();
    this.#socket.close();
  }
}

/** What Bun calls. */
class Relay {
  heard: (data: Buffer, port: number, address: string) => void = () => {};

  readonly handlers: BunHandlers = {
    data: (_socket, data, port, address) => this.heard(data, port, address),
    error: () => {},
  };
}

/** Opens a socket that tells what the kernel knows of each datagram. `open` throws, or answers one with these handlers. */
export function openBunWithInfo(
  libc: Libc,
  { family }: OpenOptions,
  host: Host,
  open: (handlers: BunHandlers) => BunSocket,
): BunInfoHandle | number {
  const relay = new Relay();
  const socket = open(relay.handlers);
  const moved = withReceiveInfo(libc, socket.fd, family, standInWithBell);
  if (typeof moved !== "number") return new BunInfoHandle(socket, moved, relay, host);
  socket.close();
  return moved;
}
