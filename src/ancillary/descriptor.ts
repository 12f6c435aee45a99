import type { Datagram, Family, Handle, KernelCalls, KernelSocket } from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";
import { type InformedDatagram, isInformed } from "./informed_datagram.ts";
import { InformedSender } from "./sender.ts";
import { canSend } from "./support.ts";

const senders: WeakMap<KernelCalls, InformedSender> = new WeakMap();
const stoodBefore: WeakSet<KernelSocket> = new WeakSet();

/**
 * Has informed datagrams pass libc here, and the others what was there before.
 *
 * @returns false if the handle's datagrams do not pass a descriptor
 */
export function standBefore(handle: Handle, family: Family): boolean {
  const { kernel } = handle;
  if (!kernel || !canSend(handle)) return false;
  if (stoodBefore.has(kernel)) return true;
  stoodBefore.add(kernel);
  const below = { send: kernel.send!, sendBatch: kernel.sendBatch! };
  const send = (datagrams: readonly InformedDatagram[], from: number, to: number): number => {
    if (!kernel.isOurs()) return getErrno("EBADF");
    const libc = kernel.libc!;
    const sender = senders.get(libc) ?? new InformedSender(libc);
    senders.set(libc, sender);
    const peer = family === 6 ? handle.remoteAddress() : 0;
    const peerVersion = typeof peer !== "number" && peer.address.startsWith("::ffff:") ? 4 : family;
    return sender.send(kernel.fd, family, peerVersion, datagrams, from, to);
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
  return true;
}

/** Where those end that are all informed, or all not. */
function endOfRun(datagrams: readonly Datagram[], from: number, limit: number): number {
  const areInformed = isInformed(datagrams[from]);
  let to = from + 1;
  while (to < limit && isInformed(datagrams[to]) === areInformed) to++;
  return to;
}
