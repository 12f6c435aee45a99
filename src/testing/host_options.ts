/** What a host is made of, and how that is read. */
import { invalidArgValue } from "../core/errors.ts";
import { validateObject, validateString } from "../core/validate.ts";
import { Interface, type OwnAddress } from "./interfaces.ts";
import { readAddress } from "./ip_address.ts";
import { checkKnown, toInteger } from "./read_options.ts";
import type { HostOrName } from "./host_types.ts";

/** What {@linkcode Network.host} takes. */
export interface HostOptions {
  /** A name, which look-ups find; `host1` and so on if left out. */
  name?: string | undefined;
  /**
   * Its addresses on the interface `eth0`, such as `"192.0.2.1"`, or with the length of the network's prefix, which a
   * broadcast to that network needs: `"192.0.2.1/24"`. One of each family is chosen if they are left out.
   */
  addresses?: readonly string[] | undefined;
  /** The addresses of several interfaces, by their names, in place of `addresses`. */
  interfaces?: Readonly<Record<string, readonly string[]>> | undefined;
  /** The longest IP packet that its interfaces send whole, in bytes, 576 to 65,535; 1500 if left out. */
  mtu?: number | undefined;
  /** How many sockets may be open at once; one more fails with EMFILE. */
  maxSockets?: number | undefined;
  /** The router or the NAT that it is behind, or its name; it is at the top of the network if left out. */
  behind?: HostOrName | undefined;
}

const OPTIONS = ["name", "addresses", "interfaces", "mtu", "maxSockets", "behind"] as const;
const MTU = 1500;

/** The same, read. */
export interface ReadHost {
  readonly name: string;
  readonly interfaces: Interface[];
  readonly maxSockets: number;
}

/** @param next a name and addresses that nobody has */
export function readHost(
  options: HostOptions,
  next: { name(): string; addresses(): readonly string[] },
): ReadHost {
  validateObject(options, "options");
  checkKnown(options, OPTIONS, "options");
  const { addresses, interfaces, maxSockets } = options;
  const { name, mtu } = readNameAndMTU(options, next.name);
  if (addresses !== undefined && interfaces !== undefined) {
    throw invalidArgValue("options.interfaces", "can't stand beside options.addresses", interfaces);
  }
  const given = interfaces ?? { eth0: addresses ?? next.addresses() };
  validateObject(given, "options.interfaces");
  return {
    name,
    interfaces: Object.entries(given).map(([each, list], index) => readInterface(each, index + 2, mtu, list)),
    maxSockets: maxSockets === undefined ? Infinity : toInteger(maxSockets, "options.maxSockets", 0, 0xffff_ffff),
  };
}

/** What hosts and routers have in common. */
export function readNameAndMTU(
  { name, mtu = MTU }: Pick<HostOptions, "name" | "mtu">,
  nextName: () => string,
): { name: string; mtu: number } {
  toInteger(mtu, "options.mtu", 576, 65_535);
  if (name !== undefined) validateString(name, "options.name");
  return { name: name || nextName(), mtu };
}

export function readInterface(
  name: string,
  index: number,
  mtu: number,
  list: readonly string[],
  option = "options.addresses",
): Interface {
  if (name === "lo" || !/^[\w.-]{1,15}$/.test(name)) {
    throw invalidArgValue("options.interfaces", "must have names of 1 to 15 letters, digits, '.', '-' or '_'", name);
  }
  if (!Array.isArray(list)) throw invalidArgValue(option, "must be a list of addresses", list);
  return new Interface(name, index, mtu, list.map((literal) => readOwn(literal, option)));
}

function readOwn(literal: unknown, option: string): OwnAddress {
  const [text, length] = String(literal).split("/");
  const address = typeof literal === "string" ? readAddress(text) : null;
  const most = address?.family === 4 ? 32 : 128;
  const prefix = length === undefined ? undefined : Number(length);
  const isPrefix = prefix === undefined || (/^\d+$/.test(length) && prefix >= 1 && prefix <= most);
  const isHost = address !== null && !address.mapped && address.scope === undefined &&
    (address.reach === "unicast" || address.reach === "link-local");
  if (!isHost || !isPrefix) {
    throw invalidArgValue(option, "must have addresses of one host, such as '192.0.2.1/24'", literal);
  }
  return { family: address.family, text: address.text, prefix };
}
