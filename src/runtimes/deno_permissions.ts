import { networkInterfaces } from "node:os";
import { deno, type DenoPermissionStatus } from "./deno_types.ts";
import type { Interfaces } from "./interface_index.ts";

/** As many single hosts are remembered. */
const REMEMBERED = 256;

/** Follows what is granted and revoked later. */
let network: DenoPermissionStatus | undefined;

/** Hosts that were granted. Their statuses don't follow a revocation, but Deno itself asks again. */
const granted = new Set<string>();
let grantedWhile = "";

/** True if `--allow-net` covers every host there is. Only asks: no prompt comes up. */
export function mayUseNetwork(): boolean {
  network ??= deno!.permissions.querySync({ name: "net" });
  return network.state === "granted" && !network.partial;
}

/** True if `--allow-net` covers the host. Only asks: no prompt comes up. */
export function mayUseHost(address: string, port: number): boolean {
  if (mayUseNetwork()) return true;
  if (network!.state !== grantedWhile) {
    granted.clear();
    grantedWhile = network!.state;
  }
  const host = hostOf(address, port);
  if (granted.has(host)) return true;
  // Takes 6 µs and more.
  if (deno!.permissions.querySync({ name: "net", host }).state !== "granted") return false;
  if (granted.size === REMEMBERED) granted.clear();
  granted.add(host);
  return true;
}

/** The same, never from memory: for system calls, before which Deno does not ask itself. */
export function mayUseHostNow(address: string, port: number): boolean {
  if (mayUseNetwork()) return true;
  return deno!.permissions.querySync({ name: "net", host: hostOf(address, port) }).state === "granted";
}

function hostOf(address: string, port: number): string {
  return address.includes(":") ? `[${address.replace(/%.*/, "")}]:${port}` : `${address}:${port}`;
}

/** The machine's interfaces; none where `--allow-sys` doesn't let them be known. */
export function knownInterfaces(): Interfaces {
  const { state } = deno!.permissions.querySync({ name: "sys", kind: "networkInterfaces" });
  return state === "granted" ? networkInterfaces() : {};
}
