import type { Backend } from "../core/backend.ts";
import { bunBackend } from "./bun.ts";
import { lazyBackend } from "./lazy_backend.ts";

/** Bun's backend. */
export function select(): Backend {
  return lazyBackend(bunBackend);
}
