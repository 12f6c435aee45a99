/** Multicast for a command: joining a group, and choosing the interface to send by. */
import { isIP } from "node:net";
import { failureOf, UsageError } from "./failure.ts";
import type { Module } from "./module.ts";
import type { Socket } from "./sockets.ts";

/** The address if it is a multicast group. */
export function parseGroup(text: string): string {
  if (isGroup(text)) return text;
  throw new UsageError(`not a multicast group: ${JSON.stringify(text)} (224.0.0.0 to 239.255.255.255, or ff00::/8)`);
}

/** Whether an address is a multicast group. */
export function isGroup(address: string): boolean {
  const family = isIP(address.split("%")[0]);
  if (family === 4) return Number(address.split(".")[0]) >> 4 === 14;
  return family === 6 && /^ff/i.test(address);
}

/** An interface as `addMembership` takes it: an IPv4 address, or `::%name` for a name. */
export function parseInterface(text: string | undefined, family: 4 | 6): string | undefined {
  if (text === undefined) return undefined;
  if (family === 4) {
    if (isIP(text) === 4) return text;
    throw new UsageError(`not an IPv4 address of an interface: ${JSON.stringify(text)}`);
  }
  return text.startsWith("::%") ? text : `::%${text}`;
}

/** Joins a group on a bound socket. */
export function join(socket: Socket, group: string, multicastInterface?: string): void {
  try {
    socket.addMembership(group, multicastInterface);
  } catch (error) {
    throw failureOf(error, group);
  }
}

/** Says by which interface multicast datagrams leave. A socket bound to its IPv4 address needs no more on Linux. */
export function chooseInterface(
  { capabilities }: Module,
  socket: Socket,
  multicastInterface: string | undefined,
): void {
  if (multicastInterface === undefined) return;
  const isBoundToIt = socket.address().address === multicastInterface;
  if (isBoundToIt && capabilities.features.multicastInterface === "unavailable") return;
  try {
    socket.setMulticastInterface(multicastInterface);
  } catch (error) {
    throw failureOf(error, multicastInterface);
  }
}
