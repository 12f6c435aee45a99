import type { Backend } from "../../core/backend.ts";
import { builtin } from "../../core/builtins.ts";
import { nextTick } from "../../core/process.ts";

type Lookup = NonNullable<Backend["lookup"]>;

/** Of the functions that a promise is made of by `util.promisify`. Who replaces one has no reason to copy it. */
const ARGUMENTS = Symbol.for("nodejs.util.promisify.customArgs");

/**
 * Deno 2.9.6 answers some within the microtasks of the call, before the ticks that are due by then: what was sent before
 * leaves in one of those.
 */
export const lookup: Lookup = (hostname, family, done) => {
  // Read at the call, since tests replace dns.lookup. What they put there answers when it wants.
  const ask = builtin("dns").lookup as Lookup;
  if (!(ARGUMENTS in ask)) return ask(hostname, family, done);
  // A replacement may have copied it, or be a Proxy as those of node:test are: Deno's own answers neither in the call nor,
  // once the ticks have had their turn, too early.
  let isTooEarly = false;
  ask(hostname, family, (error, address) => {
    // Deno 2.9.6 has now one errno for a name that is not found and now the other.
    if (error) (error as NodeJS.ErrnoException).errno = undefined;
    if (isTooEarly) nextTick(done, error, address);
    else done(error, address);
  });
  isTooEarly = true;
  nextTick(() => {
    isTooEarly = false;
  });
};
