/** The state of a network as text. */
import { showTime } from "./show_time.ts";
import type { LinkCounters, SocketState } from "./look_types.ts";
import { showEnd } from "./trace.ts";

const MOST_LINES = 50;

/** What is known of a network. */
export interface NetworkState {
  /** Tenths of a microsecond. */
  readonly now: number;
  readonly hosts: readonly {
    readonly name: string;
    readonly running: boolean;
    readonly addresses: readonly string[];
  }[];
  readonly sockets: readonly SocketState[];
  /** Those that have carried something. */
  readonly links: readonly LinkCounters[];
  /** What is going to happen. */
  readonly pending: readonly string[];
}

export function netstatOf({ now, hosts, sockets, links, pending }: NetworkState): string {
  const lines = [`At ${showTime(now)} s: ${hosts.length} hosts, ${sockets.length} sockets`];
  const byHost = new Map<string, string[]>();
  for (const socket of sockets) byHost.set(socket.host, [...byHost.get(socket.host) ?? [], lineOf(socket)]);
  lines.push(...shortened(hosts.flatMap(({ name, running, addresses }) => [
    `${name}: ${addresses.join(", ")}${running ? "" : ", not running"}`,
    ...(byHost.get(name) ?? []).map((line) => `  ${line}`),
  ])));
  if (links.length > 0) lines.push("Links:", ...shortened(links.map((link) => `  ${lineOfLink(link)}`)));
  if (pending.length > 0) lines.push("It waits for:", ...shortened(pending.map((what) => `  ${what}`)));
  return `${lines.join("\n")}\n`;
}

function lineOf({ type, address, port, peer, waiting, used, recvBufferSize, dropped }: SocketState): string {
  const to = peer === undefined ? "" : ` to ${peer}`;
  return `${type} ${showEnd({ address, port })}${to}: ${waiting} waiting, ${used} of ${recvBufferSize} bytes, ` +
    `${dropped} dropped`;
}

function lineOfLink({ from, to, datagrams, bytes, ...rest }: LinkCounters): string {
  const names = from === "" ? "others" : `${from} to ${to}`;
  const losses = Object.entries(rest).filter(([, count]) => count > 0).map(([name, count]) =>
    `, ${count} ${name === "noRoom" ? "no room" : name}`
  );
  return `${names}: ${datagrams} datagrams of ${bytes} bytes${losses.join("")}`;
}

function shortened(lines: readonly string[]): string[] {
  return lines.length <= MOST_LINES
    ? [...lines]
    : [...lines.slice(0, MOST_LINES), `  … and ${lines.length - MOST_LINES} more`];
}
