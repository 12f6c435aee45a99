import { Module } from "node:module";
import type { Backend } from "../../core/backend.ts";
import { loadBuiltinsWith } from "../../core/builtins.ts";
import { dgramSocket, type FoundDgram } from "../../core/own_dgram.ts";
import { getProcess } from "../../core/process.ts";
import { NODE_FLOOR, refuseBelow } from "../common/floors.ts";
import { lazyBackend } from "../common/lazy_backend.ts";
import { refuseElsewhere } from "../common/made_for.ts";
import { nodeBackend } from "./backend.ts";

/** What is below every `require`, Jest's too. */
interface WithLoad {
  _load(name: string): unknown;
}

/** Node's backend. */
export function select(): Backend {
  refuseElsewhere("Node");
  const process = getProcess();
  refuseBelow("Node", NODE_FLOOR, process.versions.node);
  // It came with 20.16 and 22.3.
  const { getBuiltinModule } = process;
  const { _load: load } = Module as unknown as WithLoad;
  loadBuiltinsWith(getBuiltinModule ?? load);
  // Where a test maps node:dgram to this module, Jest's getBuiltinModule (30.5) answers this module, done or not.
  const found = getBuiltinModule?.("node:dgram") as FoundDgram & { capabilities?: unknown } | undefined;
  dgramSocket(found?.Socket && !found.capabilities ? found : load("node:dgram") as FoundDgram);
  return lazyBackend(nodeBackend);
}
