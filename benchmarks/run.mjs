// Runs the rounds and reports.
import { existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { buildPackage } from "../scripts/matrix/dist.mjs";
import { minifiedMain } from "../scripts/matrix/sizes.mjs";
import { runDirectory } from "../scripts/matrix/paths.mjs";
import { chooseContenders, takesPart } from "./contenders.mjs";
import { loadTime } from "./experiments/load_time.mjs";
import { experiments } from "./experiments/mod.mjs";
import { Figures } from "./figures.mjs";
import { measure } from "./measure.mjs";
import { compilePeers } from "./peers.mjs";
import { printFigures } from "./print_figures.mjs";
import { versionsOf } from "./versions.mjs";
import { timedWorks, works } from "./works.mjs";
import { writeDocs } from "./write_docs.mjs";

/** A run that lost datagrams is repeated, so many times; and so many in all, since a benchmark has to end. */
const repeats = 2;
const mostDiscarded = 60;

/** [work, size] of everything that was asked for and can be measured here. */
function chooseMeasurements({ works: names, sizes }, peer) {
  return timedWorks
    .filter((work) => !names.length || names.includes(work))
    .filter((work) => peer !== undefined || (work !== "receive" && work !== "send"))
    .flatMap((work) => works[work].sizes.map((size) => [work, size]))
    .filter(([, size]) => !sizes.length || sizes.includes(size));
}

/** Measures until a run counts, and hands it to `record`; what never does is given up, in the rounds to come too. */
async function attempt(figures, { work, size, name, round }, run, record) {
  if (figures.isGivenUp(work, size, name)) return;
  for (let i = 0; i <= repeats && (i === 0 || figures.discarded.length < mostDiscarded); i++) {
    const result = await run();
    if (result.problem === undefined) {
      record(result);
      return;
    }
    figures.discarded.push({ work, size, name, round, problem: result.problem });
  }
  figures.giveUp(work, size, name);
}

const inOrderOf = (round, contenders) => round % 2 ? [...contenders].reverse() : contenders;

async function runRounds(figures, contenders, measurements, rounds, peer) {
  for (let round = 0; round < rounds; round++) {
    for (const [work, size] of measurements) {
      process.stderr.write(`round ${round + 1} of ${rounds}: ${work}, ${size} bytes\n`);
      for (const contender of inOrderOf(round, contenders.filter((each) => takesPart(each, work, size)))) {
        const { name } = contender;
        const run = () => measure(contender, work, size, peer);
        await attempt(figures, { work, size, name, round }, run, (result) => {
          figures.record(work, size, name, round, result);
        });
      }
    }
  }
}

async function runExperiment(figures, experiment, contenders, rounds, peers) {
  const { name: work } = experiment;
  const participants = contenders.filter(experiment.takesPart);
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(`round ${round + 1} of ${rounds}: ${work}\n`);
    for (const contender of inOrderOf(round, participants)) {
      const { name } = contender;
      const run = () => experiment.measure(contender, { round, peers });
      await attempt(figures, { work, name, round }, run, ({ results }) => {
        for (const [variant, result] of results) figures.record(work, variant, name, round, result);
      });
    }
  }
}

function checkOther(tree) {
  if (tree === undefined || existsSync(path.join(tree, "dist", "mod.js"))) return;
  throw new Error(`${tree} has no dist/mod.js: run \`npm run build\` there`);
}

export async function runBenchmark(options) {
  const started = performance.now();
  try {
    checkOther(options.against);
    const peers = await compilePeers();
    const all = await chooseContenders(options, peers);
    if (options.list) {
      for (const { name } of all) console.log(name);
      return 0;
    }
    const skipped = all.filter(({ reason }) => reason !== undefined);
    const contenders = all.filter(({ reason }) => reason === undefined);
    if (!contenders.length) throw new Error(`none of these can be had: ${skipped[0].reason}`);
    process.stderr.write("building dist ...\n");
    await buildPackage();

    const figures = new Figures(contenders);
    const peer = contenders.findLast(({ kind }) => kind === "c");
    const measurements = chooseMeasurements(options, peer);
    await runRounds(figures, contenders, measurements, options.rounds, peer);
    const asked = experiments.filter(({ name }) => !options.works.length || options.works.includes(name));
    const reasons = new Map(asked.map((experiment) => [experiment, experiment.unavailable]));
    const wanted = asked.filter((experiment) => reasons.get(experiment) === undefined);
    for (const [{ title: name }, reason] of reasons) if (reason !== undefined) skipped.push({ name, reason });
    for (const experiment of wanted) {
      await runExperiment(figures, experiment, contenders, Math.min(options.rounds, experiment.rounds), peers);
    }

    const minutes = (performance.now() - started) / 60_000;
    const versions = await versionsOf(contenders, peers);
    const report = {
      contenders,
      skipped,
      figures,
      measurements,
      experiments: wanted,
      kilobytes: wanted.includes(loadTime) ? (await minifiedMain("node")).length / 1000 : undefined,
      versions,
      minutes,
      rounds: options.rounds,
    };
    printFigures(report);
    if (options.json) writeFileSync(options.json, JSON.stringify({ versions, ...figures.toJSON() }, null, 1));
    if (options.complete) await writeDocs(report);
    return 0;
  } finally {
    rmSync(runDirectory, { recursive: true, force: true });
  }
}
