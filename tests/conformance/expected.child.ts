/** What each scenario has to give on this module, in one line of JSON: the oracle's trace, or that of its deviation. */
import console from "node:console";
import oracle from "./oracle.json" with { type: "json" };
import { scenarios } from "./scenarios/mod.ts";
import type { Trace } from "./scenario.ts";

const traces: Readonly<Record<string, Trace>> = oracle;
console.log(JSON.stringify(Object.fromEntries(
  scenarios.map(({ name, deviates }) => [name, deviates?.expected ?? traces[name]]),
)));
