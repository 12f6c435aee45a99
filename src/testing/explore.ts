import { nothingElse } from "../core/nothing_else.ts";
import { validateFunction, validateObject } from "../core/validate.ts";
import { capabilities } from "../dgram.ts";
import { ExploreError } from "./errors.ts";
import { FaultLog, keyOf, type NetworkFault } from "./fault_log.ts";
import { MemoryNetwork } from "./network.ts";
import { checkKnown, toInteger } from "./read_options.ts";
import { replayLine, seedOfEnvironment } from "./seed.ts";
import { shrink } from "./shrink.ts";
import type { Network, NetworkOptions } from "./types.ts";

/** What {@linkcode explore} takes. */
export interface ExploreOptions {
  /** How many seeds are tried; 100 if left out. */
  readonly runs?: number | undefined;
  /** The first of them; each following one is larger by one. 1 if left out. `DGRAM_SEED` comes before it. */
  readonly seed?: number | undefined;
  /** How often a program that failed may be run again, to find the fewest faults; 500 if left out, 0 for never. */
  readonly shrinkRuns?: number | undefined;
  /** What links are like, as for {@linkcode createNetwork}. */
  readonly link?: NetworkOptions["link"];
}

const RUNS = 100;
const SHRINK_RUNS = 500;
const LARGEST_SEED = 0xffff_ffff;
const MOST_LINES = 40;
/** What a program waits for elsewhere has this long to come, in milliseconds of real time. */
const PATIENCE = 250;
const PATIENCE_AGAIN = 50;

/** What a run came to. */
interface Run {
  readonly net: MemoryNetwork;
  readonly faults: readonly NetworkFault[];
  /** What it failed with, in a list; undefined if it did not fail. */
  readonly failure: { readonly error: unknown } | undefined;
}

/**
 * Runs a program on one seed after the other. When it fails, the faults of that run are taken away as long as it still
 * fails the same way, until the fewest are left. With `DGRAM_SEED` in the environment, only that seed is run.
 *
 * A run fails when the promise of the program rejects, when a listener or a timer of the network throws, or when what
 * `net.run({ until })` waits for can't come any more. Each run has a new network, with a trace, which is closed at the
 * end; the program has to make everything anew, too.
 *
 * @param program what is run: it makes hosts and links on the network, and asserts what it expects
 * @param options how many seeds, see {@linkcode ExploreOptions}
 * @returns the number of runs, none of which failed
 * @throws {ExploreError} ERR_NETWORK_EXPLORED, with the seed, the faults that are left, and the trace of the run with
 * these alone
 * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for what is no option
 * @throws {RangeError} ERR_OUT_OF_RANGE for what can't be
 *
 * @example
 * ```ts
 * import { explore } from "@x/dgram/testing";
 *
 * const runs = await explore(async (net) => {
 *   const [a, b] = [net.host(), net.host()];
 *   net.link(a, b, { loss: 0.2 });
 *   let heard = 0;
 *   b.dgram.createSocket("udp4", () => heard++).bindSync({ port: 7 });
 *   const sender = a.dgram.createSocket("udp4");
 *   for (let i = 0; i < 40; i++) sender.send("one of forty", 7, b.addresses[0]);
 *   await net.idle();
 *   if (heard === 0) throw new Error("All were lost");
 * }, { runs: 20 });
 * console.log(runs); // prints 20
 * ```
 */
export async function explore(
  program: (net: Network) => unknown,
  options: ExploreOptions = nothingElse({}),
): Promise<number> {
  validateFunction(program, "program");
  validateObject(options, "options");
  checkKnown(options, ["runs", "seed", "shrinkRuns", "link"], "options");
  const { seed = 1, runs = RUNS, shrinkRuns = SHRINK_RUNS, link } = options;
  toInteger(seed, "options.seed", 0, LARGEST_SEED);
  toInteger(shrinkRuns, "options.shrinkRuns", 0, Number.MAX_SAFE_INTEGER);
  const fixed = seedOfEnvironment();
  const count = toInteger(runs, "options.runs", 1, LARGEST_SEED - seed + 1);
  const seeds = fixed === undefined ? { first: seed, count } : { first: fixed, count: 1 };
  for (let number = 0; number < seeds.count; number++) {
    const run = await play(program, seeds.first + number, link, null);
    if (run.failure !== undefined) throw await explain(program, run, link, number + 1, shrinkRuns);
  }
  return seeds.count;
}

async function play(
  program: (net: Network) => unknown,
  seed: number,
  link: NetworkOptions["link"],
  allowed: ReadonlySet<string> | null,
): Promise<Run> {
  const faultLog = new FaultLog(allowed);
  const net = new MemoryNetwork({ seed, link, trace: true }, capabilities.runtime, faultLog);
  let failure: Run["failure"];
  let stop: () => void;
  try {
    await new Promise((done, fail) => {
      stop = net.watch(fail, allowed === null ? PATIENCE : PATIENCE_AGAIN);
      Promise.resolve(program(net)).then(done, fail);
    });
  } catch (error) {
    failure = { error };
  }
  stop!();
  await net.close();
  return { net, faults: faultLog.struck, failure };
}

async function explain(
  program: (net: Network) => unknown,
  first: Run,
  link: NetworkOptions["link"],
  number: number,
  shrinkRuns: number,
): Promise<ExploreError> {
  const { seed } = first.net;
  const kind = kindOf(first.failure!.error);
  let shortest = first;
  await shrink(first.faults, async (some) => {
    const run = await play(program, seed, link, new Set(some.map(keyOf)));
    const fails = run.failure !== undefined && kindOf(run.failure.error) === kind;
    if (fails) shortest = run;
    return fails;
  }, shrinkRuns);
  const { net, faults, failure } = shortest;
  const lines = net.traceText().trimEnd().split("\n");
  const left = Math.max(0, lines.length - MOST_LINES);
  const message = [
    `Run ${number} failed: ${textOf(failure!.error)}`,
    `${replayLine(seed)} replays it.`,
    faults.length === 0
      ? "It fails without any fault of a link."
      : `It needs ${faults.length} of the ${first.faults.length} faults of its links:`,
    ...faults.map(({ description }) => `  ${description}`),
    left > 0 ? `The trace of that, without its first ${left} lines:` : "The trace of that:",
    ...lines.slice(left).map((line) => `  ${line}`),
  ].join("\n");
  return new ExploreError(`${message}\n`, failure!.error, seed, faults, net);
}

/** Two runs fail the same way if their errors are of the same kind. */
function kindOf(error: unknown): string {
  return error instanceof Error ? `${error.name} ${(error as { code?: unknown }).code}` : typeof error;
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
