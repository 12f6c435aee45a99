/** This machine's loopback network: Linux has all of 127.0.0.0/8 on an interface `lo`, others have less and name it otherwise. */
import { networkInterfaces } from "node:os";
import process from "node:process";

const interfaces = Object.entries(networkInterfaces());
const has = (wanted: string): boolean => interfaces.some(([, list]) => list?.some(({ address }) => address === wanted));

/** The loopback interface, as a scope of an IPv6 address: Windows takes its index, which is 1. */
export const LOOPBACK_SCOPE: string = process.platform === "win32"
  ? "1"
  : interfaces.find(([, list]) => list?.some(({ address }) => address === "127.0.0.1"))?.[0] ?? "lo";

/** For a test's `skip` option: why this address of 127.0.0.0/8 is not this machine's, or false. */
export function noAddress(address: string): string | false {
  if (process.platform === "linux" || process.platform === "win32" || has(address)) return false;
  return `the loopback interface does not have ${address} here`;
}
