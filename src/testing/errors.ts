/** What is wrong with a network, or with what is asked of it. */
import type { CodedError } from "../core/errors.ts";
import type { NetworkFault } from "./fault_log.ts";
import type { NetworkLooks } from "./look_types.ts";

function coded(code: string, message: string): CodedError {
  return Object.assign(new Error(message), { code });
}

/** Two hosts, or two interfaces, of one address. */
export function addressInUse(address: string, owner: string): CodedError {
  return coded("ERR_NETWORK_ADDRESS_IN_USE", `The address ${address} is that of the host ${owner}`);
}

/** New addresses for a host that runs. */
export function hostRunning(name: string): CodedError {
  return coded("ERR_NETWORK_HOST_RUNNING", `The host ${name} runs: stop it before it gets other addresses`);
}

/** A name that another host has. */
export function nameInUse(name: string): CodedError {
  return coded("ERR_NETWORK_NAME_IN_USE", `There is a host with the name ${name}`);
}

/** A host that is not in this network, or not any more. */
export function noSuchHost(name: string): CodedError {
  return coded("ERR_NETWORK_NO_SUCH_HOST", `There is no host ${name} in this network`);
}

/** Something is asked of a network that was closed. */
export function networkClosed(): CodedError {
  return coded("ERR_NETWORK_CLOSED", "The network is closed");
}

/** What is waited for can't come any more. */
export function stuck(state: string): CodedError {
  return coded(
    "ERR_NETWORK_STUCK",
    `Nothing is left that would happen, and what run() waits for has not come\n${state}`,
  );
}

/** A program failed on one of the seeds that it was run on. */
export class ExploreError extends Error {
  /** `ExploreError`. */
  override readonly name = "ExploreError";
  /** `ERR_NETWORK_EXPLORED`. */
  readonly code = "ERR_NETWORK_EXPLORED";
  /** The seed with which it failed. */
  readonly seed: number;
  /** The fewest faults of its links with which it still fails. */
  declare readonly faults: readonly NetworkFault[];
  /** The network of the run with these alone, to look at: it is closed. */
  declare readonly network: NetworkLooks;

  /**
   * Says how a program failed.
   *
   * @param cause what the program failed with, in the run with the fewest faults
   */
  constructor(message: string, cause: unknown, seed: number, faults: readonly NetworkFault[], network: NetworkLooks) {
    super(message, { cause });
    this.seed = seed;
    // The message has them, and who prints the error prints all that it enumerates.
    Object.defineProperties(this, { faults: { value: faults }, network: { value: network } });
  }
}

/** What is to be looked at was not kept. */
export function notTraced(what: string): CodedError {
  return coded("ERR_NETWORK_NOT_TRACED", `${what} needs a trace: createNetwork({ trace: true })`);
}

/** The timers of the runtime are in the hands of a network. */
export function timersInstalled(): CodedError {
  return coded("ERR_NETWORK_TIMERS_INSTALLED", "A network's clock is in the place of the runtime's timers already");
}

/** What ES modules import of node:timers can't be replaced. */
export function timersNotReplaced(): CodedError {
  const message = "What ES modules import of node:timers and node:timers/promises can't be replaced on this runtime";
  return coded("ERR_NETWORK_TIMERS_NOT_REPLACED", message);
}

/** run(), idle() or step() while one of them runs. */
export function alreadyRunning(): CodedError {
  return coded("ERR_NETWORK_RUNNING", "The network runs already: await what was called before");
}

const MOST_REASONS = 20;

/** Something never comes to rest. */
export function neverAtRest(bound: string, reasons: readonly string[]): CodedError {
  const left = reasons.length - MOST_REASONS;
  const shown = [...reasons.slice(0, MOST_REASONS), ...left > 0 ? [`and ${left} more`] : []];
  const what = shown.length > 0 ? `: ${shown.join("; ")}` : "";
  return coded("ERR_NETWORK_NOT_AT_REST", `The network did not come to rest within ${bound}${what}`);
}

/** All addresses of a network are taken. */
export function noAddressLeft(router: string): CodedError {
  return coded("ERR_NETWORK_NO_ADDRESS_LEFT", `All addresses behind ${router} are taken`);
}

/** Two hosts between which others stand. */
export function notLinked(a: string, b: string, between: readonly string[]): CodedError {
  return coded(
    "ERR_NETWORK_NOT_LINKED",
    `${a} and ${b} have no link of their own: between them is ${between.join(", ")}`,
  );
}

/** A program on a host reads what no seed repeats. */
export function notRepeatable(what: string, host: string, where: string): CodedError {
  return coded("ERR_NETWORK_NOT_REPEATABLE", `The program on ${host} reads what is real: ${what} at ${where}`);
}

/** A host that nothing can be behind. */
export function noRouter(name: string): CodedError {
  return coded("ERR_NETWORK_NO_ROUTER", `The host ${name} is no router: nothing can be behind it`);
}
