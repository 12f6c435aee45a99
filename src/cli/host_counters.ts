/** What Linux lets a socket's buffers be, and what it has dropped: of /proc, which is the network namespace's own. */
import { type ProcSocket, procSockets, readProc as read } from "../observe/proc.ts";

/** Bytes. */
export interface BufferLimits {
  readonly rmemMax: number;
  readonly rmemDefault: number;
  readonly wmemMax: number;
  readonly wmemDefault: number;
}

/** The limits of net.core; undefined where they can't be read. */
export function bufferLimits(): BufferLimits | undefined {
  const [rmemMax, rmemDefault, wmemMax, wmemDefault] = ["rmem_max", "rmem_default", "wmem_max", "wmem_default"].map(
    (name) => Number(read(`/proc/sys/net/core/${name}`) ?? NaN),
  );
  const limits = { rmemMax, rmemDefault, wmemMax, wmemDefault };
  return Object.values(limits).some(Number.isNaN) ? undefined : limits;
}

/** How many packets may wait for the kernel itself; undefined where that can't be read, as in network namespaces. */
export function maxBacklog(): number | undefined {
  const text = read("/proc/sys/net/core/netdev_max_backlog");
  return text === undefined ? undefined : Number(text);
}

/** The kernel's counters of UDP, by its own names; undefined where they can't be read. */
export function udpCounters(family: 4 | 6): Record<string, number> | undefined {
  const text = read(family === 4 ? "/proc/net/snmp" : "/proc/net/snmp6");
  return text === undefined ? undefined : family === 4 ? parseSnmp(text) : parseSnmp6(text);
}

/** Two lines: the names, and the numbers. */
export function parseSnmp(text: string): Record<string, number> | undefined {
  const [names, values] = text.split("\n").filter((line) => line.startsWith("Udp: ")).map((line) => line.split(" "));
  if (!names || !values) return undefined;
  return Object.fromEntries(names.slice(1).map((name, index) => [name, Number(values[index + 1])]));
}

/** A name and a number in each line. */
export function parseSnmp6(text: string): Record<string, number> | undefined {
  const found = [...text.matchAll(/^Udp6(\w+)\s+(\d+)$/gm)].map(([, name, value]) => [name, Number(value)] as const);
  return found.length ? Object.fromEntries(found) : undefined;
}

/** The open sockets, of whatever process, that have lost datagrams, those first that have lost most. */
export function lossySockets(): ProcSocket[] {
  const found = (["IPv4", "IPv6"] as const).flatMap((family) => procSockets(family) ?? []);
  return found.filter(({ drops }) => drops > 0).sort((one, other) => other.drops - one.drops);
}
