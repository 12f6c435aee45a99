/** What Linux tells of sockets in /proc, which is the network namespace's own. */
import { readFileSync } from "node:fs";
import { formatIPv4, formatIPv6 } from "../core/address_text.ts";

interface DenoPermissions {
  readonly permissions: { querySync(descriptor: { name: "read"; path: string }): { readonly state: string } };
}

/** A socket, of whatever process. */
export interface ProcSocket {
  readonly family: "IPv4" | "IPv6";
  readonly address: string;
  readonly port: number;
  readonly drops: number;
}

/** A file's text; undefined where it is not there or may not be read. */
export function readProc(path: string): string | undefined {
  const { Deno } = globalThis as unknown as { Deno?: DenoPermissions };
  // On a terminal Deno would ask its user.
  if (Deno && Deno.permissions.querySync({ name: "read", path }).state !== "granted") return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** The open sockets of a family; undefined where they can't be read. */
export function procSockets(family: "IPv4" | "IPv6"): ProcSocket[] | undefined {
  const text = readProc(family === "IPv4" ? "/proc/net/udp" : "/proc/net/udp6");
  // gVisor's has no drops.
  return text?.split("\n")[0].trimEnd().endsWith(" drops") ? parseSockets(text, family) : undefined;
}

/** The rows of /proc/net/udp or udp6. One that is told twice, since others came before it meanwhile, is told by its inode. */
export function parseSockets(text: string, family: "IPv4" | "IPv6"): ProcSocket[] {
  const inodes = new Set<string>();
  return text.split("\n").slice(1).flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, address, port] = /^([\dA-F]{8}|[\dA-F]{32}):([\dA-F]{4})$/.exec(fields[1]) ?? [];
    const inode = fields[9];
    if (address === undefined || inodes.has(inode)) return [];
    // Of a socket that is about to be closed it is 0.
    if (inode !== "0") inodes.add(inode);
    return [{
      family,
      address: addressOf(address),
      port: parseInt(port, 16),
      drops: Number(fields.at(-1)),
    }];
  });
}

/** Linux writes words of 32 bits, each in the order of the machine's own bytes. */
function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g)!.map((word) => parseInt(word, 16));
  const bytes = new Uint8Array(Uint32Array.from(words).buffer);
  return bytes.length === 4 ? formatIPv4(bytes, 0) : formatIPv6(bytes, 0);
}
