import * as async_hooks from "node:async_hooks";
import * as diagnostics_channel from "node:diagnostics_channel";
import type { Backend } from "../core/backend.ts";
import { loadBuiltinsWith, provideBuiltins } from "../core/builtins.ts";
import { denoBackend } from "./deno.ts";
import { denoKernelBackend, isAdopted } from "./deno_kernel.ts";
import { ownDgram } from "./deno_dgram.ts";
import { denoNodeBackend } from "./deno_node.ts";
import { mayLookUp } from "./deno_permissions.ts";
import { deno } from "./deno_types.ts";
import { DENO_FLOOR, refuseBelow } from "./floors.ts";
import { lazyBackend } from "./lazy_backend.ts";
import { denoLibc } from "./deno_libc.ts";
import { isLibc } from "./libc/load.ts";
import { refuseElsewhere } from "./made_for.ts";
import { builtinWithSystemErrors } from "./system_errors.ts";

/** Deno's backend, by its flags and permissions. */
export function select(): Backend {
  refuseElsewhere("Deno");
  refuseBelow("Deno", DENO_FLOOR, deno!.version.deno);
  loadBuiltinsWith((name) => name === "node:dgram" ? ownDgram() : builtinWithSystemErrors(name));
  provideBuiltins({ async_hooks, diagnostics_channel });
  const backend = lazyBackend(() => {
    const libc = denoLibc();
    // Of Deno's two APIs that one, since a flag is to take nothing away: listenDatagram (2.9.5) lacks options.
    if (!isLibc(libc)) return libc.passing ? { passing: denoNodeBackend() } : denoNodeBackend();
    // Where no descriptor is searched for, all sockets are adopted by their descriptors.
    if (libc.layout.linux === null && !isAdopted(libc)) return denoNodeBackend();
    return denoKernelBackend(libc, deno?.listenDatagram === undefined ? denoNodeBackend() : denoBackend());
  }, mayLookUp);
  return Object.assign(backend, { others: { listenDatagram: denoBackend } });
}
