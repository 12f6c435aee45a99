import type { Backend } from "../core/backend.ts";
import { lookupError } from "../core/errors.ts";
import { isIP } from "../core/ip.ts";
import { resolve as lookUp } from "../core/lookup.ts";
import type { SocketDnsQueryType } from "./types.ts";

/** A numeric address for a host name, of the family that is asked for or of the one that the resolver gives first. */
export function resolve(
  hostname: string,
  type: SocketDnsQueryType | undefined,
  backend?: Backend,
): Promise<string> {
  return new Promise((done, fail) => {
    const given = isIP(hostname);
    const family = type === undefined ? 0 : type === "ipv4" ? 4 : 6;
    if (given !== 0 && (family === 0 || family === given)) {
      done(hostname);
    } else if (given !== 0 || hostname === "") {
      // For an empty name node:dns answers null.
      fail(notFound(hostname));
    } else {
      lookUp({ family, backend }, hostname, (error, address) => {
        if (error) fail(error);
        else done(address);
      });
    }
  });
}

function notFound(hostname: string): Error {
  return lookupError(Object.assign(new Error(), { code: "ENOTFOUND" }), hostname);
}
