// Runs a cell of another machine: the scenarios on this module and on the runtime's own node:dgram, a process that has to
// end by itself, and the package in users' programs.
import process from "node:process";
import { runCommand } from "../command.mjs";
import { consumerProject, failuresOf, programSteps } from "../consumers.mjs";
import { inRoot } from "../paths.mjs";
import { hasPython, python } from "../python.mjs";
import { failedStep } from "../steps.mjs";
import { compareTraces, difference } from "./compare.mjs";
import { machines } from "./machines.mjs";
import { playThere } from "./play.mjs";
import { programPath } from "./programs.mjs";

/** An emulated process may take that long to start. */
const smokeTimeout = 120_000;
/** Scenarios that are played once more, and more patiently, before they count. Windows' command lines are short. */
const mostAgain = 100;

const started = new Map();

function startMachine(name) {
  if (!started.has(name)) started.set(name, machines[name].start());
  return started.get(name);
}

/** Ends what the machines left running. */
export async function endMachines() {
  for (const machine of started.values()) await (await machine).end?.();
  started.clear();
}

const skipped = (reason) => ({ passed: 0, failed: 0, skipped: 1, seconds: 0, failures: [], reason });

/** What has to be seen, by scenario. */
async function expectedTraces(bundle) {
  const { stdout, output } = await runCommand([
    process.execPath,
    bundle.fileOf("tests/conformance/expected.child.ts"),
  ], { outputLimit: Infinity });
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(output.slice(0, 1000));
  }
}

/**
 * The command line of the scenarios in that file. Where programs are started as Linux starts them, they are given sockets
 * to adopt: what has no Python does without those scenarios by itself.
 */
function scenarioCommand(cell, machine, program, bundle, file) {
  const path = machine.pathOf(bundle.fileOf(`tests/conformance/${file}`));
  const opener = machine.inheritsDescriptors && hasPython
    ? [python, inRoot("tests", "conformance", "descriptors.py")]
    : [];
  return (args) => [...opener, ...machine.command(program, [...cell.flags, path, ...args])];
}

const ownTraces = new Map();

/** What the runtime's own node:dgram does there; its modes share it. */
function playOwn(cell, machine, program, bundle, filter) {
  const key = `${cell.machine} ${program}`;
  if (!ownTraces.has(key)) {
    const command = scenarioCommand(cell, machine, program, bundle, "oracle.ts");
    ownTraces.set(key, playThere(command, machine.env, filter).then(({ traces }) => traces));
  }
  return ownTraces.get(key);
}

/** The same of the newest Node there, if there is one. */
async function playNewestNode(cell, machine, bundle, filter) {
  const newest = machines[cell.machine].programs.findLast(({ runtime }) => runtime === "node");
  const { path } = newest ? await programPath(newest) : {};
  return path ? [await playOwn({ ...cell, flags: [] }, machine, path, bundle, filter)] : [];
}

async function playScenarios(cell, machine, program, bundle, filter) {
  const expected = await expectedTraces(bundle);
  const command = scenarioCommand(cell, machine, program, bundle, "elsewhere.child.ts");
  const { here, traces, leaked } = await playThere(command, machine.env, filter);
  const own = await playOwn(cell, machine, program, bundle, filter);
  const references = [own, ...await playNewestNode(cell, machine, bundle, filter)];
  const doubtful = compareTraces(expected, traces, references).ours.slice(0, mostAgain);
  if (doubtful.length) {
    const env = { ...machine.env, DGRAM_SCENARIO_PATIENCE: "12000" };
    const again = (await playThere(command, env, ["--names", JSON.stringify(doubtful)])).traces;
    const { ours } = compareTraces(expected, again, references);
    for (const [name, trace] of again) if (!ours.includes(name)) traces.set(name, trace);
  }
  const sorted = compareTraces(expected, traces, references);
  const failures = sorted.ours.map((name) => ({
    name,
    message: `${difference(expected[name], traces.get(name))}\nits own node:dgram there:\n${
      difference(expected[name], own.get(name)) || "as expected"
    }`,
  }));
  if (leaked) {
    failures.push({ name: "(the scenarios)", message: "something was left open that keeps the process alive" });
  }
  return {
    here,
    failures,
    counts: {
      asNode26: sorted.asNode26.length,
      asThere: sorted.asThere.length,
      lacking: Object.keys(here?.lacking ?? {}).length,
      ours: sorted.ours.length,
      own: compareTraces(expected, own, []).asNode26.length,
    },
    asThere: sorted.asThere,
  };
}

async function runSmoke(cell, machine, program, bundle) {
  const file = machine.pathOf(bundle.fileOf("tests/smoke.child.ts"));
  const command = machine.command(program, [...cell.flags, file, "pong"]);
  const result = await runCommand(command, { env: machine.env, timeout: smokeTimeout });
  const ok = result.code === 0 && result.stdout.trim() === "pong";
  return ok ? [] : [failedStep("a process sends itself a datagram, and ends by itself", result)];
}

/** The version that the program says it has, without what else it prints. */
async function versionOf(machine, program) {
  const { stdout } = await runCommand(machine.command(program, ["--version"]), { env: machine.env, timeout: 120_000 });
  return /\d+\.\d+\.\d+/.exec(stdout)?.[0];
}

/** `scenario` leaves all but the scenarios with that in their names out, and with it the users' programs. */
export async function runElsewhere(cell, bundles, { scenario } = {}) {
  const begun = performance.now();
  if (cell.reason) return skipped(cell.reason);
  const machine = await startMachine(cell.machine);
  if (machine.reason) return skipped(machine.reason);
  const program = await programPath(cell.program);
  if (program.reason) return skipped(program.reason);
  const version = await versionOf(machine, program.path);
  if (version === undefined) return skipped(`${cell.program.name}@${cell.program.version} does not start there`);

  const bundle = bundles.get(cell.bundle.join("-"));
  const smoke = await runSmoke(cell, machine, program.path, bundle);
  const filter = scenario === undefined ? [] : ["--only", scenario];
  const { here, failures, counts, asThere } = await playScenarios(cell, machine, program.path, bundle, filter);
  let [steps, failedSteps] = [[], []];
  if (cell.dist && scenario === undefined) {
    steps = programSteps((args) => machine.command(program.path, [...cell.flags, ...args]));
    failedSteps = await failuresOf(steps, await consumerProject(), { env: machine.env });
  }
  const all = [...smoke, ...failures, ...failedSteps];
  const { machine: name, mode } = cell;
  const { runtime } = cell.program;
  return {
    passed: counts.asNode26 + counts.asThere + 1 - smoke.length + steps.length - failedSteps.length,
    failed: all.length,
    skipped: counts.lacking,
    seconds: (performance.now() - begun) / 1000,
    failures: all,
    elsewhere: {
      system: machines[name].system,
      through: machine.through,
      runtime,
      version,
      mode,
      counts,
      consumers: [steps.length - failedSteps.length, steps.length],
      features: here?.features,
      notes: here?.notes,
      asThere,
    },
  };
}
