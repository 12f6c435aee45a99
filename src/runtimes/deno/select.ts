import * as async_hooks from "node:async_hooks";
import * as diagnostics_channel from "node:diagnostics_channel";
import type { Backend } from "../../core/backend.ts";
import { loadBuiltinsWith, provideBuiltins } from "../../core/builtins.ts";
import { denoBackend } from "./backend.ts";
import { denoKernelBackend, isAdopted } from "./kernel_backend.ts";
import { ownDgram } from "./dgram.ts";
import { denoNodeBackend } from "./node_backend.ts";
import { lookup } from "./lookup.ts";
import { mayLookUp } from "./permissions.ts";
import { deno } from "./types.ts";
import { DENO_FLOOR, refuseBelow } from "../common/floors.ts";
import { lazyBackend } from "../common/lazy_backend.ts";
import { denoLibc } from "./libc.ts";
import { isLibc } from "../libc/load.ts";
import { refuseElsewhere } from "../common/made_for.ts";
import { builtinWithSystemErrors } from "../common/system_errors.ts";

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
  return Object.assign(backend, { lookup, others: { listenDatagram: denoBackend } });
}
