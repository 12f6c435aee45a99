import type { Backend, Capabilities } from "../core/backend.ts";

/**
 * A backend that is made when it is first needed: looking for system calls takes a runtime some milliseconds, which a
 * program that only imports the module should not pay.
 */
export function lazyBackend(make: () => Backend, mayLookUp?: Backend["mayLookUp"]): Backend {
  let made: Backend | undefined;
  const backend = (): Backend => made ??= make();
  const capabilities = {} as Capabilities;
  for (const key of ["runtime", "backend", "features", "notes"] as const) {
    const get = (): unknown => backend().capabilities[key];
    Object.defineProperty(capabilities, key, { get, enumerable: true, configurable: true });
  }
  return {
    get name() {
      return backend().name;
    },
    capabilities,
    mayLookUp,
    open: (options, host) => backend().open(options, host),
    get openShared() {
      return backend().openShared;
    },
  };
}
