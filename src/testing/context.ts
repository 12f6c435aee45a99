/** Which host a program runs on. */
import type { AsyncLocalStorage } from "node:async_hooks";
import { builtin } from "../core/builtins.ts";
import type { Backend } from "../core/backend.ts";
import { setBackendHere } from "../core/runtime_backend.ts";

let storage: AsyncLocalStorage<Backend> | undefined;

/** Runs a program whose sockets are made of this backend, by whatever entry. */
export function runOn<Result>(backend: Backend, program: () => Result): Result {
  if (storage === undefined) {
    const created = storage = new (builtin("async_hooks").AsyncLocalStorage)<Backend>();
    setBackendHere(() => created.getStore());
  }
  return storage.run(backend, program);
}
