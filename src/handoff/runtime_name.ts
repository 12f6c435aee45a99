import { getProcess } from "../core/process.ts";

/** The runtime's name, as both sides tell each other. */
export function runtimeName(): "node" | "deno" | "bun" {
  const { versions } = getProcess() as { versions: { deno?: string; bun?: string } };
  return versions.deno ? "deno" : versions.bun ? "bun" : "node";
}
