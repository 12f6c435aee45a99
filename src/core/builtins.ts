/**
 * Builtin modules that are needed seldom or late. Importing them would add to the load time: node:util 0.8 to 3 ms on Node
 * 26, by what the program has loaded before, node:net 4 ms and node:util 2 ms on Bun 1.4.5, node:net 5 ms on Deno 2.9.5;
 * those that every socket needs 0.2 ms each on Node, and up to 1.5 ms on Bun.
 */
interface Builtins {
  async_hooks: typeof import("node:async_hooks");
  cluster: { readonly isWorker: boolean };
  crypto: object;
  dgram: typeof import("node:dgram");
  diagnostics_channel: typeof import("node:diagnostics_channel");
  dns: typeof import("node:dns");
  fs: { existsSync(file: URL): boolean };
  module: ModuleHooks;
  net: typeof import("node:net");
  os: typeof import("node:os");
  timers: typeof import("node:timers");
  "timers/promises": typeof import("node:timers/promises");
  url: typeof import("node:url");
  util: typeof import("node:util");
}

/** What is used of node:module. Node has hooks since 22.15. */
interface ModuleHooks {
  createRequire(from: string): (name: string) => unknown;
  syncBuiltinESMExports(): void;
  registerHooks?(hooks: { resolve: Resolve }): void;
}

interface Resolved {
  url: string;
  format?: string | null;
  shortCircuit?: boolean;
}

type Resolve = (
  specifier: string,
  context: object,
  next: (specifier: string, context: object) => Resolved,
) => Resolved;

const loaded: Partial<Builtins> = {};
let load: (name: string) => unknown;

/** For Deno, which has these at hand, and no way to load one later that is as cheap. */
export function provideBuiltins(modules: Partial<Builtins>): void {
  Object.assign(loaded, modules);
}

/** Each runtime's way: `process.getBuiltinModule` may be missing, or give a module that lacks something. */
export function loadBuiltinsWith(way: (name: string) => unknown): void {
  load = way;
}

/** The builtin module `node:NAME`, loaded at the first call. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  return loaded[name] ??= load(`node:${name}`) as Builtins[Name];
}

/** The class of what remembers an asynchronous context. */
export function asyncResource(): Builtins["async_hooks"]["AsyncResource"] {
  return builtin("async_hooks").AsyncResource;
}
