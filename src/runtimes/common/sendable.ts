import { isWindows } from "./platform.ts";

/**
 * A destination as the kernel takes it: where Windows refuses "any" address, libuv sends to the loopback one, as other
 * kernels do by themselves.
 */
export function sendable(address: string): string {
  if (address !== "0.0.0.0" && address !== "::") return address;
  return !isWindows() ? address : address === "::" ? "::1" : "127.0.0.1";
}
