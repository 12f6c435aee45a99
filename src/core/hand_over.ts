/** How datagrams are handed to a handle, whatever it or their bytes are like. */
import type { Handle } from "./backend.ts";
import { getErrno } from "./errors.ts";
import type { Ending, Outgoing } from "./outgoing.ts";

/** Has the bytes be ready, or stay as they are. There may be no memory for a copy. */
export function ready(outgoing: Outgoing, keep: boolean): void {
  try {
    if (keep) outgoing.keep();
    else outgoing.prepare();
  } catch (error) {
    outgoing.refusal = error as Error;
  }
}

/** As `Handle.sendBatch`, or what was thrown: a runtime may refuse shared memory, say, or one that can grow. */
export function handOver(handle: Handle, items: readonly Outgoing[], from: number, to: number): Ending {
  try {
    return to - from === 1 ? handle.send(items[from]) : handle.sendBatch(items, from, to);
  } catch {
    try {
      items[from].keep();
      return handle.send(items[from]);
    } catch (error) {
      return error as Error;
    }
  }
}

/**
 * A segment that is too long for the way: EINVAL on IPv4, EMSGSIZE on IPv6. Or an interface that can't do it: EIO.
 * Seen on Linux 6.18.
 */
export function refusesToCut(outgoing: Outgoing, result: Ending): boolean {
  return outgoing.segmentSize > 0 && ["EINVAL", "EMSGSIZE", "EIO"].some((code) => result === getErrno(code));
}
