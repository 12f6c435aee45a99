/** What Linux lets a socket's buffers be, and what it has dropped: of /proc, which is the network namespace's own. */
import { readFileSync } from "node:fs";
import { formatIPv4, formatIPv6 } from "../core/address_text.ts";

interface DenoPermissions {
  readonly permissions: { querySync(descriptor: { name: "read"; path: string }): { readonly state: string } };
}

/** Bytes. */
export interface BufferLimits {
  readonly rmemMax: number;
  readonly rmemDefault: number;
  readonly wmemMax: number;
  readonly wmemDefault: number;
}

/** A socket that has lost datagrams. */
export interface LossySocket {
  readonly family: "IPv4" | "IPv6";
  readonly address: string;
  readonly port: number;
  readonly drops: number;
}

/** A file's text; undefined where it is not there or may not be read. */
function read(path: string): string | undefined {
  const { Deno } = globalThis as unknown as { Deno?: DenoPermissions };
  // On a terminal Deno would ask its user.
  if (Deno && Deno.permissions.querySync({ name: "read", path }).state !== "granted") return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** The limits of net.core; undefined where they can't be read. */
export function bufferLimits(): BufferLimits | undefined {
  const [rmemMax, rmemDefault, wmemMax, wmemDefault] = ["rmem_max", "rmem_default", "wmem_max", "wmem_default"].map(
    (name) => Number(read(`/proc/sys/net/core/${name}`) ?? NaN),
  );
  const limits = { rmemMax, rmemDefault, wmemMax, wmemDefault };
  return Object.values(limits).some(Number.isNaN) ? undefined : limits;
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
export function lossySockets(): LossySocket[] {
  const found = (["IPv4", "IPv6"] as const).flatMap((family) =>
    parseSockets(read(family === "IPv4" ? "/proc/net/udp" : "/proc/net/udp6") ?? "", family)
  );
  return found.filter(({ drops }) => drops > 0).sort((one, other) => other.drops - one.drops);
}

/** The rows of /proc/net/udp or udp6. */
export function parseSockets(text: string, family: "IPv4" | "IPv6"): LossySocket[] {
  return text.split("\n").slice(1).flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, address, port] = /^([\dA-F]{8}|[\dA-F]{32}):([\dA-F]{4})$/.exec(fields[1]) ?? [];
    if (address === undefined) return [];
    return [{ family, address: addressOf(address), port: parseInt(port, 16), drops: Number(fields.at(-1)) }];
  });
}

/** Linux writes words of 32 bits, each in the order of the machine's own bytes. */
function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g)!.map((word) => parseInt(word, 16));
  const bytes = new Uint8Array(Uint32Array.from(words).buffer);
  return bytes.length === 4 ? formatIPv4(bytes, 0) : formatIPv6(bytes, 0);
}
