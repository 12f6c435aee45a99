import { createRequire } from "node:module";
import { process } from "../core/process.ts";

/** True in a worker of node:cluster, which is not loaded anywhere else. */
export function isClusterWorker(): boolean {
  if (process.send === undefined) return false;
  const { isWorker } = createRequire(process.execPath)("node:cluster") as { isWorker: boolean };
  return isWorker;
}
