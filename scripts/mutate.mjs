// How many of the faults that can be put into the core the tests find: `npm run mutate`.
//
//   npm run mutate                             a sample of 300 of all mutants
//   npm run mutate -- --sample 500 --seed 7
//   npm run mutate -- --file core/outbox       all those in files whose path contains that
//   npm run mutate -- --mutant 1024            those with these numbers, which are the same as long as the sources are
//   npm run mutate -- --all                    hours
import { rmSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { markdownTable } from "./docs/markdown_table.mjs";
import { runDirectory } from "./matrix/paths.mjs";
import { mutateCore } from "./mutate/mutants.mjs";
import { interval, sampleOf } from "./mutate/sample.mjs";
import { findSuites } from "./mutate/suites.mjs";

const { values: options } = parseArgs({
  options: {
    sample: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
    file: { type: "string", multiple: true, default: [] },
    mutant: { type: "string", multiple: true, default: [] },
    all: { type: "boolean", default: false },
    jobs: { type: "string", default: "2" },
  },
});
const isPart = options.file.length > 0 || options.mutant.length > 0;

/** Percent of the mutants that are to be found. */
const FLOOR = 80;

const percent = (share) => (100 * share).toFixed(1);

function choose(mutants) {
  if (options.mutant.length > 0) return mutants.filter(({ id }) => options.mutant.includes(id));
  if (options.file.length > 0) return mutants.filter(({ file }) => options.file.some((text) => file.includes(text)));
  return options.all ? mutants : sampleOf(mutants, Number(options.sample), Number(options.seed));
}

/** What has found it, or why nothing has. What has found the most in its time is asked first. */
async function judge(mutant, suites) {
  const reaching = suites.filter(({ suite }) => suite.reaches(mutant))
    .map((asked) => ({ asked, price: asked.suite.costOf(mutant) * (asked.times + 2) / (asked.finds + 1) }))
    .sort((one, other) => one.price - other.price);
  for (const { asked } of reaching) {
    const found = await asked.suite.find(mutant);
    asked.times++;
    if (found !== undefined) {
      asked.finds++;
      return { found: `${asked.suite.name}: ${found}` };
    }
  }
  return { survived: reaching.length > 0 ? "survived" : "not reached" };
}

function show({ id, file, line, column, mutator, original, replacement }) {
  const short = (text) => text.replace(/\s+/g, " ").slice(0, 100);
  return `${id} ${file}:${line}:${column} ${mutator}: ${short(original)} → ${short(replacement)}`;
}

async function judgeAll(chosen, all) {
  const suites = all.map((suite) => ({ suite, times: 0, finds: 0 }));
  const waiting = [...chosen];
  const results = [];
  const work = async () => {
    for (let mutant; (mutant = waiting.shift()) !== undefined;) {
      const { found, survived } = await judge(mutant, suites);
      results.push({ mutant, survived });
      console.log(`${results.length}/${chosen.length} ${survived ?? "found"}: ${show(mutant)}`);
      if (found !== undefined) console.log(`    by ${found}`);
    }
  };
  await Promise.all(Array.from({ length: Number(options.jobs) }, work));
  return results;
}

function report(results, all) {
  const files = [...new Set(results.map(({ mutant }) => mutant.file))].sort();
  const rows = files.map((file) => {
    const ofFile = results.filter(({ mutant }) => mutant.file === file);
    return [file, ofFile.length, ofFile.filter(({ survived }) => !survived).length];
  });
  console.log(`\n${markdownTable(["file", "mutants", "found"], rows, [1, 2])}\n`);
  for (const { mutant, survived } of results) if (survived) console.log(`${survived}: ${show(mutant)}`);
  const found = results.filter(({ survived }) => !survived).length;
  const share = found / results.length;
  console.log(`\n${found} of ${results.length} are found: ${percent(share)} %`);
  if (isPart) return;
  if (results.length < all.length) {
    const [low, high] = interval(found, results.length);
    console.log(`of all ${all.length} between ${percent(low)} and ${percent(high)} %, in 95 of 100 samples`);
  }
  console.log(`the floor is ${FLOOR} %`);
  if (100 * share < FLOOR) process.exitCode = 1;
}

try {
  const { mutants, plugin } = await mutateCore();
  const chosen = choose(mutants);
  if (chosen.length === 0) throw new Error("there are no such mutants");
  report(await judgeAll(chosen, await findSuites(plugin)), mutants);
} finally {
  rmSync(runDirectory, { recursive: true, force: true });
}
