import type { Backend } from "../core/backend.ts";
import { loadBuiltinsWith } from "../core/builtins.ts";
import { bunBackend } from "./bun.ts";
import { loadOnBun } from "./bun_system_errors.ts";
import { lazyBackend } from "./lazy_backend.ts";

/** Bun's backend. */
export function select(): Backend {
  loadBuiltinsWith(loadOnBun);
  return lazyBackend(bunBackend);
}
