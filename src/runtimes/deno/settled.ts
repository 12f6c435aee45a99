import { deno } from "./types.ts";
import { errnoOf } from "../common/errno.ts";

/**
 * How a promise ended that Deno settled before it gave it out: 0, or the errno of its rejection. Deno 2.9.5 carries
 * out a socket's options in the call, yet tells the result by a promise only, and shows what a promise holds nowhere
 * but in `Deno.inspect`. For what is rarely called.
 */
export function settledErrno(promise: Promise<unknown>): number {
  promise.catch(() => {});
  const shown = deno!.inspect(promise);
  return /^Promise \{\s*<rejected>/.test(shown) ? errnoOf(new Error(shown)) : 0;
}
