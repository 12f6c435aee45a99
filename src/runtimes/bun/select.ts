import type { Backend } from "../../core/backend.ts";
import { loadBuiltinsWith } from "../../core/builtins.ts";
import { dgramSocket } from "../../core/own_dgram.ts";
import { bunBackend } from "./backend.ts";
import { isClusterWorker } from "../common/cluster_worker.ts";
import { BUN_FLOOR, refuseBelow } from "../common/floors.ts";
import { lazyBackend } from "../common/lazy_backend.ts";
import { refuseElsewhere } from "../common/made_for.ts";
import { builtinWithSystemErrors } from "../common/system_errors.ts";

/** Bun's backend. */
export function select(): Backend {
  refuseElsewhere("Bun");
  refuseBelow("Bun", BUN_FLOOR, (globalThis as unknown as { Bun: { version: string } }).Bun.version);
  loadBuiltinsWith(builtinWithSystemErrors);
  // Only a cluster worker has sockets of Bun's node:dgram.
  if (isClusterWorker()) dgramSocket();
  return lazyBackend(bunBackend);
}
