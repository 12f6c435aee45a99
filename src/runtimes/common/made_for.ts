/**
 * Throws at load where another runtime runs what a bundler took for `runtime` alone: that would work, and not as
 * promised, or fail with whatever is missing first.
 */
export function refuseElsewhere(runtime: string): void {
  const here = ["Bun", "Deno"].find((name) => name in globalThis) ?? "Node";
  if (here === runtime) return;
  throw new Error(`@x/dgram was bundled for ${runtime} and runs on ${here}; bundle it with the condition "module"`);
}
