/** Stands in the place of src/runtimes/select.ts in the cell of the matrix that is about Deno.listenDatagram. */
import type { Backend } from "../../src/core/backend.ts";
import { denoBackend } from "../../src/runtimes/deno/backend.ts";
import { lookup } from "../../src/runtimes/deno/lookup.ts";
import { mayLookUp } from "../../src/runtimes/deno/permissions.ts";
import { lazyBackend } from "../../src/runtimes/common/lazy_backend.ts";
import { select as selectOnDeno } from "../../src/runtimes/deno/select.ts";

export function select(): Backend {
  // It prepares what every backend of Deno's needs.
  selectOnDeno();
  return Object.assign(lazyBackend(denoBackend, mayLookUp), { lookup, others: { listenDatagram: denoBackend } });
}
