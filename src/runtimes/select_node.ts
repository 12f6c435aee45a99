import { createRequire } from "node:module";
import type { Backend } from "../core/backend.ts";
import { loadBuiltinsWith } from "../core/builtins.ts";
import { getProcess } from "../core/process.ts";
import { NODE_FLOOR, refuseBelow } from "./floors.ts";
import { lazyBackend } from "./lazy_backend.ts";
import { refuseElsewhere } from "./made_for.ts";
import { nodeBackend } from "./node.ts";

/** Node's backend. */
export function select(): Backend {
  refuseElsewhere("Node");
  const process = getProcess();
  refuseBelow("Node", NODE_FLOOR, process.versions.node);
  // process.getBuiltinModule came with 20.16 and 22.3. To make a `require` takes 1 ms on Node 20: only when it is needed.
  loadBuiltinsWith(process.getBuiltinModule ?? ((name) => createRequire(process.execPath)(name)));
  return lazyBackend(nodeBackend);
}
