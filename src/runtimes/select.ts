import type { Backend } from "../core/backend.ts";
import { restrictLookups } from "../core/lookup.ts";
import { bunBackend } from "./bun.ts";
import { denoBackend } from "./deno.ts";
import { denoKernelBackend } from "./deno_kernel.ts";
import { denoNodeBackend } from "./deno_node.ts";
import { mayLookUp } from "./deno_permissions.ts";
import { deno } from "./deno_types.ts";
import { lazyBackend } from "./lazy_backend.ts";
import { isLibc, loadLibc } from "./libc/load.ts";
import { nodeBackend } from "./node.ts";

/** The runtime's backend, by what is there and not by version. */
export function select(): Backend {
  if ("Bun" in globalThis) return lazyBackend(bunBackend);
  if (deno !== undefined) restrictLookups(mayLookUp);
  return lazyBackend(deno === undefined ? nodeBackend : selectOnDeno);
}

function selectOnDeno(): Backend {
  const without = deno?.listenDatagram !== undefined ? denoBackend() : denoNodeBackend();
  const libc = loadLibc("deno");
  return isLibc(libc) && libc.layout.linux !== null ? denoKernelBackend(libc, without) : without;
}
