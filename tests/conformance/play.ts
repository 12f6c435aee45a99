/** Plays all scenarios on this module in children of this runtime, once for all tests of a process. */
import { resolve } from "node:path";
import { root, selfCommand } from "../support/child.ts";
import { startProcess } from "../support/json_process.ts";
import type { ProcessResult } from "../support/json_process.ts";
import { python } from "../support/python.ts";
import type { Batches, Forced } from "./forced_batches.ts";
import { noDescriptors } from "./lacking.ts";
import { readReports } from "./run_scenarios.ts";
import type { Report } from "./run_scenarios.ts";
import type { Trace } from "./scenario.ts";

/** Scenarios that are being played. */
export interface Playing {
  /** Resolves as soon as the scenario has been played: a test of it ends then, and is seen to. */
  trace(name: string): Promise<Trace | undefined>;
  /** Resolves when all have been. */
  readonly all: Promise<Played>;
}

/** All traces by scenario, and whether the last child ended by itself. */
export interface Played {
  readonly traces: ReadonlyMap<string, Trace>;
  readonly leaked: boolean;
  /** Only where the child forces something. */
  readonly batches: Batches | undefined;
}

const MOST_CHILDREN = 20;
/** What a child may be silent for: a scenario is given up after 30 s, and what it waits for at its end after a few more. */
const SILENCE = 90_000;

/**
 * `skipped` scenarios are not played. A child that dies in one scenario is replaced by one that starts behind it.
 * `forced` is how their datagrams travel: see forced_batches.ts. `entry` is another child that plays them.
 */
export function playAll(skipped: readonly string[], forced?: Forced, entry?: string): Playing {
  const traces = new Map<string, Trace>();
  const waiting = new Map<string, (trace: Trace) => void>();
  const child = entry ?? (forced === undefined ? "conformance/run" : "conformance/run_forced");
  const all = playInChildren(child, skipped, forced, traces, (name) => waiting.get(name)?.(traces.get(name)!));
  // Whoever awaits a trace or all of them still sees the error.
  all.catch(() => {});
  return {
    all,
    trace: async (name) => {
      const early = new Promise<Trace>((resolve) => waiting.set(name, resolve));
      return traces.get(name) ?? await Promise.race([early, all.then(() => traces.get(name))]);
    },
  };
}

async function playInChildren(
  entry: string,
  skipped: readonly string[],
  forced: Forced | undefined,
  traces: Map<string, Trace>,
  onTrace: (name: string) => void,
): Promise<Played> {
  const onLine = (line: string): void => {
    for (const report of readReports(line)) {
      if (!("trace" in report)) continue;
      traces.set(report.name, report.trace);
      onTrace(report.name);
    }
  };
  let batches: Batches | undefined;
  let after: string[] = [];
  for (let children = 0; children < MOST_CHILDREN; children++) {
    const args = [
      "--skip",
      JSON.stringify(skipped),
      ...after,
      ...(forced === undefined ? [] : ["--forced", JSON.stringify(forced)]),
    ];
    const child = await start(entry, args, onLine);
    const reports = readReports(child.stdout);
    for (const report of reports) if ("batches" in report) batches = report.batches;
    const end = reports.find((report): report is Report & { end: string } => "end" in report);
    if (end) {
      const leaked = end.end === "leaked" || reports.some((r) => "end" in r && r.end === "leaked");
      return { traces, leaked, batches };
    }
    const dead = reports.find((report): report is Report & { begin: string } =>
      "begin" in report && !traces.has(report.begin)
    );
    const how = `${child.signal ?? `code ${child.code}`}: ${child.stderr.trim() || child.stdout.slice(-500)}`;
    if (!dead) throw new Error(`the scenarios' child ended early, with ${how}`);
    traces.set(dead.begin, [`FAILED the process died with ${how}`]);
    onTrace(dead.begin);
    after = ["--after", dead.begin];
  }
  return { traces, leaked: false, batches };
}

/** With descriptors to adopt, where a process can be given some. */
function start(entry: string, args: readonly string[], onLine: (line: string) => void): Promise<ProcessResult> {
  const self = selfCommand(entry, args);
  const script = resolve(root, "tests/conformance/descriptors.py");
  const [command, rest] = noDescriptors === false ? [python, [script, self[0], ...self[1]]] as const : self;
  const child = startProcess(command, rest, { silence: SILENCE, onLine });
  child.end();
  return child.result;
}
