import type { Datagram, Family, Handle } from "../core/backend.ts";
import type { KernelCalls, KernelSocket } from "../core/kernel_socket.ts";
import { getErrno } from "../core/errors.ts";
import type { Observer } from "../core/observer.ts";
import { type InformedDatagram, isInformed } from "./informed_datagram.ts";
import { InformedSender } from "./sender.ts";
import { canSend } from "./support.ts";

const senders: WeakMap<KernelCalls, InformedSender> = new WeakMap();
const stoodBefore: WeakSet<Handle> = new WeakSet();

/**
 * Has informed datagrams go their own way, and the others the one that was there before.
 *
 * @param observer told of what is sent so
 * @returns false if there is none for them
 */
export function standBefore(handle: Handle, family: Family, observer: Observer | undefined): boolean {
  if (stoodBefore.has(handle)) return true;
  const { kernel } = handle;
  if (!kernel || !canSend(handle)) return false;
  stoodBefore.add(handle);
  if (kernel.sendInformed) standBeforeSimulated(handle, observer);
  else standBeforeDescriptor(handle, kernel, family, observer);
  return true;
}

/** Its batches are made of single sends. */
function standBeforeSimulated(handle: Handle, observer: Observer | undefined): void {
  const { send } = handle;
  handle.send = (datagram) => {
    if (!isInformed(datagram)) return send.call(handle, datagram);
    const result = handle.kernel!.sendInformed!(datagram, datagram.sendInfo);
    observer?.sentPast(0, result);
    return result;
  };
}

/** Whatever the handle does around them, its datagrams pass here. */
function standBeforeDescriptor(
  handle: Handle,
  kernel: KernelSocket,
  family: Family,
  observer: Observer | undefined,
): void {
  const below = { send: kernel.send!, sendBatch: kernel.sendBatch! };
  const send = (datagrams: readonly InformedDatagram[], from: number, to: number): number => {
    if (!kernel.isOurs()) return getErrno("EBADF");
    const libc = kernel.libc!;
    const sender = senders.get(libc) ?? new InformedSender(libc);
    senders.set(libc, sender);
    const peer = family === 6 ? handle.remoteAddress() : 0;
    const peerVersion = typeof peer !== "number" && peer.address.startsWith("::ffff:") ? 4 : family;
    const { calls } = libc.sending;
    const result = sender.send(kernel.fd, family, peerVersion, datagrams, from, to);
    observer?.sentPast(libc.sending.calls - calls, 0);
    return result;
  };
  kernel.send = (datagram) => isInformed(datagram) ? send([datagram], 0, 1) : below.send.call(kernel, datagram);
  kernel.sendBatch = (datagrams, from, to) => {
    let at = from;
    while (at < to) {
      const end = endOfRun(datagrams, at, to);
      const result = isInformed(datagrams[at])
        ? send(datagrams as readonly InformedDatagram[], at, end)
        : below.sendBatch.call(kernel, datagrams, at, end);
      if (result < 0 && at === from) return result;
      at += Math.max(0, result);
      if (at < end) break;
    }
    return at - from;
  };
}

/** Where those end that are all informed, or all not. */
function endOfRun(datagrams: readonly Datagram[], from: number, limit: number): number {
  const areInformed = isInformed(datagrams[from]);
  let to = from + 1;
  while (to < limit && isInformed(datagrams[to]) === areInformed) to++;
  return to;
}
