import type { Backend } from "../core/backend.ts";
import { bunBackend } from "./bun.ts";
import { denoBackend } from "./deno.ts";
import { denoNodeBackend } from "./deno_node.ts";
import { nodeBackend } from "./node.ts";

/** The runtime's backend: once, at load time, by what is there and not by version. */
export function select(): Backend {
  const { Bun: bun, Deno: deno } = globalThis as { Bun?: object; Deno?: { listenDatagram?: unknown } };
  if (bun !== undefined) return bunBackend();
  if (deno === undefined) return nodeBackend();
  return typeof deno.listenDatagram === "function" ? denoBackend() : denoNodeBackend();
}
