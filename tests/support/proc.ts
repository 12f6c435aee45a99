/** What Linux tells in /proc of sockets and processes. */
import { assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import process from "node:process";

/** For a test's `skip` option. */
export const notLinux: string | false = process.platform !== "linux" && "there is no /proc here";

/** Bytes that wait in the kernel to be received at a port that one socket has. */
export function waitingAt(port: number): number {
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = read("cat", "/proc/net/udp", "/proc/net/udp6").split("\n");
  const rows = lines.map((line) => line.trim().split(/\s+/)).filter(([, local]) => local?.endsWith(end));
  assertEquals(rows.length, 1, "one socket at the port");
  return parseInt(rows[0][4].split(":")[1], 16);
}

/** How many descriptors this process has open. */
export function descriptorCount(): number {
  return read("ls", `/proc/${process.pid}/fd`).split("\n").length;
}

/** A child reads, since Deno asks for all permissions to read there. */
function read(...[command, ...args]: [string, ...string[]]): string {
  return spawnSync(command, args, { encoding: "utf8" }).stdout;
}
