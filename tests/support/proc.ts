/** What Linux tells in /proc of sockets and processes. */
import { spawnSync } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import process from "node:process";

/** For a test's `skip` option. */
export const notLinux: string | false = process.platform !== "linux" && "there is no /proc here";

/** Bytes that wait in the kernel to be received by the socket that is bound to this address and port. */
export function waitingAt(end: End): number {
  return parseInt(rowOf(end)[4].split(":")[1], 16);
}

/** Datagrams that the kernel had no room for, of that socket. */
export function dropsAt(end: End): number {
  return Number(rowOf(end).at(-1));
}

/** Whether an IPv4 socket of this network is bound to the port. */
export function isBound(port: number): boolean {
  return inodeAt(port) !== undefined;
}

/** The kernel's number of the IPv4 socket that is bound to the port, on whatever address if none is named. */
export function inodeAt(port: number, address?: string): string | undefined {
  return findRow(["/proc/net/udp"], (row) => row[1]?.endsWith(textOf(port, address)))?.[9];
}

/** Whether a table of /proc/net has these words, in small letters. */
export function isInTable(table: string, text: string): boolean {
  return find(() => read("cat", `/proc/net/${table}`).toLowerCase().includes(text) || undefined) ?? false;
}

/** How many bound IPv4 sockets this process has. */
export function boundSocketCount(): number {
  const list = descriptorsOf(process.pid);
  return rowsOf(["/proc/net/udp"]).filter((row) => list.includes(`socket:[${row[9]}]`)).length;
}

/** What a process has open, as `ls` shows it; "self" is a child of this one. */
export function descriptorsOf(pid: number | "self"): string {
  return read("ls", "-l", `/proc/${pid}/fd`);
}

/** How often the epolls of this process have the socket with this number of the kernel's. */
export function watchesOf(inode: string | undefined): number {
  const ino = `ino:${Number(inode).toString(16)}`;
  const lines = read("sh", "-c", `cat /proc/${process.pid}/fdinfo/*`).split("\n");
  return lines.filter((line) => line.startsWith("tfd:") && line.split(/\s+/).includes(ino)).length;
}

interface End {
  readonly address: string;
  readonly port: number;
}

function rowOf({ address, port }: End): string[] {
  const local = textOf(port, address);
  const row = findRow(["/proc/net/udp", "/proc/net/udp6"], (row) => row[1] === local);
  if (row === undefined) throw new Error(`no socket at ${address} port ${port}`);
  return row;
}

/** While others close theirs the kernel may leave out one that is there, since it counts how many it has told. */
function find<T>(look: () => T | undefined): T | undefined {
  for (let reads = 0; reads < 8; reads++) {
    const found = look();
    if (found !== undefined) return found;
  }
}

function findRow(files: string[], isWanted: (row: string[]) => boolean | undefined): string[] | undefined {
  return find(() => rowsOf(files).find(isWanted));
}

function rowsOf(files: string[]): string[][] {
  return read("cat", ...files).split("\n").map((line) => line.trim().split(/\s+/));
}

/** An end as the tables have it; without an address, how it ends there. */
function textOf(port: number, address?: string): string {
  return `${address === undefined ? "" : hexOf(address)}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
}

/** As Linux writes it where numbers have the least byte first. */
function hexOf(address: string): string {
  if (address === "::") return "0".repeat(32);
  return address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0")).reverse().join("");
}

/** How many descriptors this process has open, and one or two more: for comparing. */
export function descriptorCount(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return read("ls", `/proc/${process.pid}/fd`).split("\n").length;
  }
}

/** How many of them are sockets: a runtime opens others when it likes. A child that looks is started with some. */
export function socketCount(): number {
  try {
    return readdirSync("/proc/self/fd").filter(isSocket).length;
  } catch {
    return descriptorsOf(process.pid).split("socket:[").length;
  }
}

/** The one by which they are read is closed by then. */
function isSocket(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
  } catch {
    return false;
  }
}

/** A child reads, since Deno asks for all permissions to read there. */
function read(...[command, ...args]: [string, ...string[]]): string {
  return spawnSync(command, args, { encoding: "utf8" }).stdout;
}
