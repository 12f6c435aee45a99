import type { Backend } from "./backend.ts";

/** The runtime's own backend: what a socket is made of unless its option `backend` says otherwise. */
export let runtimeBackend: Backend | undefined;

/** Called once, by what has chosen it. */
export function setRuntimeBackend(backend: Backend): void {
  runtimeBackend = backend;
}

/** The backend of this asynchronous context, where it has one: it comes before that of the entry. */
export let backendHere: () => Backend | undefined = () => undefined;

/** Called once, by what gives asynchronous contexts backends of their own. */
export function setBackendHere(find: () => Backend | undefined): void {
  backendHere = find;
}
