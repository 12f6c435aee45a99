import type { Backend } from "./backend.ts";

/** The runtime's own backend: what a socket is made of unless its option `backend` says otherwise. */
export let runtimeBackend: Backend | undefined;

/** Called once, by what has chosen it. */
export function setRuntimeBackend(backend: Backend): void {
  runtimeBackend = backend;
}
