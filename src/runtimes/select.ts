/** The backend where one file is for every runtime: from JSR, and in bundles. The npm package has one for each. */
import type { Backend } from "../core/backend.ts";
import { deno } from "./deno/types.ts";
import { select as selectOnBun } from "./bun/select.ts";
import { select as selectOnDeno } from "./deno/select.ts";
import { select as selectOnNode } from "./node/select.ts";

/** The runtime's backend, by what is there and not by version. */
export function select(): Backend {
  if ("Bun" in globalThis) return selectOnBun();
  return deno === undefined ? selectOnNode() : selectOnDeno();
}
