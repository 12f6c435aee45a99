import type { Backend } from "../core/backend.ts";

/**
 * A backend that is made when it is first needed: looking for system calls takes a runtime some milliseconds, which a
 * program that only imports the module should not pay.
 */
export function lazyBackend(make: () => Backend, mayLookUp?: Backend["mayLookUp"]): Backend {
  let made: Backend | undefined;
  const backend = (): Backend => made ??= make();
  return {
    get name() {
      return backend().name;
    },
    capabilities: {
      get runtime() {
        return backend().capabilities.runtime;
      },
      get backend() {
        return backend().capabilities.backend;
      },
      get features() {
        return backend().capabilities.features;
      },
      get notes() {
        return backend().capabilities.notes;
      },
    },
    mayLookUp,
    open: (options, host) => backend().open(options, host),
    get openShared() {
      return backend().openShared;
    },
  };
}
