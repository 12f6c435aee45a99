import { NO_KERNEL } from "./kernel.ts";
import type { BatchCount, SocketStats } from "./types.ts";

const NOTHING: SocketStats = {
  received: {
    datagrams: 0,
    bytes: 0,
    delivered: 0,
    calls: 0,
    batches: [],
    joins: 0,
    dropped: { blocked: 0, guard: 0, inbox: 0, notPeer: 0, closed: 0 },
    lost: 0,
    errors: {},
  },
  sent: {
    datagrams: 0,
    bytes: 0,
    calls: 0,
    batches: [],
    rows: 0,
    dropped: { blocked: 0, guard: 0, queue: 0, unbound: 0, closed: 0 },
    failed: {},
  },
  waiting: { held: 0, count: 0, size: 0 },
  icmpErrors: 0,
  kernel: NO_KERNEL.stats,
  missing: {},
};

/** The sum of several; a number that one of them lacks is not there. */
export function sum(all: readonly SocketStats[]): SocketStats {
  return all.reduce((one, other) => add(one, other) as SocketStats, NOTHING);
}

/** Of texts the first, of what is not there in one of them nothing. */
function add(one: unknown, other: unknown): unknown {
  if (typeof one === "number" && typeof other === "number") return one + other;
  if (Array.isArray(one) && Array.isArray(other)) return join([...one, ...other]);
  if (typeof one !== "object" || typeof other !== "object") return typeof one === "string" ? one : undefined;
  const all: Record<string, unknown> = { ...one, ...other };
  for (const key in all) if (key in one! && key in other!) all[key] = add(one![key as never], other![key as never]);
  return all;
}

function join(list: readonly BatchCount[]): BatchCount[] {
  const counts = new Map<number, number>();
  for (const { upTo, count } of list) counts.set(upTo, (counts.get(upTo) ?? 0) + count);
  return [...counts].sort(([one], [other]) => one - other).map(([upTo, count]) => ({ upTo, count }));
}
