import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What collects a runtime's garbage: what a flag has put there, if one was given. */
export function collector(): () => void {
  const { Bun, gc } = globalThis as { Bun?: { gc(force: boolean): void }; gc?: () => void };
  if (Bun) return () => Bun.gc(true);
  if (gc) return gc;
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

/** Why there is none, or false: Deno 2.8 has one for who starts it with a flag alone. */
export const noCollector: string | false = hasNone() && "garbage is not collected here for who asks";

function hasNone(): boolean {
  try {
    return typeof collector() !== "function";
  } catch {
    return true;
  }
}
