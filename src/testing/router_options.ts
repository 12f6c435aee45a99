/** What a router and a NAT are made of, and how that is read. */
import { invalidArgValue, outOfRange } from "../core/errors.ts";
import { validateObject } from "../core/validate.ts";
import { type Duration, PER_MILLISECOND, toTime } from "./duration.ts";
import { readInterface, readNameAndMTU } from "./host_options.ts";
import type { Interface } from "./interfaces.ts";
import type { Dependence, NatBehaviour } from "./nat_table.ts";
import { checkKnown, toBoolean, toInteger } from "./read_options.ts";
import type { NatKind, NatOptions, RouterOptions } from "./router_types.ts";

const LIFETIME: Duration = 120_000;
const DEPENDENCES: readonly Dependence[] = ["endpoint-independent", "address-dependent", "address-and-port-dependent"];

/** What Linux forgets after half a minute: net.netfilter.nf_conntrack_udp_timeout. */
const UNANSWERED: Duration = 30_000;

type KindOptions = "mapping" | "filtering" | "sharePorts" | "refresh" | "hairpin" | "refuse" | "unansweredLifetime";

const KINDS: Readonly<Record<NatKind, Pick<NatOptions, KindOptions>>> = {
  "full cone": { mapping: "endpoint-independent", filtering: "endpoint-independent" },
  "restricted cone": { mapping: "endpoint-independent", filtering: "address-dependent" },
  "port restricted cone": { mapping: "endpoint-independent", filtering: "address-and-port-dependent" },
  "symmetric": { mapping: "address-and-port-dependent", filtering: "address-and-port-dependent" },
  "masquerade": {
    mapping: "address-and-port-dependent",
    filtering: "address-and-port-dependent",
    sharePorts: true,
    refresh: "both",
    hairpin: false,
    refuse: true,
    unansweredLifetime: UNANSWERED,
  },
};

const OPTIONS = ["name", "behind", "outside", "inside", "mtu"];
const NAT_OPTIONS = [
  ...OPTIONS,
  "kind",
  "mapping",
  "filtering",
  "lifetime",
  "unansweredLifetime",
  "refresh",
  "hairpin",
  "refuse",
  "preservePorts",
  "sharePorts",
  "ports",
];

/** A router's, read. */
export interface ReadRouter {
  readonly name: string;
  /** The outside one, and the inside one. */
  readonly interfaces: [Interface, Interface];
}

/** What is chosen where nothing is said. */
export interface RouterDefaults {
  name(): string;
  outside(): readonly string[];
  inside(): readonly string[];
}

export function readRouter(options: RouterOptions, defaults: RouterDefaults): ReadRouter {
  validateObject(options, "options");
  checkKnown(options, OPTIONS, "options");
  return readBoth(options, defaults);
}

export function readNat(options: NatOptions, defaults: RouterDefaults): ReadRouter & { behaviour: NatBehaviour } {
  validateObject(options, "options");
  checkKnown(options, NAT_OPTIONS, "options");
  return { ...readBoth(options, defaults), behaviour: readBehaviour(options) };
}

function readBoth(options: RouterOptions, defaults: RouterDefaults): ReadRouter {
  const { outside, inside } = options;
  const { name, mtu } = readNameAndMTU(options, defaults.name);
  return {
    name,
    interfaces: [
      readInterface("outside", 2, mtu, outside ?? defaults.outside(), "options.outside"),
      readInterface("inside", 3, mtu, inside ?? defaults.inside(), "options.inside"),
    ],
  };
}

function readBehaviour(options: NatOptions): NatBehaviour {
  const { kind = "port restricted cone" } = options;
  oneOf(kind, Object.keys(KINDS), "options.kind");
  const {
    mapping = "endpoint-independent",
    filtering = "endpoint-independent",
    lifetime = LIFETIME,
    refresh = "outbound",
    hairpin = true,
    refuse = false,
    preservePorts = true,
    sharePorts = false,
    unansweredLifetime = lifetime,
    ports = [sharePorts ? 1 : 1024, 65_535],
  } = { ...KINDS[kind], ...withoutUndefined(options) };
  oneOf(mapping, DEPENDENCES, "options.mapping");
  oneOf(filtering, DEPENDENCES, "options.filtering");
  oneOf(refresh, ["outbound", "both"], "options.refresh");
  for (const [name, value] of Object.entries({ hairpin, refuse, preservePorts, sharePorts })) {
    toBoolean(value, `options.${name}`);
  }
  if (!Array.isArray(ports) || ports.length !== 2) {
    throw invalidArgValue("options.ports", "must be the first and the last port", ports);
  }
  const firstPort = toInteger(ports[0], "options.ports[0]", 1, 65_535);
  const lastPort = toInteger(ports[1], "options.ports[1]", firstPort, 65_535);
  const time = toLifetime(lifetime, "lifetime");
  // Without it, nothing would tell two inside ends of a shared port from each other.
  if (sharePorts && (mapping !== DEPENDENCES[2] || filtering !== DEPENDENCES[2])) {
    throw invalidArgValue("options.sharePorts", `needs mapping and filtering to be ${DEPENDENCES[2]}`, sharePorts);
  }
  return {
    mapping,
    filtering,
    lifetime: time,
    // One that was made shorter is shorter for all.
    unansweredLifetime: Math.min(time, toLifetime(unansweredLifetime, "unansweredLifetime")),
    inboundRefreshes: refresh === "both",
    hairpin,
    refuses: refuse,
    preservesPorts: preservePorts,
    sharesPorts: sharePorts,
    firstPort,
    lastPort,
    instead: (port) => sharePorts && options.ports === undefined ? likeIt(port) : [firstPort, lastPort],
  };
}

function toLifetime(value: Duration, name: string): number {
  const time = toTime(value, `options.${name}`);
  if (time < PER_MILLISECOND) throw outOfRange(`options.${name}`, ">= 1 ms", value);
  return time;
}

/** Linux stays among the ports of privileged programs, or out of them. */
function likeIt(port: number): readonly [number, number] {
  if (port < 512) return [1, 511];
  return port < 1024 ? [600, 1023] : [1024, 65_535];
}

function oneOf(value: unknown, list: readonly string[], name: string): void {
  if (!list.includes(value as string)) {
    throw invalidArgValue(name, `must be one of: ${list.map((each) => `'${each}'`).join(", ")}`, value);
  }
}

function withoutUndefined(options: NatOptions): NatOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
