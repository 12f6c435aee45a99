/** A host's name, interfaces and look-ups in the place of the machine's, for programs on it, as long as somebody wants that. */
import type { NetworkInterfaceInfo } from "node:os";
import { builtin } from "../core/builtins.ts";
import { lookupError } from "../core/errors.ts";
import { isIP } from "../core/ip.ts";
import { nextTick } from "../core/process.ts";
import type { Interface, OwnAddress } from "./interfaces.ts";
import { Random } from "./random.ts";
import { replace } from "./replace.ts";

/** What is asked of the host on which a program runs. */
export interface HostSystem {
  readonly name: string;
  readonly interfaces: readonly Interface[];
  /** All addresses of a name, as the host finds them. */
  lookUp(hostname: string, answer: (error: Error | null, addresses: readonly string[]) => void): void;
}

interface LookupOptions {
  readonly family?: number | string;
  readonly all?: boolean;
}

interface Found {
  readonly address: string;
  readonly family: 4 | 6;
}

// deno-lint-ignore no-explicit-any -- what the arguments are, the one who calls has to know
type Made = (host: HostSystem, ...values: any[]) => unknown;
type Called = (...values: never[]) => unknown;

/** @param here the host of this asynchronous context; elsewhere the machine is asked */
export function installSystem(here: () => HostSystem | undefined): (() => void)[] {
  const [os, dns] = [builtin("os"), builtin("dns")];
  const onHost = (target: object, name: string, make: Made) => {
    const real = Reflect.get(target, name) as Called;
    return replace(target, name, function (this: unknown, ...values: never[]): unknown {
      const host = here();
      return host === undefined ? Reflect.apply(real, this, values) : make(host, ...values);
    });
  };
  return [
    onHost(os, "hostname", ({ name }) => name),
    onHost(os, "networkInterfaces", interfacesOf),
    onHost(dns, "lookup", (host, hostname: string, ...rest: unknown[]) => {
      const done = rest.pop() as (...found: unknown[]) => void;
      const options = readOptions(rest[0]);
      lookUp(host, hostname, options, (error, found) => {
        if (error !== null) done(error);
        else if (options.all) done(null, found);
        else done(null, found[0].address, found[0].family);
      });
      return {};
    }),
    onHost(dns.promises, "lookup", (host, hostname: string, given?: LookupOptions) => {
      const options = readOptions(given);
      return new Promise((done, fail) =>
        lookUp(host, hostname, options, (error, found) => {
          if (error === null) done(options.all ? found : found[0]);
          else fail(error);
        })
      );
    }),
  ];
}

function readOptions(options: unknown): { readonly family: number; readonly all: boolean } {
  const { family = 0, all = false } = typeof options === "number"
    ? { family: options }
    : options as LookupOptions ?? {};
  return { family: Number(String(family).replace("IPv", "")), all };
}

function lookUp(
  host: HostSystem,
  hostname: string,
  { family }: { readonly family: number },
  answer: (error: Error | null, found: readonly Found[]) => void,
): void {
  const literal = isIP(hostname);
  if (literal !== 0) return nextTick(answer, null, [{ address: hostname, family: literal }]);
  host.lookUp(hostname, (error, addresses) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) as 4 | 6 }))
      .filter((each) => family === 0 || each.family === family);
    const failed = error ?? (found.length > 0 ? null : Object.assign(new Error(), { code: "ENOTFOUND" }));
    answer(failed && lookupError(failed, hostname), found);
  });
}

/** As `os.networkInterfaces()` answers them. */
function interfacesOf({ name: host, interfaces }: HostSystem): Record<string, NetworkInterfaceInfo[]> {
  return Object.fromEntries(interfaces.map((each) => {
    const mac = each.isLoopback ? "00:00:00:00:00:00" : hardwareAddress(host, each.name);
    return [each.name, each.addresses.map((own) => infoOf(own, each, mac))];
  }));
}

function infoOf(
  { text, family, prefix }: OwnAddress,
  { index, isLoopback }: Interface,
  mac: string,
): NetworkInterfaceInfo {
  const bits = prefix ?? (family === 4 ? 32 : 128);
  const common = { address: text, netmask: maskOf(family, bits), mac, internal: isLoopback, cidr: `${text}/${bits}` };
  if (family === 4) return { ...common, family: "IPv4" };
  return { ...common, family: "IPv6", scopeid: text.startsWith("fe80:") ? index : 0 };
}

function maskOf(family: 4 | 6, bits: number): string {
  const width = family === 4 ? 8 : 16;
  const parts = Array.from({ length: family === 4 ? 4 : 8 }, (_, at) => {
    const ones = Math.min(Math.max(bits - at * width, 0), width);
    return (2 ** width - 2 ** (width - ones)).toString(family === 4 ? 10 : 16);
  });
  return family === 4 ? parts.join(".") : parts.join(":").replace(/(:0)+$/, "::");
}

/** A locally administered one, which is the same for each seed. */
function hardwareAddress(host: string, name: string): string {
  const digits = new Random(0, `${host}: ${name}`).uint32().toString(16).padStart(8, "0");
  return `02:00:${digits.match(/../g)!.join(":")}`;
}
