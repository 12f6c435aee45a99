/** What is wrong with a network, or with what is asked of it. */
import type { CodedError } from "../core/errors.ts";

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

/** Something never comes to rest. */
export function neverAtRest(bound: string, reasons: readonly string[]): CodedError {
  const what = reasons.length > 0 ? `: ${reasons.join(", ")}` : "";
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
