// Plays random programs of calls, events and faults on Node 26's own node:dgram and on this module everywhere, and compares
// what was seen: `npm run fuzz`. tests/fuzz/README.md has its arguments.
import { rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { compare, digest, isBroken } from "./fuzz/compare.mjs";
import { playWhatThereIs, refusedIn } from "./fuzz/lacking.mjs";
import { violations } from "./fuzz/model.mjs";
import { play } from "./fuzz/play.mjs";
import { findPlayers } from "./fuzz/players.mjs";
import { shrink } from "./fuzz/shrink.mjs";
import { mustRun } from "./matrix/command.mjs";
import { inRoot, runDirectory } from "./matrix/paths.mjs";

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1e9) },
    node: { type: "string", default: "10000" },
    others: { type: "string", default: "2000" },
    own: { type: "string", default: "2000" },
    only: { type: "string", default: "" },
    program: { type: "string" },
    record: { type: "boolean", default: false },
    shown: { type: "string", default: "5" },
    orders: { type: "string", default: "0" },
  },
});

/** The small part that is played in the matrix, and where it is. */
const RECORDED = { seed: 17, count: 150, players: /^(node|bun)/ };

/** The shares of programs below which the run has failed: of equal traces of each socket, and of whole ones on Node. */
const LEAST_OWN = 0.995;
const LEAST_WHOLE = 0.99;

/** Programs that are named in a line. */
const MOST_NAMED = 100;

const percent = (part, whole) => `${(100 * part / whole).toFixed(2)} %`;

async function makePrograms(maker, count, { seed = options.seed, whose = "node" } = {}) {
  const { stdout } = await mustRun([...maker, String(count), String(seed), whose], { outputLimit: 1_000_000_000 });
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** What the oracle saw of each, twice the same; undefined where it did not. */
async function ask(oracle, programs) {
  const [once, again] = await Promise.all([play(oracle, programs), play(oracle, programs)]);
  return once.map((seen, index) => compare(seen, again[index]) === "equal" && !isBroken(seen) ? seen : undefined);
}

/** The places of the programs that differ in this way, and not by what the player refuses by name. */
function differingOn(player, oracle, kind = "different") {
  return async (programs) => {
    const expected = await ask(oracle, programs);
    const seen = await play(player, programs);
    return [...programs.keys()].filter((at) =>
      expected[at] && refusedIn(seen[at]).size === 0 && compare(seen[at], expected[at]) === kind
    );
  };
}

function print(title, lines) {
  console.log(`  ${title}`);
  for (const line of lines) console.log(`    ${line}`);
}

async function report(player, oracle, index, program, kind) {
  const smallest = await shrink(program, differingOn(player, oracle, kind));
  const [[expected], [seen]] = [await ask(oracle, [smallest]), await play(player, [smallest])];
  console.log(`\n${player.name}: program ${index} of seed ${options.seed}, shrunk to`);
  console.log(`  ${JSON.stringify(smallest)}`);
  print("node:dgram", expected ?? ["differs from itself"]);
  print(player.name, seen);
}

async function judge(player, oracle, asked, answers) {
  const started = performance.now();
  const { programs, seen, changed, refused } = await playWhatThereIs(player, asked);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const expected = [...answers];
  const anew = await ask(oracle, changed.map((at) => programs[at]));
  for (const [index, at] of changed.entries()) expected[at] = anew[index];
  const steady = [...programs.keys()].filter((at) => expected[at]);
  const results = steady.map((at) => [at, compare(seen[at], expected[at])]);
  const count = (...kinds) => results.filter(([, kind]) => kinds.includes(kind)).length;
  const [own, whole] = [count("equal", "order", "arrival"), count("equal")];
  console.log(
    `${player.name}: of ${steady.length} programs each socket's trace is equal in ${percent(own, steady.length)} ` +
      `(${count("arrival")} but for when something arrived), the whole in ${
        percent(whole, steady.length)
      } (${seconds} s)`,
  );
  if (changed.length > 0) {
    const features = Object.entries(refused).map(([name, times]) => `${name} ${times}`).join(", ");
    console.log(`  ${changed.length} of them were played without calls that it refuses by name: ${features}`);
  }
  tellOfModel(seen);
  if (own < LEAST_OWN * steady.length || player.onNode && whole < LEAST_WHOLE * steady.length) process.exitCode = 1;
  for (const [kind, most] of [["different", options.shown], ["order", options.orders]]) {
    const of = results.filter(([, found]) => found === kind).map(([at]) => at);
    if (of.length > 0) {
      console.log(`  ${kind}: ${of.slice(0, MOST_NAMED).join(" ")}${of.length > MOST_NAMED ? " …" : ""}`);
    }
    for (const at of of.slice(0, Number(most))) await report(player, oracle, at, programs[at], kind);
  }
}

/** Of programs with methods that node:dgram does not have the model is the only judge. */
async function judgeOwn(player, programs) {
  const seen = await play(player, programs);
  const broken = [...programs.keys()].filter((at) => isBroken(seen[at]));
  console.log(`${player.name}: ${programs.length} programs with calls of its own`);
  if (broken.length > 0) {
    process.exitCode = 1;
    console.log(`  these did not come to their end: ${broken.slice(0, MOST_NAMED).join(" ")}`);
  }
  tellOfModel(seen);
}

/** None of these may be: no oracle is asked. */
function tellOfModel(seen) {
  const wrong = seen.map((lines, at) => [at, violations(lines)]).filter(([, found]) => found.length > 0);
  if (wrong.length === 0) return;
  process.exitCode = 1;
  console.log(`  in ${wrong.length} something is seen that no socket may do:`);
  for (const [at, [first]] of wrong.slice(0, Number(options.shown))) console.log(`    ${at}: ${first}`);
}

/** For tests/fuzz/fuzz.test.ts: what node:dgram does with the programs of one seed. Those that differ somewhere now are listed. */
async function record({ maker, oracle, players }) {
  const [seed, count] = [RECORDED.seed, RECORDED.count];
  const programs = await makePrograms(maker, count, { seed });
  const expected = await ask(oracle, programs);
  const different = new Set([...programs.keys()].filter((at) => expected[at] === undefined));
  for (const player of players.filter(({ name }) => RECORDED.players.test(name))) {
    for (const at of await differingOn(player, oracle)(programs)) different.add(at);
  }
  const digests = expected.map((seen, at) => different.has(at) ? null : digest(seen));
  const text = JSON.stringify({ seed, count, different: [...different].sort((a, b) => a - b), digests });
  writeFileSync(inRoot("tests", "fuzz", "recorded.json"), text + "\n");
  console.log(`${count} programs of seed ${seed}; these differ somewhere: ${[...different].join(" ") || "none"}`);
}

/** What a program has to know of who plays it, node:dgram too. */
const limitsOf = ({ patient, lacking }) => ({ patient, lacking });

async function compareAll({ maker, oracle, players }) {
  const chosen = players.filter(({ name }) => name.includes(options.only.toLowerCase()));
  if (chosen.length === 0) throw new Error(`--only takes a part of ${players.map(({ name }) => name).join(", ")}`);
  const most = (onNode) => Number(onNode ? options.node : options.others);
  const count = Math.max(...chosen.map(({ onNode }) => most(onNode)));
  console.log(`seed ${options.seed}, ${count} programs`);
  let programs = await makePrograms(maker, count);
  if (options.program !== undefined) programs = [programs[Number(options.program)]];
  const kinds = new Map(chosen.map((player) => [JSON.stringify(limitsOf(player)), []]));
  for (const player of chosen) kinds.get(JSON.stringify(limitsOf(player))).push(player);
  for (const together of kinds.values()) {
    const asked = programs.slice(0, Math.max(...together.map(({ onNode }) => most(onNode))))
      .map((program) => ({ ...program, ...limitsOf(together[0]) }));
    const expected = await ask(oracle, asked);
    const lost = expected.filter((seen) => seen === undefined).length;
    console.log(`node:dgram does not do the same twice in ${lost} of ${asked.length}, which are left out`);
    for (const player of together) {
      const count = most(player.onNode);
      await judge(player, oracle, asked.slice(0, count), expected.slice(0, count));
    }
  }
  if (options.program !== undefined) return;
  const own = await makePrograms(maker, Number(options.own), { whose: "own" });
  for (const player of chosen) await judgeOwn(player, own);
}

try {
  const found = await findPlayers(options.only.toLowerCase());
  await (options.record ? record(found) : compareAll(found));
} finally {
  rmSync(runDirectory, { recursive: true, force: true });
}
