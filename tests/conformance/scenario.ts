/** What a scenario is, and how one is written. */
import type { Feature } from "../../src/core/backend.ts";
import type { Stage } from "./stage.ts";

/** What was seen, one event a line. */
export type Trace = readonly string[];

/** What the table and the test runner have to know about a scenario. */
export interface ScenarioFacts {
  /** The rows of the behaviour table that it proves. */
  readonly rows: readonly number[];
  /** Features without which it is skipped, with the capability's note as the reason. */
  readonly needs?: readonly Feature[];
  /** Features that it can't do with while they are emulated. */
  readonly native?: readonly Feature[];
  /** It needs `::1`. */
  readonly ipv6?: boolean;
  /** Addresses that it relies on: `127.0.0.2` for another one of this machine, `255.255.255.255` for one that connect(2) refuses. */
  readonly addresses?: readonly ("127.0.0.2" | "255.255.255.255")[];
  /** It needs descriptors to adopt, and so Python. */
  readonly descriptors?: boolean;
  /** That it is about what Linux's kernel does, and what others do. It is not played on those. */
  readonly linux?: string;
  /** A defect of node:dgram that this module mends: the trace expected of the module in place of the oracle's. */
  readonly deviates?: { readonly row: number; readonly expected: Trace };
}

/** One behaviour of a dgram module, told by driving it. */
export interface Scenario extends ScenarioFacts {
  /** A sentence, unique among all scenarios. */
  readonly name: string;
  readonly play: (stage: Stage) => void | Promise<void>;
}

/** Makes a scenario: `name` is a sentence about behaviour. */
export function scenario(name: string, facts: ScenarioFacts, play: Scenario["play"]): Scenario {
  return { name, ...facts, play };
}
