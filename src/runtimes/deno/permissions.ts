import { builtin } from "../../core/builtins.ts";
import { isIPv6 } from "../../core/ip.ts";
import { canonicalPeer } from "../../core/numeric_address.ts";
import { deno, type DenoPermissionStatus } from "./types.ts";
import type { Interfaces } from "../common/interface_index.ts";

/** Follows what is granted and revoked later. */
let network: DenoPermissionStatus | undefined;

/** True if `--allow-net` covers every host there is. Only asks: no prompt comes up. */
export function mayUseNetwork(): boolean {
  network ??= deno!.permissions.querySync({ name: "net" });
  return network.state === "granted" && !network.partial;
}

/**
 * True if `--allow-net` covers the host. Only asks: no prompt comes up. Never from memory, since it can be revoked: where
 * it covers single hosts, asking takes 6 µs.
 */
export function mayUseHost(address: string, port: number): boolean {
  if (mayUseNetwork()) return true;
  if (!isGranted(hostOf(address, port))) return false;
  // The same peer by its other name.
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(canonicalPeer(address));
  return mapped === null || isGranted(hostOf(mapped[1], port));
}

/**
 * True unless Deno's node:dns would ask the user for the host name, which `--allow-net` doesn't cover then. Of what is no
 * name it says ENOTFOUND and asks nobody, where the permissions throw an URIError (Deno 2.9.5).
 */
export function mayLookUp(hostname: string): boolean {
  if (mayUseNetwork()) return true;
  // As node:dns asks for it.
  const name = builtin("url").domainToASCII(hostname);
  const address = name.replace(/%.*/, "");
  if (isIPv6(address)) return isGranted(`[${address}]`);
  if (name === "" || (name.includes(":") && !name.startsWith("["))) return true;
  try {
    return isGranted(name);
  } catch {
    return true;
  }
}

function isGranted(host: string): boolean {
  return deno!.permissions.querySync({ name: "net", host }).state === "granted";
}

function hostOf(address: string, port: number): string {
  return address.includes(":") ? `[${address.replace(/%.*/, "")}]:${port}` : `${address}:${port}`;
}

/** The machine's interfaces; none where `--allow-sys` doesn't let them be known, or a sandbox refuses netlink sockets. */
export function knownInterfaces(): Interfaces {
  const { state } = deno!.permissions.querySync({ name: "sys", kind: "networkInterfaces" });
  if (state !== "granted") return {};
  try {
    return builtin("os").networkInterfaces();
  } catch {
    return {};
  }
}
