import { builtin } from "../core/builtins.ts";
import { getProcess } from "../core/process.ts";
import type { Dgram } from "../core/socket.ts";
import { createSocket, Socket } from "../dgram.ts";
import { dgramSocket, OWN_CLASS } from "../runtimes/node_dgram.ts";
import { notReplaced } from "./errors.ts";

/** On the exports of node:dgram: what src/register/in_place.ts gives in its place. */
const IN_PLACE: unique symbol = Symbol.for("@x/dgram/register");

/** The exports of the runtime's own module. */
type Exports = { -readonly [Name in keyof Dgram]: Dgram[Name] } & { [IN_PLACE]?: Dgram };

/** Puts the sockets of this copy of the module in the place of node:dgram's; once, however often it is asked to. */
export function replaceDgram(url: string): void {
  const own = (getProcess().getBuiltinModule?.("node:dgram") ?? builtin("dgram")) as unknown as Exports;
  if (IN_PLACE in own) return;
  Reflect.defineProperty(own, OWN_CLASS, { value: dgramSocket() });
  const runtime = ["Bun", "Deno"].find((name) => name in globalThis) ?? "Node";
  const hooked = runtime === "Deno" || runtime === "Node" && isPreloaded() && canRequireModules();
  const inPlace = hooked ? urlInPlace(url) : undefined;
  if (runtime === "Deno" && inPlace === undefined) throw notReplaced("it was bundled", runtime);
  if (runtime !== "Node" || inPlace === undefined) {
    own.createSocket = createSocket;
    own.Socket = Socket;
    // Bun's does nothing; Deno 2.8 has none.
    if (runtime === "Node") builtin("module").syncBuiltinESMExports();
  }
  // On Deno both, as one object: `require()` has Deno's own, which some of its versions don't ask the hooks for.
  Reflect.defineProperty(own, IN_PLACE, {
    value: runtime === "Node" && inPlace !== undefined ? { createSocket, Socket } : own,
  });
  if (inPlace !== undefined) lead(inPlace);
  if (runtime !== "Node") void verify(runtime);
}

/**
 * True if the program was surely started with this file. It may come too late for a hook otherwise, since what an ES
 * module imports is found before anything is run.
 */
function isPreloaded(): boolean {
  const { execArgv, env } = getProcess() as unknown as { execArgv: string[]; env: Record<string, string | undefined> };
  return /(^|\s)(--import|--require|-r)[\s=]?\S*\bregister\b/.test(`${execArgv.join(" ")} ${env.NODE_OPTIONS ?? ""}`);
}

/** What is in the place is an ES module, for `require()` too. */
function canRequireModules(): boolean {
  const { features } = getProcess() as unknown as { features: { require_module?: boolean } };
  return builtin("module").registerHooks !== undefined && features.require_module === true;
}

/** The file beside this one, unless this one has become part of another. */
function urlInPlace(url: string): string | undefined {
  const inPlace = url.replace(/\/(mod|register)\.c?([jt]s)$/, "/in_place.$2");
  if (inPlace === url) return undefined;
  return inPlace.startsWith("file:") && !builtin("fs").existsSync(new URL(inPlace)) ? undefined : inPlace;
}

/** Has each `import` and `require()` of node:dgram find that. */
function lead(url: string): void {
  builtin("module").registerHooks!({
    resolve: (specifier, context, next) =>
      specifier === "dgram" || specifier === "node:dgram"
        ? { url, format: "module", shortCircuit: true }
        : next(specifier, context),
  });
}

/** Bun gives the names of a module that was imported before as they were; Deno before 2.9 has hooks that do nothing. */
async function verify(runtime: string): Promise<void> {
  const found = await import("node:dgram") as unknown as Dgram;
  if (found.Socket !== Socket) throw notReplaced("node:dgram stays what it was", runtime);
}
