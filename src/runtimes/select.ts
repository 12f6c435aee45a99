/** The backend where one file is for every runtime: from JSR, and in bundles. The npm package has one for each. */
import type { Backend } from "../core/backend.ts";
import { deno } from "./deno_types.ts";
import { select as selectOnBun } from "./select_bun.ts";
import { select as selectOnDeno } from "./select_deno.ts";
import { select as selectOnNode } from "./select_node.ts";

/** The runtime's backend, by what is there and not by version. */
export function select(): Backend {
  if ("Bun" in globalThis) return selectOnBun();
  return deno === undefined ? selectOnNode() : selectOnDeno();
}
