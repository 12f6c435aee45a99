/** macOS's name of the loopback interface, which Linux calls otherwise. */
import os from "node:os";

const [LINUX, MACOS] = ["lo", "lo0"];

/** Linux's name for macOS's; "" where macOS has none of that name. */
export function toLinuxName(name: string): string {
  return name === MACOS ? LINUX : name === LINUX ? "" : name;
}

/** The other way round. */
export function toMacosName(name: string): string {
  return name === LINUX ? MACOS : name;
}

/** The text up to a NUL. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}

/** Puts text and a NUL into memory. */
export function writeText(bytes: Uint8Array, text: string): void {
  bytes.set(new TextEncoder().encode(`${text}\0`));
}

/** Has node:os tell macOS's names. */
export function nameInterfaces(): void {
  const { networkInterfaces } = os;
  const rename = (): ReturnType<typeof networkInterfaces> =>
    Object.fromEntries(Object.entries(networkInterfaces()).map(([name, addresses]) => [toMacosName(name), addresses]));
  Object.assign(os, { networkInterfaces: rename });
}
