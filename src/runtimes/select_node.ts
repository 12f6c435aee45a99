import type { Backend } from "../core/backend.ts";
import { lazyBackend } from "./lazy_backend.ts";
import { nodeBackend } from "./node.ts";

/** Node's backend. */
export function select(): Backend {
  const other = ["Bun", "Deno"].find((name) => name in globalThis);
  // Another runtime's node:dgram would work, and not as promised.
  if (other !== undefined) {
    throw new Error(`@x/dgram was bundled for Node and runs on ${other}; bundle it with the condition "module"`);
  }
  return lazyBackend(nodeBackend);
}
