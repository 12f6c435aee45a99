import type { Datagram } from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { errnoOf } from "../common/errno.ts";
import { OptionHandle } from "../common/option_handle.ts";
import { sendable } from "../common/sendable.ts";
import type { Descriptor } from "../libc/descriptor.ts";
import { addressedTo, type BunEnds } from "./ends.ts";
import { IcmpErrors } from "./icmp.ts";
import type { Parking } from "./joinable.ts";
import type { BunRoom } from "./room.ts";

/** Each ICMP message spoils one later send at most; more than one can arrive between two attempts. */
const ATTEMPTS = 4;

/** What leaves by a socket of `Bun.udpSocket`: by Bun, or by libc what only that can tell the kernel. */
export abstract class BunSender extends OptionHandle {
  kernel: Descriptor | null = null;
  protected abstract readonly room: BunRoom;
  protected ends!: BunEnds;
  protected readonly icmp: IcmpErrors = new IcmpErrors();
  /** Where the socket is while Bun does not have it. */
  protected parking: Parking | null = null;
  /** Filled anew by each batch. */
  readonly #flat: (Uint8Array | number | string)[] = [];

  send(datagram: Datagram): number {
    return datagram.segmentSize || this.parking ? this.#sendByLibc([datagram], 0, 1) : this.#sendByBun(datagram, 0);
  }

  sendBatch(datagrams: readonly Datagram[], from: number, end: number): number {
    if (this.parking) return this.#sendByLibc(datagrams, from, end);
    const { ends, kernel } = this;
    // The kernel may cut what libc sends.
    if (ends.connects && kernel!.rows !== null && kernel!.libc.offloads.send) {
      const accepted = kernel!.sendBatch(datagrams, from, end);
      // Of room Bun tells only after a send of its own, which finds none.
      if (accepted !== 0) return accepted;
    }
    const arePlain = !datagrams[from].segmentSize;
    let to = from + 1;
    while (to < end && !datagrams[to].segmentSize === arePlain) to++;
    if (!arePlain) return this.#sendByLibc(datagrams, from, to);
    ends.hasSent = true;
    const flat = this.#flat;
    flat.length = (to - from) * 3;
    for (let i = from, at = 0; i < to; i++) {
      const datagram = datagrams[i];
      const end = datagram.address === null ? ends.peer! : datagram as Datagram & { address: string };
      flat[at++] = datagram.data;
      flat[at++] = end.port;
      flat[at++] = sendable(end.address);
    }
    try {
      return ends.socket.sendMany(flat) || this.room.wait();
    } catch (error) {
      // It concerns the first; the core comes back with the others.
      return this.#sendByBun(datagrams[from], errnoOf(error));
    } finally {
      flat.length = 0;
    }
  }

  /**
   * On Bun 1.4.5 an ICMP error that an earlier datagram brought about, to whichever peer, makes the next send fail,
   * and that datagram is not sent: it is sent again. Without the error queue only a connected socket meets such an error.
   *
   * @param errno what it has failed with already, or 0
   */
  #sendByBun(datagram: Datagram, errno: number): number {
    const { ends, icmp, room } = this;
    ends.hasSent = true;
    const to = datagram.address === null ? ends.peer! : datagram as Datagram & { address: string };
    for (let i = errno && 1; i < ATTEMPTS; i++) {
      if (errno !== 0) {
        if (ends.connects || !icmp.isAny(errno)) break;
        if (ends.peer !== null && icmp.endsSend(errno)) return errno;
      }
      try {
        return ends.socket.send(datagram.data, to.port, sendable(to.address)) ? 1 : room.wait();
      } catch (error) {
        errno = errnoOf(error);
      }
    }
    if (errno !== getErrno("ENOBUFS") && errno !== getErrno("EAGAIN")) return errno;
    // The queue of the interface is full, not the socket's: no event tells when it has room. Nor does one where Bun before
    // 1.4.0 says so of the socket's by an error.
    room.lookSoon();
    return room.wait();
  }

  /** Those of which more is said than bytes and an end, which only libc can tell the kernel, and all while Bun does not have it. */
  #sendByLibc(datagrams: readonly Datagram[], from: number, to: number): number {
    const { ends, kernel, room } = this;
    ends.hasSent = true;
    const peer = ends.connects ? null : ends.peer;
    const accepted = peer === null
      ? kernel!.sendBatch(datagrams, from, to)
      : kernel!.sendBatch(datagrams.slice(from, to).map((each) => addressedTo(each, peer)), 0, to - from);
    // Bun tells of room only after a send of its own.
    if (accepted === 0) room.lookSoon();
    return accepted || room.wait();
  }
}
