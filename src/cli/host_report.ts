/** What `doctor` says of the host: how large buffers may be, and what the kernel has dropped. */
import process from "node:process";
import { place } from "./failure.ts";
import { grouped } from "./figures.ts";
import { bufferLimits, lossySockets, maxBacklog, udpCounters } from "./host_counters.ts";
import type { Report } from "./report.ts";

/** How many sockets are named. */
const MOST_SOCKETS = 10;

/** The counters of what was lost, with what they count. */
const LOSSES: Readonly<Record<string, string>> = {
  RcvbufErrors: "receive buffer full",
  SndbufErrors: "send buffer full",
  NoPorts: "nobody at the port",
  InCsumErrors: "bad checksum",
  MemErrors: "no memory",
};

function losses(counters: Readonly<Record<string, number>>): string {
  const { InErrors, ...others } = counters;
  const named = Object.entries(LOSSES).filter(([name]) => others[name] > 0);
  const parts = named.map(([name, what]) => `${grouped(others[name])} ${what} (${name})`);
  // Each of these three is in InErrors, too; what is left was lost otherwise.
  const rest = (InErrors ?? 0) -
    ["RcvbufErrors", "InCsumErrors", "MemErrors"].reduce((sum, name) => sum + (others[name] ?? 0), 0);
  if (rest > 0) parts.push(`${grouped(rest)} otherwise (InErrors)`);
  return parts.join(", ") || "nothing";
}

/** Tells it, where there is a /proc that may be read. */
export function tellHost(report: Report): void {
  const limits = bufferLimits();
  const counters = ([4, 6] as const).map((family) => [family, udpCounters(family)] as const);
  if (!limits && counters.every(([, found]) => !found)) {
    const why = process.platform === "linux"
      ? "/proc may not be read here (on Deno it takes --allow-all)"
      : `they are read on Linux only, and not on ${process.platform}`;
    report.tell("host", { unknown: why }, `\nbuffer limits and drop counters of this host: ${why}`);
    return;
  }
  if (limits) {
    const { rmemMax, rmemDefault, wmemMax, wmemDefault } = limits;
    report.tell(
      "limits",
      {
        rmem_max: rmemMax,
        rmem_default: rmemDefault,
        wmem_max: wmemMax,
        wmem_default: wmemDefault,
        netdev_max_backlog: maxBacklog(),
      },
      `\na receive buffer has ${grouped(rmemDefault)} bytes and may be given ${
        grouped(rmemMax)
      } (net.core.rmem_max),\n` +
        `a send buffer ${grouped(wmemDefault)} and ${grouped(wmemMax)} (net.core.wmem_max)`,
    );
  }
  for (const [family, found] of counters) {
    if (!found) continue;
    report.tell(
      "counters",
      { family: `IPv${family}`, ...found },
      `lost on this host since it started, IPv${family}: ${losses(found)}`,
    );
  }
  const lossy = lossySockets();
  for (const [index, { family, address, port, drops }] of lossy.entries()) {
    report.tell(
      "drops",
      { family, address, port, drops },
      // A person is told of the worst; a script of all.
      index < MOST_SOCKETS ? `the socket at ${place(address, port)} has lost ${grouped(drops)}` : undefined,
    );
  }
  if (lossy.length > MOST_SOCKETS) {
    report.remark(`and ${grouped(lossy.length - MOST_SOCKETS)} sockets more have lost some`);
  }
}
