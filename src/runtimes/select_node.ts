import { Module } from "node:module";
import type { Backend } from "../core/backend.ts";
import { loadBuiltinsWith } from "../core/builtins.ts";
import { getProcess } from "../core/process.ts";
import { NODE_FLOOR, refuseBelow } from "./floors.ts";
import { lazyBackend } from "./lazy_backend.ts";
import { refuseElsewhere } from "./made_for.ts";
import { nodeBackend } from "./node.ts";
import { dgramSocket } from "./node_dgram.ts";

interface WithLoad {
  _load(name: string): unknown;
}

/** Node's backend. */
export function select(): Backend {
  refuseElsewhere("Node");
  const process = getProcess();
  refuseBelow("Node", NODE_FLOOR, process.versions.node);
  // process.getBuiltinModule came with 20.16 and 22.3. What is below every `require`, Jest's too, knows no alias.
  loadBuiltinsWith(process.getBuiltinModule ?? (Module as unknown as WithLoad)._load);
  dgramSocket();
  return lazyBackend(nodeBackend);
}
