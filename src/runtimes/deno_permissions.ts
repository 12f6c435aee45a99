import { networkInterfaces } from "node:os";
import { deno, type DenoPermissionStatus } from "./deno_types.ts";
import type { Interfaces } from "./interface_index.ts";

/** As many single hosts are remembered; asking again costs 6 µs. */
const REMEMBERED = 256;

let network: DenoPermissionStatus | undefined;
const hosts = new Map<string, DenoPermissionStatus>();

/** True if `--allow-net` covers every host there is. Only asks: no prompt comes up. */
export function mayUseNetwork(): boolean {
  // A status follows what is revoked or granted later, so that one is enough.
  network ??= deno!.permissions.querySync({ name: "net" });
  return network.state === "granted" && !network.partial;
}

/** True if `--allow-net` covers the host. Only asks: no prompt comes up. */
export function mayUseHost(address: string, port: number): boolean {
  return mayUseNetwork() || statusOf(address, port).state === "granted";
}

/** The machine's interfaces; none where `--allow-sys` doesn't let them be known. */
export function knownInterfaces(): Interfaces {
  const { state } = deno!.permissions.querySync({ name: "sys", kind: "networkInterfaces" });
  return state === "granted" ? networkInterfaces() : {};
}

function statusOf(address: string, port: number): DenoPermissionStatus {
  const host = address.includes(":") ? `[${address.replace(/%.*/, "")}]:${port}` : `${address}:${port}`;
  let status = hosts.get(host);
  if (status === undefined) {
    status = deno!.permissions.querySync({ name: "net", host });
    if (hosts.size === REMEMBERED) hosts.clear();
    hosts.set(host, status);
  }
  return status;
}
