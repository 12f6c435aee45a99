/** What a link does to what it carries: the options and their checks. */
import { invalidArgValue, outOfRange } from "../core/errors.ts";
import { nothingElse } from "../core/nothing_else.ts";
import { validateFunction, validateObject } from "../core/validate.ts";
import { type Duration, PER_MILLISECOND, toTime } from "./duration.ts";
import { type LossModel, type LossOptions, readLoss } from "./loss.ts";
import { checkKnown, toBoolean, toInteger, toPositive, toProbability } from "./read_options.ts";
import type { Random } from "./random.ts";

/** A datagram on a link, as rules and latencies see it. */
export interface PassingDatagram {
  /** The name of the host that it comes from. */
  readonly from: string;
  /** The name of the host that it goes to. */
  readonly to: string;
  /** Its source address and port. */
  readonly source: { readonly address: string; readonly port: number };
  /** Its destination's. */
  readonly destination: { readonly address: string; readonly port: number };
  /** Its bytes, which have to stay what they are. */
  readonly data: Uint8Array;
  /** When it came to the link: milliseconds. */
  readonly time: number;
}

/** How long a datagram is on its way. */
export type Latency =
  | Duration
  | { readonly distribution: "uniform"; readonly from: Duration; readonly to: Duration }
  | { readonly distribution: "normal"; readonly mean: Duration; readonly deviation: Duration }
  | { readonly distribution: "long-tailed"; readonly minimum: Duration; readonly mean: Duration }
  | ((datagram: PassingDatagram, random: () => number) => number);

/** What a rule decides: nothing for "pass", or "drop", or a delay, or other bytes, or both. */
export type Verdict = "drop" | { readonly delay?: Duration; readonly data?: Uint8Array } | undefined | void;

/** What a link does to what it carries, in one direction. */
export interface Faults {
  /** How long a datagram is on its way; 1 ms if left out. Datagrams that are given different latencies overtake each other. */
  latency?: Latency | undefined;
  /** As much is added to the latency, or taken from it, at most: uniform. */
  jitter?: Duration | undefined;
  /** The part of the datagrams that is lost, 0 to 1, or a {@linkcode LossOptions}. Each fragment of one counts. */
  loss?: number | LossOptions | undefined;
  /** The part of the datagrams that comes twice. */
  duplicate?: number | undefined;
  /** The part of the datagrams that is held up, so that later ones overtake it, and for how long; 10 ms if left out. */
  reorder?: number | { readonly probability: number; readonly by: Duration } | undefined;
  /** The part of the datagrams of which one bit comes changed. */
  corrupt?: number | undefined;
  /** Bits in a second. */
  bandwidth?: number | undefined;
  /** How many bytes may wait for the link, with `bandwidth`; 100,000 if left out. What else comes is lost. */
  queue?: number | undefined;
  /** The longest IP packet, in bytes, 576 to 65,536 (68 for IPv4 alone is no use here). */
  mtu?: number | undefined;
  /** How many routers there are on the way: each takes one of a datagram's hop limit. */
  hops?: number | undefined;
  /** Nothing goes through. With `"prohibited"` its sender is told, by ICMP, as by a firewall that rejects. */
  cut?: boolean | "prohibited" | undefined;
  /** What comes is held back, and let go together when that is undone. {@linkcode Network.hold} says it of many links. */
  hold?: boolean | undefined;
  /** Is asked about each datagram. */
  rule?: ((datagram: PassingDatagram) => Verdict) | undefined;
}

/** Draws a latency. `middle` is what it is without the chance in it. */
export interface ReadLatency {
  (random: Random, datagram: () => PassingDatagram): number;
  middle?: number;
}

/** The same, read. Times are tenths of a microsecond. */
export interface ReadFaults {
  latency?: ReadLatency | undefined;
  jitter?: number | undefined;
  loss?: (() => LossModel) | undefined;
  duplicate?: number | undefined;
  reorder?: { readonly probability: number; readonly by: number } | undefined;
  corrupt?: number | undefined;
  bandwidth?: number | undefined;
  queue?: number | undefined;
  mtu?: number | undefined;
  hops?: number | undefined;
  cut?: boolean | "prohibited" | undefined;
  hold?: boolean | undefined;
  rule?: Faults["rule"];
}

const REORDER_BY = 10 * PER_MILLISECOND;

type Reader<Name extends keyof Faults> = (value: NonNullable<Faults[Name]>, name: string) => ReadFaults[Name];

const READERS: { readonly [Name in keyof Required<Faults>]: Reader<Name> } = {
  latency: readLatency,
  jitter: toTime,
  loss: readLoss,
  duplicate: toProbability,
  reorder: (value, name) => {
    if (typeof value === "number") return { probability: toProbability(value, name), by: REORDER_BY };
    validateObject(value, name);
    return { probability: toProbability(value.probability, `${name}.probability`), by: toTime(value.by, `${name}.by`) };
  },
  corrupt: toProbability,
  bandwidth: toPositive,
  queue: (value, name) => toInteger(value, name, 0, Number.MAX_SAFE_INTEGER),
  mtu: (value, name) => toInteger(value, name, 576, 65_536),
  hops: (value, name) => toInteger(value, name, 0, 255),
  cut: (value, name) => value === "prohibited" ? value : toBoolean(value, name),
  hold: toBoolean,
  rule: (value, name) => {
    validateFunction(value, name);
    return value;
  },
};

/** Reads a link's options. */
export function readFaults(faults: unknown, name: string): ReadFaults {
  validateObject(faults, name);
  checkKnown(faults, Object.keys(READERS), name);
  const read: Record<string, unknown> = nothingElse({});
  for (const [key, value] of Object.entries(faults)) {
    if (value !== undefined) read[key] = READERS[key as "latency"](value, `${name}.${key}`);
  }
  return read as ReadFaults;
}

function around(middle: number, draw: ReadLatency): ReadLatency {
  return Object.assign(draw, { middle });
}

function readLatency(latency: Latency, name: string): ReadLatency {
  if (typeof latency === "function") {
    return (random, datagram) => toTime(latency(datagram(), () => random.fraction()), `what ${name} answered`);
  }
  if (typeof latency !== "object" || latency === null) {
    const time = toTime(latency, name);
    return () => time;
  }
  switch (latency.distribution) {
    case "uniform": {
      checkKnown(latency, ["distribution", "from", "to"], name);
      const [from, to] = [toTime(latency.from, `${name}.from`), toTime(latency.to, `${name}.to`)];
      if (to < from) throw outOfRange(`${name}.to`, `>= ${name}.from`, latency.to);
      return around(Math.round((from + to) / 2), (random) => from + random.below(to - from + 1));
    }
    case "normal": {
      checkKnown(latency, ["distribution", "mean", "deviation"], name);
      const [mean, deviation] = [toTime(latency.mean, `${name}.mean`), toTime(latency.deviation, `${name}.deviation`)];
      return around(mean, (random) => Math.max(0, Math.round(mean + deviation * random.normal())));
    }
    case "long-tailed": {
      checkKnown(latency, ["distribution", "minimum", "mean"], name);
      const [minimum, mean] = [toTime(latency.minimum, `${name}.minimum`), toTime(latency.mean, `${name}.mean`)];
      if (mean < minimum) throw outOfRange(`${name}.mean`, `>= ${name}.minimum`, latency.mean);
      return around(mean, (random) => Math.round(minimum + (mean - minimum) * random.longTailed()));
    }
    default:
      throw invalidArgValue(
        `${name}.distribution`,
        "must be one of: 'uniform', 'normal', 'long-tailed'",
        (latency as { distribution?: unknown }).distribution,
      );
  }
}
