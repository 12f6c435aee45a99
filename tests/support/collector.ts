import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What collects a runtime's garbage. */
export function collector(): () => void {
  const { Bun } = globalThis as { Bun?: { gc(force: boolean): void } };
  if (Bun) return () => Bun.gc(true);
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
