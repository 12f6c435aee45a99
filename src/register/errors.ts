const ADVICE: Record<string, string> = {
  Bun: "start with `bun --preload @x/dgram/register`, before anything imports node:dgram",
  Deno: 'start with `deno run --preload npm:@x/dgram/register`, or have the bundler alias node:dgram to "@x/dgram"',
};

/** What was loaded, or will be, has the runtime's own sockets. */
export function notReplaced(reason: string, runtime: string): Error {
  const error = new Error(`@x/dgram/register can't replace node:dgram, since ${reason}; ${ADVICE[runtime]}`);
  return Object.assign(error, { code: "ERR_DGRAM_NOT_REPLACED" });
}
