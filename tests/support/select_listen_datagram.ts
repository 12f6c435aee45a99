/** Stands in the place of src/runtimes/select.ts in the cell of the matrix that is about Deno.listenDatagram. */
import type { Backend } from "../../src/core/backend.ts";
import { denoBackend } from "../../src/runtimes/deno.ts";
import { mayLookUp } from "../../src/runtimes/deno_permissions.ts";
import { lazyBackend } from "../../src/runtimes/lazy_backend.ts";

export function select(): Backend {
  return lazyBackend(denoBackend, mayLookUp);
}
