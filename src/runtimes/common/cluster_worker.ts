import { builtin } from "../../core/builtins.ts";
import { getProcess } from "../../core/process.ts";

/** True in a worker of node:cluster, which is not loaded anywhere else. */
export function isClusterWorker(): boolean {
  if (getProcess().send === undefined) return false;
  return builtin("cluster").isWorker;
}
