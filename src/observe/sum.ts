import type { BatchCount, BufferUse, SocketStats } from "./types.ts";

type Counted = Readonly<Record<string, number>>;

/** The sum of several; a number that one of them lacks is not there. */
export function sum(all: readonly SocketStats[]): SocketStats {
  const [received, sent, kernel] = [
    all.map((one) => one.received),
    all.map((one) => one.sent),
    all.map((one) => one.kernel),
  ];
  return {
    received: {
      datagrams: total(received.map((one) => one.datagrams)),
      bytes: total(received.map((one) => one.bytes)),
      delivered: total(received.map((one) => one.delivered)),
      calls: totalOfAll(received.map((one) => one.calls)),
      batches: joinAll(received.map((one) => one.batches)),
      joins: total(received.map((one) => one.joins)),
      dropped: { ...NONE_RECEIVED, ...addUp(received.map((one) => one.dropped)) },
      lost: total(received.map((one) => one.lost)),
      errors: addUp(received.map((one) => one.errors)),
    },
    sent: {
      datagrams: total(sent.map((one) => one.datagrams)),
      bytes: total(sent.map((one) => one.bytes)),
      calls: totalOfAll(sent.map((one) => one.calls)),
      batches: join(sent.map((one) => one.batches)),
      rows: total(sent.map((one) => one.rows)),
      dropped: { ...NONE_SENT, ...addUp(sent.map((one) => one.dropped)) },
      failed: addUp(sent.map((one) => one.failed)),
    },
    waiting: { ...NONE_WAITING, ...addUp(all.map((one) => one.waiting)) },
    icmpErrors: total(all.map((one) => one.icmpErrors)),
    kernel: {
      dropped: totalOfAll(kernel.map((one) => one.dropped)),
      receiveBuffer: addBuffers(kernel.map((one) => one.receiveBuffer)),
      sendBuffer: addBuffers(kernel.map((one) => one.sendBuffer)),
    },
    missing: Object.assign({}, ...all.map((one) => one.missing)),
  };
}

const NONE_WAITING = { held: 0, count: 0, size: 0 };
const NONE_RECEIVED = { blocked: 0, guard: 0, inbox: 0, notPeer: 0, closed: 0 };
const NONE_SENT = { blocked: 0, guard: 0, queue: 0, unbound: 0, closed: 0 };

function total(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0);
}

function totalOfAll(numbers: readonly (number | undefined)[]): number | undefined {
  return numbers.some((number) => number === undefined) ? undefined : total(numbers as number[]);
}

function addUp(records: readonly Counted[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const record of records) {
    for (const [key, count] of Object.entries(record)) all[key] = (all[key] ?? 0) + count;
  }
  return all;
}

function joinAll(lists: readonly (readonly BatchCount[] | undefined)[]): BatchCount[] | undefined {
  return lists.some((list) => list === undefined) ? undefined : join(lists as BatchCount[][]);
}

function join(lists: readonly (readonly BatchCount[])[]): BatchCount[] {
  const counts = new Map<number, number>();
  for (const { upTo, count } of lists.flat()) counts.set(upTo, (counts.get(upTo) ?? 0) + count);
  return [...counts].sort(([one], [other]) => one - other).map(([upTo, count]) => ({ upTo, count }));
}

function addBuffers(buffers: readonly (BufferUse | undefined)[]): BufferUse | undefined {
  if (buffers.some((buffer) => buffer === undefined)) return undefined;
  return { used: 0, size: 0, ...addUp(buffers as unknown as Counted[]) };
}
