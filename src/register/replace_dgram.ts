import { builtin } from "../core/builtins.ts";
import { dgramSocket, OWN_CLASS } from "../core/own_dgram.ts";
import { getProcess } from "../core/process.ts";
import type { Dgram } from "../core/socket.ts";
import { createSocket, Socket } from "../dgram.ts";
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
  if ("Bun" in globalThis) replaceOnBun(own);
  else if ("Deno" in globalThis) replaceOnDeno(own, url);
  else replaceOnNode(own, url);
}

/** To what was loaded before, node:dgram's own properties are all that can be replaced. */
function replaceOnNode(own: Exports, url: string): void {
  const inPlace = isPreloaded() && canRequireModules() ? besides(url) : undefined;
  if (inPlace !== undefined && builtin("fs").existsSync(new URL(inPlace))) {
    leave(own, { createSocket, Socket });
    lead(inPlace);
  } else {
    replaceProperties(own);
    builtin("module").syncBuiltinESMExports();
  }
}

/** `require()` answers Deno's own object; the names that an ES module imports of it can't be replaced (2.9.6). */
function replaceOnDeno(own: Exports, url: string): void {
  const inPlace = besides(url);
  if (inPlace === undefined) throw notReplaced("it was bundled", "Deno");
  replaceProperties(own);
  lead(inPlace);
  void verify("Deno");
}

/** The names that an ES module imports are those that were there when the first one imported them (1.4.5). */
function replaceOnBun(own: Exports): void {
  replaceProperties(own);
  void verify("Bun");
}

function replaceProperties(own: Exports): void {
  own.createSocket = createSocket;
  own.Socket = Socket;
  leave(own, own);
}

/** For src/register/in_place.ts, and whatever copy of this file comes next. */
function leave(own: Exports, inPlace: Dgram): void {
  Reflect.defineProperty(own, IN_PLACE, { value: inPlace });
}

/**
 * True if the program was surely started with this file, and not with another of that name. It may come too late for a
 * hook otherwise, since what an ES module imports is found before anything is run.
 */
function isPreloaded(): boolean {
  const { execArgv, env } = getProcess() as unknown as { execArgv: string[]; env: Record<string, string | undefined> };
  const flag = /(^|\s)(--import|--require|-r)[\s=]?\S*@x[\\/]dgram[\\/]\S*\bregister\b/;
  return flag.test(`${execArgv.join(" ")} ${env.NODE_OPTIONS ?? ""}`);
}

/** What is in the place is an ES module, for `require()` too. */
function canRequireModules(): boolean {
  const { features } = getProcess() as unknown as { features: { require_module?: boolean } };
  return builtin("module").registerHooks !== undefined && features.require_module === true;
}

/** src/register/in_place.ts, unless the file at this URL has become part of another. */
function besides(url: string): string | undefined {
  const inPlace = url.replace(/\/(mod|register(_node)?)\.c?([jt]s)$/, "/in_place.$3");
  return inPlace === url ? undefined : inPlace;
}

/** Has each `import` and `require()` of node:dgram find what is at that URL. */
function lead(url: string): void {
  builtin("module").registerHooks!({
    resolve: (specifier, context, next) =>
      specifier === "dgram" || specifier === "node:dgram"
        ? { url, format: "module", shortCircuit: true }
        : next(specifier, context),
  });
}

/** Nothing else tells whether it came too late. */
async function verify(runtime: string): Promise<void> {
  const found = await import("node:dgram") as unknown as Dgram;
  if (found.Socket !== Socket) throw notReplaced("node:dgram stays what it was", runtime);
}
