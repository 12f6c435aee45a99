import { builtin } from "../core/builtins.ts";
import { ACCESS_DENIED } from "../core/backend.ts";
import type { KernelSocket } from "../core/kernel_socket.ts";
import { KEPT_BACK } from "../core/observer.ts";
import type { Ending, Outgoing } from "../core/outgoing.ts";
import { datagramsIn } from "../core/segments.ts";
import { BatchCounts } from "./batch_counts.ts";

/** Nothing else than ICMP makes a receive fail with these. */
const ICMP = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "EMSGSIZE",
  "ENETUNREACH",
  "ENOPROTOOPT",
  "EPROTO",
]);

/** Of sends it is this alone: the others may be the host's own answer. */
const ICMP_OF_SENDS = "ECONNREFUSED";

type Received = "blocked" | "guard" | "inbox" | "notPeer" | "closed";
type Sent = "blocked" | "guard" | "queue" | "unbound" | "closed";

/** The counters of one socket. */
export class Counts {
  received = 0;
  receivedBytes = 0;
  receiveCalls = 0;
  joins = 0;
  readonly receivedBatches: BatchCounts = new BatchCounts();
  readonly receivedDropped: Record<Received, number> = { blocked: 0, guard: 0, inbox: 0, notPeer: 0, closed: 0 };
  readonly errors: Record<string, number> = {};
  sent = 0;
  sentBytes = 0;
  sendCalls = 0;
  rows = 0;
  readonly sentBatches: BatchCounts = new BatchCounts();
  readonly sentDropped: Record<Sent, number> = { blocked: 0, guard: 0, queue: 0, unbound: 0, closed: 0 };
  readonly failed: Record<string, number> = {};
  icmpErrors = 0;

  /** A datagram, or a row of them, has left. */
  left({ segmentSize }: Outgoing, size: number): void {
    const datagrams = datagramsIn(size, segmentSize);
    this.sent += datagrams;
    this.sentBytes += size;
    if (datagrams > 1) this.rows++;
  }

  /** One, or a row, has not left: why it was dropped, if it was for one of those reasons. */
  stayed({ segmentSize }: Outgoing, ending: Ending, size: number): Sent | undefined {
    const datagrams = datagramsIn(size, segmentSize);
    const code = codeOf(ending);
    const reason = REASONS[code];
    if (reason !== undefined) {
      this.sentDropped[reason] += datagrams;
    } else {
      increase(this.failed, code, datagrams);
      if (code === ICMP_OF_SENDS) this.icmpErrors++;
    }
    return reason;
  }

  /** A receive has failed; an ICMP error may be counted where it `isTold`. */
  failedToReceive(errno: number, isTold = false): void {
    const code = codeOf(errno);
    increase(this.errors, code, 1);
    if (!isTold && ICMP.has(code)) this.icmpErrors++;
  }

  /** Counts what the system calls of one descriptor do. Its functions stay in the place of those below them. */
  countCalls(kernel: KernelSocket): void {
    const { libc, send, sendBatch, receive } = kernel;
    if (libc === undefined || send === undefined || sendBatch === undefined || receive === undefined) return;
    kernel.send = (datagram) => {
      const { sending } = libc;
      const { calls } = sending;
      const result = send.call(kernel, datagram);
      this.sendCalls += sending.calls - calls;
      return result;
    };
    kernel.sendBatch = (datagrams, from, to) => {
      const { sending } = libc;
      const { calls, rows } = sending;
      const result = sendBatch.call(kernel, datagrams, from, to);
      this.sendCalls += sending.calls - calls;
      this.rows += sending.rows - rows;
      return result;
    };
    kernel.receive = (batch, limit) => {
      const { receiving } = libc;
      const { calls, joins } = receiving;
      const result = receive.call(kernel, batch, limit);
      this.receiveCalls += receiving.calls - calls;
      this.joins += receiving.joins - joins;
      if (result > 0) this.receivedBatches.add(result);
      return result;
    };
  }
}

const REASONS: Readonly<Record<string, Sent>> = {
  ECANCELED: "closed",
  ERR_IP_BLOCKED: "blocked",
  ERR_SOCKET_DGRAM_AMPLIFICATION: "guard",
};

function codeOf(ending: Ending): string {
  // A user's look-up can answer anything.
  if (typeof ending !== "number") {
    return String((ending as Error & { code?: unknown }).code ?? ending.name ?? "unknown");
  }
  if (ending === KEPT_BACK) return "ERR_SOCKET_DGRAM_AMPLIFICATION";
  return ending === ACCESS_DENIED ? "ERR_ACCESS_DENIED" : builtin("util").getSystemErrorName(ending);
}

function increase(counts: Record<string, number>, code: string, by: number): void {
  counts[code] = (counts[code] ?? 0) + by;
}
