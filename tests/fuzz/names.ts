/** A `lookup` option that knows two names and every literal, and asks nobody. */
import process from "node:process";
import { isIP } from "node:net";
import { afterArrivals } from "./after_arrivals.ts";
import type { Plan } from "./program.ts";

type Answer = (error: Error | null, address?: string, family?: number) => void;

/** It answers at once, in a tick or in an immediate. */
export function lookupThatAnswers(
  when: Exclude<Plan["lookup"], "none">,
  family: 4 | 6,
): (hostname: string, family: number, callback: Answer) => void {
  const answer = (hostname: string, callback: Answer): void => {
    if (hostname === "gone.test") callback(notFound(hostname));
    else if (hostname === "peer.test") callback(null, family === 4 ? "127.0.0.1" : "::1", family);
    else callback(null, hostname, isIP(hostname));
  };
  return (hostname, _, callback) => {
    if (when === "at once") answer(hostname, callback);
    else if (when === "tick") process.nextTick(answer, hostname, callback);
    else afterArrivals(() => answer(hostname, callback));
  };
}

function notFound(hostname: string): Error {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
    errno: -3008,
    code: "ENOTFOUND",
    syscall: "getaddrinfo",
    hostname,
  });
}
