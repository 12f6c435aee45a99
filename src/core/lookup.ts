import { builtin } from "./builtins.ts";
import { isIP } from "./ip.ts";
import { nextTick } from "./process.ts";
import type { Backend, Family } from "./backend.ts";
import { lookupError, lookupRefused } from "./errors.ts";
import { backendHere, runtimeBackend } from "./runtime_backend.ts";
import type { LookupFunction } from "./types.ts";
import { validateString, validateWithoutNull } from "./validate.ts";

/** Called once with an error, or with what the look-up gave as address. */
export type Resolved = (error: Error | null, address: string) => void;

/** Who is asked, and for what. */
export interface LookupSettings {
  /** The user's. */
  readonly lookup?: LookupFunction | undefined;
  /** 0 for either, which node:dns knows and sockets don't. */
  readonly family: Family | 0;
  /** Whose names they are. */
  readonly backend?: Backend | undefined;
}

/**
 * Asks the user's look-up, or answers a literal on the next tick, or asks node:dns. An answer's family is not checked
 * here: the kernel's EINVAL says it, as on Node.
 */
export function resolve(
  { lookup, family, backend = backendHere() }: LookupSettings,
  hostname: string,
  done: Resolved,
): void {
  if (lookup) {
    const { lookup: own } = runtimeBackend!;
    // What a runtime has in the place of dns.lookup is so also where that is given.
    const ask = own && lookup === builtin("dns").lookup ? own as LookupFunction : lookup;
    ask(hostname, family as Family, once(done) as Parameters<LookupFunction>[2]);
    return;
  }
  validateString(hostname, "hostname");
  validateWithoutNull(hostname, "hostname");
  if (isIP(hostname)) {
    nextTick(done, null, hostname);
    return;
  }
  // Its permissions are asked before node:dns is, which could prompt the user.
  const names = backend?.lookup ? backend : runtimeBackend!;
  if (names.mayLookUp?.(hostname) === false) {
    nextTick(done, lookupRefused(hostname), "");
    return;
  }
  // Read at the call, since tests replace dns.lookup.
  (names.lookup ?? builtin("dns").lookup as DnsLookup)(hostname, family, (error, address) => {
    done(error ? lookupError(error, hostname) : null, address);
  });
}

/** Look-ups of one socket's sends: those of one host name end in the order they began. */
export class OrderedLookups {
  #waiting: Map<string, Ticket[]> = new Map();

  /** @param failed called before it throws what the look-up threw in place of an answer */
  resolve(settings: LookupSettings, hostname: string, done: Resolved, failed: (error: unknown) => void): void {
    const ticket: Ticket = { tell: null };
    const tickets = this.#waiting.get(hostname) ?? [];
    tickets.push(ticket);
    this.#waiting.set(hostname, tickets);
    try {
      resolve(settings, hostname, (error, address) => {
        ticket.tell = () => done(error, address);
        this.#release(hostname, tickets);
      });
    } catch (error) {
      if (!ticket.tell) {
        tickets.splice(tickets.indexOf(ticket), 1);
        failed(error);
        this.#release(hostname, tickets);
      }
      throw error;
    }
  }

  #release(hostname: string, tickets: Ticket[]): void {
    while (tickets[0]?.tell) tickets.shift()!.tell!();
    if (tickets.length === 0 && this.#waiting.get(hostname) === tickets) this.#waiting.delete(hostname);
  }
}

type DnsLookup = NonNullable<Backend["lookup"]>;

interface Ticket {
  /** There once the answer is. */
  tell: (() => void) | null;
}

function once(done: Resolved): Resolved {
  let called = false;
  return (error, address) => {
    if (called) return;
    called = true;
    done(error, address);
  };
}
