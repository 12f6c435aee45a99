// Plays random programs of calls, events and faults on Node 26's own node:dgram and on this module everywhere, and compares
// what was seen: `npm run fuzz`. docs/testing of this are in tests/fuzz/README.md.
import { rmSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { compare, isBroken } from "./fuzz/compare.mjs";
import { play } from "./fuzz/play.mjs";
import { findPlayers } from "./fuzz/players.mjs";
import { shrink } from "./fuzz/shrink.mjs";
import { mustRun } from "./matrix/command.mjs";
import { runDirectory } from "./matrix/paths.mjs";

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1e9) },
    node: { type: "string", default: "10000" },
    others: { type: "string", default: "2000" },
    only: { type: "string", default: "" },
    program: { type: "string" },
    shown: { type: "string", default: "5" },
  },
});

const percent = (part, whole) => `${(100 * part / whole).toFixed(2)} %`;

async function makePrograms(maker, count) {
  const { stdout } = await mustRun([...maker, String(count), options.seed], { outputLimit: 1_000_000_000 });
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** What the oracle saw of each, twice the same; undefined where it did not. */
async function ask(oracle, programs) {
  const [once, again] = await Promise.all([play(oracle, programs), play(oracle, programs)]);
  return once.map((seen, index) => compare(seen, again[index]) === "equal" && !isBroken(seen) ? seen : undefined);
}

/** The places of the programs that differ, each time of three. */
function differingOn(player, oracle) {
  return async (programs) => {
    const expected = await ask(oracle, programs);
    const seen = await play(player, programs);
    const places = [...programs.keys()].filter((at) => expected[at] && compare(seen[at], expected[at]) === "different");
    return places;
  };
}

function print(title, lines) {
  console.log(`  ${title}`);
  for (const line of lines) console.log(`    ${line}`);
}

async function report(player, oracle, index, program) {
  const smallest = await shrink(program, differingOn(player, oracle));
  const [[expected], [seen]] = [await ask(oracle, [smallest]), await play(player, [smallest])];
  console.log(`\n${player.name}: program ${index} of seed ${options.seed}, shrunk to`);
  console.log(`  ${JSON.stringify(smallest)}`);
  print("node:dgram", expected ?? ["differs from itself"]);
  print(player.name, seen);
}

async function judge(player, oracle, programs, expected) {
  const started = performance.now();
  const seen = await play(player, programs);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const steady = [...programs.keys()].filter((at) => expected[at]);
  const results = steady.map((at) => [at, compare(seen[at], expected[at])]);
  const count = (...kinds) => results.filter(([, kind]) => kinds.includes(kind)).length;
  console.log(
    `${player.name}: of ${steady.length} programs each socket's trace is equal in ` +
      `${percent(count("equal", "order"), steady.length)}, the whole in ${percent(count("equal"), steady.length)} (${seconds} s)`,
  );
  const different = results.filter(([, kind]) => kind === "different").map(([at]) => at);
  for (const at of different.slice(0, Number(options.shown))) await report(player, oracle, at, programs[at]);
  return { steady: steady.length, equal: count("equal"), order: count("order"), different };
}

try {
  const { maker, oracle, players } = await findPlayers();
  const chosen = players.filter(({ name }) => name.includes(options.only));
  const most = (onNode) => Number(onNode ? options.node : options.others);
  const count = Math.max(...chosen.map(({ onNode }) => most(onNode)));
  console.log(`seed ${options.seed}, ${count} programs`);
  let programs = await makePrograms(maker, count);
  if (options.program !== undefined) programs = [programs[Number(options.program)]];
  const expected = await ask(oracle, programs);
  const lost = expected.filter((seen) => seen === undefined).length;
  console.log(`node:dgram does not do the same twice in ${lost}, which are left out`);
  if (process.env.FUZZ_LOST) { const l=[...programs.keys()].filter(i=>!expected[i]).slice(0,6); for (const i of l){ if(!programs[i])continue; const [x,y]=[await play(oracle,[programs[i]]),await play(oracle,[programs[i]])]; console.log(i, JSON.stringify(programs[i])); print("one",x[0]);print("two",y[0]);} }
  for (const player of chosen) {
    const most = Number(player.onNode ? options.node : options.others);
    await judge(player, oracle, programs.slice(0, most), expected);
  }
} finally {
  rmSync(runDirectory, { recursive: true, force: true });
}
