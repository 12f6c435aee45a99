import type { Backend, Capabilities } from "../../core/backend.ts";

/** A backend for the time being, since it could not be found out what there is. */
export interface Passing {
  readonly passing: Backend;
}

/**
 * A backend that is made when it is first needed: looking for system calls takes a runtime some milliseconds, which a
 * program that only imports the module should not pay.
 */
export function lazyBackend(make: () => Backend | Passing, mayLookUp?: Backend["mayLookUp"]): Backend {
  let made: Backend | undefined;
  const backend = (): Backend => {
    if (made !== undefined) return made;
    const answer = make();
    return "passing" in answer ? answer.passing : made = answer;
  };
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
