import type { Backend } from "../core/backend.ts";
import { bunBackend } from "./bun.ts";
import { nodeBackend } from "./node.ts";

/** The runtime's backend: once, at load time, by what is there and not by version. */
export function select(): Backend {
  if ("Bun" in globalThis) return bunBackend();
  return nodeBackend();
}
