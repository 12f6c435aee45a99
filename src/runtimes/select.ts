import type { Backend } from "../core/backend.ts";
import { nodeBackend } from "./node.ts";

/** The runtime's backend. */
export function select(): Backend {
  return nodeBackend();
}
