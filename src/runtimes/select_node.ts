import { createRequire } from "node:module";
import type { Backend } from "../core/backend.ts";
import { loadBuiltinsWith } from "../core/builtins.ts";
import { getProcess } from "../core/process.ts";
import { NODE_FLOOR, refuseBelow } from "./floors.ts";
import { lazyBackend } from "./lazy_backend.ts";
import { nodeBackend } from "./node.ts";

/** Node's backend. */
export function select(): Backend {
  const other = ["Bun", "Deno"].find((name) => name in globalThis);
  // Another runtime's node:dgram would work, and not as promised.
  if (other !== undefined) {
    throw new Error(`@x/dgram was bundled for Node and runs on ${other}; bundle it with the condition "module"`);
  }
  const process = getProcess();
  refuseBelow("Node", NODE_FLOOR, process.versions.node);
  // process.getBuiltinModule came with 20.16 and 22.3. To make a `require` takes 1 ms on Node 20: only when it is needed.
  loadBuiltinsWith(process.getBuiltinModule ?? ((name) => createRequire(process.execPath)(name)));
  return lazyBackend(nodeBackend);
}
