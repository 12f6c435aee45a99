import { builtin } from "../core/builtins.ts";
import { process } from "../core/process.ts";

/** True in a worker of node:cluster, which is not loaded anywhere else. */
export function isClusterWorker(): boolean {
  if (process.send === undefined) return false;
  return builtin("cluster").isWorker;
}
