import type { Backend } from "../core/backend.ts";

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
