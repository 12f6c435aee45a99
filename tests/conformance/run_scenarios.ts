/** Plays scenarios one after the other on a dgram module and prints a line of JSON for each. */
import console from "node:console";
import process from "node:process";
import type { Capabilities } from "../../src/core/backend.ts";
import type { Batches } from "./forced_batches.ts";
import type { Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import type { DgramModule } from "./stage.ts";

/** What the module says of itself where it runs, and why which scenarios can't be played there. */
export interface Here extends Capabilities {
  readonly lacking: Readonly<Record<string, string>>;
}

/** What the child tells: that a scenario begins, what was seen in it, that all are through, how they were sent, or where. */
export type Report =
  | { readonly here: Here }
  | { readonly batches: Batches }
  | { readonly begin: string }
  | { readonly name: string; readonly trace: readonly string[] }
  | { readonly end: "through" | "leaked" };

const MARK = "#trace ";
const LONGEST = 30_000;
const LEAK = 5_000;

/** The reports in a child's output. */
export function readReports(stdout: string): Report[] {
  return stdout.split("\n").filter((line) => line.startsWith(MARK)).map((line) => JSON.parse(line.slice(MARK.length)));
}

/**
 * Plays the scenarios in their order; the process then has nothing left that keeps it alive. `waits`: what a deviation
 * delivers and the oracle loses may come later than that other sockets hear each other, and is waited for, but in `others`.
 */
export async function runScenarios(
  dgram: DgramModule,
  scenarios: readonly Scenario[],
  { waits = false, others = [] }: { readonly waits?: boolean; readonly others?: readonly string[] } = {},
): Promise<void> {
  let stage: Stage | undefined;
  process.on("uncaughtException", (error) => stage?.uncaught("uncaughtException", error));
  process.on("unhandledRejection", (error) => stage?.uncaught("unhandledRejection", error));
  for (const scenario of scenarios) {
    print({ begin: scenario.name });
    stage = new Stage(dgram);
    await bounded(scenario, stage);
    const isAwaited = waits && !others.includes(scenario.name);
    const delivered = isAwaited
      ? scenario.deviates?.expected.filter((line) => line.includes(" 'message' "))
      : undefined;
    for (const line of delivered ?? []) await stage.seen(line);
    const trace = await stage.end();
    print({ name: scenario.name, trace });
  }
  print({ end: "through" });
  setTimeout(() => {
    print({ end: "leaked" });
    process.exit(3);
  }, LEAK).unref();
}

async function bounded(scenario: Scenario, stage: Stage): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      stage.failed(`the scenario did not end within ${LONGEST} ms`);
      resolve();
    }, LONGEST);
  });
  try {
    await Promise.race([scenario.play(stage), late]);
  } catch (error) {
    stage.failed(`the scenario threw ${error instanceof Error ? error.stack : String(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Tells the parent process. */
export function print(report: Report): void {
  console.log(MARK + JSON.stringify(report));
}
