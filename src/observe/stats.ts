import type { Handle } from "../core/backend.ts";
import { supportOf } from "../core/features.ts";
import type { State } from "../core/state.ts";
import { type KernelReading, readKernel } from "./kernel.ts";
import type { Counts } from "./counts.ts";
import type { SocketStats } from "./types.ts";

const BY_RUNTIME = "the runtime makes them itself, and does not tell";

/** What is known of one socket. */
export interface Observed {
  readonly counts: Counts;
  readonly state: State;
  readonly handle: Handle | null;
  /** What was given up below the core. */
  readonly lost: number;
  /** Whether all system calls that carry datagrams are this module's own. */
  readonly callsKnown: { readonly sends: boolean; readonly receives: boolean };
  /** What holds while there is no handle. */
  readonly lastOfKernel: KernelReading;
}

/** The numbers of one socket, as they are now. */
export function statsOf(tap: Observed): SocketStats {
  const { counts, state, lost, lastOfKernel, callsKnown: { sends, receives } } = tap;
  const { handle, outbox, binding } = state;
  const held = state.held?.list.length ?? 0;
  const kernel = tap.handle === null ? lastOfKernel : readKernel(tap.handle);
  const missing: Record<string, string> = { ...kernel.missing };
  if (!sends) missing["sent.calls"] = BY_RUNTIME;
  if (!receives) missing["received.calls"] = missing["received.batches"] = BY_RUNTIME;
  if (supportOf(state, "connect") === "emulated") {
    missing["received.dropped.notPeer"] = "where connections are emulated, what others send is not counted";
  }
  const dropped = { ...counts.receivedDropped };
  const all = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return {
    received: {
      datagrams: counts.received,
      bytes: counts.receivedBytes,
      delivered: counts.received - all - held,
      calls: receives ? counts.receiveCalls : undefined,
      batches: receives ? counts.receivedBatches.read() : undefined,
      joins: counts.joins,
      dropped,
      lost,
      errors: { ...counts.errors },
    },
    sent: {
      datagrams: counts.sent,
      bytes: counts.sentBytes,
      calls: sends ? counts.sendCalls : undefined,
      batches: counts.sentBatches.read(),
      rows: counts.rows,
      dropped: { ...counts.sentDropped },
      failed: { ...counts.failed },
    },
    waiting: {
      held,
      count: binding === "bound" ? outbox.count + (handle?.queueCount ?? 0) : 0,
      size: binding === "bound" ? outbox.size + (handle?.queueSize ?? 0) : 0,
    },
    icmpErrors: counts.icmpErrors,
    kernel: kernel.stats,
    missing,
  };
}

/** Whether all system calls that carry datagrams are this module's own: a handle that gives up datagrams has a runtime's, too. */
export function knownCalls(handle: Handle, state: State): { readonly sends: boolean; readonly receives: boolean } {
  const sends = handle.kernel?.libc !== undefined && handle.lost === undefined;
  const { receiveInfo, receiveOffload } = state.settings.flags;
  // Then the runtime only waits.
  const receives = sends && (receiveInfo || (receiveOffload && supportOf(state, "receiveOffload") === "native"));
  return { sends, receives };
}
