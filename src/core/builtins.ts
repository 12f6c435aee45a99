/**
 * Builtin modules that are needed seldom or late. Importing them would add to the load time: node:util 0.8 to 3 ms on Node
 * 26, by what the program has loaded before, node:net 4 ms and node:util 2 ms on Bun 1.4.5, node:net 5 ms on Deno 2.9.5.
 */
import { process } from "./process.ts";

interface Builtins {
  cluster: { readonly isWorker: boolean };
  dgram: typeof import("node:dgram");
  dns: typeof import("node:dns");
  net: typeof import("node:net");
  os: typeof import("node:os");
  util: typeof import("node:util");
}

let requireBuiltin: ((name: string) => unknown) | undefined;

/** For Node before 20.16 and 22.3, where `process.getBuiltinModule` is missing. */
export function loadBuiltinsWith(require: (name: string) => unknown): void {
  requireBuiltin = require;
}

/** The builtin module `node:NAME`, loaded at the first call. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  // Not looked at before: Deno 2.9.5 loads node:module for it, which takes 3 ms.
  const load = process.getBuiltinModule ?? requireBuiltin;
  return load!(`node:${name}`) as Builtins[Name];
}
