/**
 * For servers that anybody may send to: no more bytes to an unvalidated source than three times its own, tokens that show
 * where a source is, rates by prefix in fixed memory, no loops; and what was refused is counted.
 *
 * @example
 * ```ts
 * import { createSocket } from "@x/dgram";
 * import { guard } from "@x/dgram/guard";
 *
 * const server = createSocket("udp4");
 * const watch = guard(server);
 * server.on("message", (message, from) => server.send(message, from.port, from.address));
 * server.bindSync({ address: "127.0.0.1" });
 * console.log(watch.counts.admitted); // prints 0
 * server.close();
 * ```
 *
 * @module
 */
export { createTokens, guard, type Guardable } from "./guard.ts";
export { answeringPorts } from "./ports.ts";
export type { Guard, GuardCounts, GuardOptions, RateOptions, Source, TokenOptions, Tokens } from "./types.ts";
