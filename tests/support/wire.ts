/** What the tests of the wire and of the kernel's view have in common: sockets on loopback, groups, reasons to skip. */
import { assertEquals } from "@std/assert";
import { capabilities, createSocket, type Socket } from "@x/dgram";
import { networkInterfaces } from "node:os";
import process from "node:process";
import type { Feature } from "../../src/core/backend.ts";
import type { JsonProcess } from "./json_process.ts";
import { LOOPBACK_SCOPE } from "./loopback.ts";
import { peersSkip } from "./python.ts";
import { within } from "./within.ts";

/** The IP version. */
export type Family = 4 | 6;

export const LOOPBACK: Readonly<Record<Family, string>> = { 4: "127.0.0.1", 6: "::1" };
export const FAMILIES: readonly Family[] = [4, 6];
/** Others may be testing on this machine at the same time. */
export const unique: number = process.pid % 65_000 + 1;
export const GROUP: Readonly<Record<Family, string>> = {
  4: `239.254.${unique >> 8}.${unique & 255}`,
  6: `ff02::7700:${unique.toString(16)}`,
};
export const INTERFACE: Readonly<Record<Family, string>> = { 4: "127.0.0.1", 6: `::1%${LOOPBACK_SCOPE}` };

/** A socket on loopback. */
export function bound(family: Family, options: object = {}, address: string = LOOPBACK[family]): Socket {
  const socket = createSocket({ type: `udp${family}`, ...options });
  socket.bindSync({ address });
  return socket;
}

/** Why something is not there on this runtime, or false: what is native, with no note, has to work. */
export function lacking(feature: Feature, family: Family, use: (socket: Socket) => void = () => {}): string | false {
  if (peersSkip) return peersSkip;
  if (family === 6 && !hasIPv6) return "there is no ::1 here";
  const support = capabilities.features[feature];
  if (support === "unavailable") return capabilities.notes[feature] ?? `${feature} is unavailable`;
  if (support === "native" && capabilities.notes[feature] === undefined) return false;
  const socket = bound(family);
  try {
    use(socket);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code === "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM") return message;
  } finally {
    socket.close();
  }
  return false;
}

const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));
/** For a test's `skip` option. */
export const noIPv6 = (family: Family): string | false => family === 6 && !hasIPv6 ? "there is no ::1 here" : false;

/** Ends a Python peer. */
export async function end(peer: JsonProcess): Promise<void> {
  peer.end();
  assertEquals((await within(peer.result, "the peer's end")).code, 0);
}
