// Lets this module work for a long time on each runtime, at half of what it was measured to do, and looks whether
// something is lost, or grows: `npm run soak`.
//
//   npm run soak                              half an hour on each runtime
//   npm run soak -- --minutes 2               the short form
//   npm run soak -- --only bun --sockets 0
//   npm run soak -- --together 3              three runtimes side by side, but for what is over the limit
//   npm run soak -- --write                   renews docs/soak.svg and the table of docs/proof.md
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { mustRun, runCommand } from "./matrix/command.mjs";
import { inRoot, root } from "./matrix/paths.mjs";
import { denoPath } from "./matrix/runtimes.mjs";
import { lineCharts } from "./soak/line_chart.mjs";
import { findPlayers } from "./soak/players.mjs";
import { growthOf } from "./soak/slope.mjs";

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    only: { type: "string", default: "" },
    sockets: { type: "string" },
    flood: { type: "string" },
    together: { type: "string", default: "1" },
    write: { type: "boolean", default: false },
  },
});
const minutes = Number(options.minutes);
if (!(minutes > 0)) throw new Error("--minutes takes a number above 0");
const together = Number(options.together);
if (!(together >= 1)) throw new Error("--together takes a number from 1");

/** The long form opens and closes 100,000 sockets, and sends ten million datagrams over the limit. */
const share = Math.min(1, minutes / 30);
const plan = {
  seconds: minutes * 60,
  sockets: Number(options.sockets ?? Math.round(100_000 * share)),
  limitSeconds: 2,
  every: Math.max(1000, minutes * 60_000 / 600),
  flood: 0,
};
const overTheLimit = {
  ...plan,
  seconds: 0,
  sockets: 0,
  limitSeconds: 0,
  flood: Number(options.flood ?? Math.round(10_000_000 * share)),
};
const MB = 1_000_000;
/** How much a process may grow while more comes than it reads. */
const MOST_GROWN = 64 * MB;
/** Milliseconds that timers may be later, while more comes than is read, than where nothing is read. */
const MOST_LATE = 20;

/** What a player printed, as { limit, samples, flood, end }; or { failure }. */
async function play({ command }, plan) {
  const { code, stdout, output } = await runCommand([...command, JSON.stringify(plan)], {
    cwd: root,
    env: { DGRAM_TEST_ROOT: root },
    timeout: (plan.seconds + 3600) * 1000,
    outputLimit: 100 * MB,
  });
  const lines = stdout.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  const [{ limit } = {}, { flood } = {}, { end } = {}] = ["limit", "flood", "end"].map((name) =>
    lines.find((line) => name in line)
  );
  if (code !== 0 || end === undefined) return { failure: `ended with ${code}: ${output.slice(-1000)}` };
  return { limit, samples: lines.flatMap(({ sample }) => sample ?? []), flood, end };
}

/** What became of one player; what is over the limit it played in a process of its own. */
function judge({ failure, limit, samples, end }, over) {
  const failed = failure ?? over?.failure;
  if (failed !== undefined) return { problems: [failed] };
  const flood = over?.flood;
  const during = samples.filter(({ last }) => !last);
  const growth = Object.fromEntries(
    ["rss", "heap", "descriptors"].map((name) => [
      name,
      growthOf(during.map((sample) => ({ at: sample.at, value: sample[name] }))),
    ]),
  );
  return { limit, samples: during, flood, end, growth, problems: problemsOf({ samples, flood, end, growth }) };
}

function problemsOf({ samples, flood, end, growth }) {
  const problems = [];
  if (end.lost !== 0) problems.push(`${end.lost} lost`);
  if (end.disordered !== 0) problems.push(`${end.disordered} out of order`);
  for (const [name, { grows, grown, noise }] of Object.entries(growth)) {
    if (grows) {
      problems.push(`${name} has grown by ${Math.round(grown)}, which is above the noise of ${Math.round(noise)}`);
    }
  }
  if (end.descriptors > samples[0].descriptors) problems.push(`${end.descriptors} descriptors are open in the end`);
  if (flood?.unaccounted) {
    problems.push(`${flood.unaccounted} datagrams over the limit are neither received nor counted`);
  }
  if (flood?.grown > MOST_GROWN) problems.push(`it grew by ${flood.grown} bytes over the limit`);
  if (flood?.late - (flood?.idle ?? 0) > MOST_LATE) problems.push(`timers are ${flood.late} ms late over the limit`);
  return problems;
}

const mb = (bytes) => (bytes / MB).toFixed(1);
const count = (number) => number.toLocaleString("en-US");
const perMinute = ({ perMinute, lower, upper }, unit = 1) =>
  [perMinute, lower, upper].map((value) => (value / unit).toFixed(2)).join(", ");

function rowOf({ name, result: { limit, end, growth, flood } }) {
  return [
    name,
    count(limit),
    count(end.sent),
    `${end.lost}, ${end.disordered}`,
    perMinute(growth.rss, MB),
    perMinute(growth.heap, MB),
    perMinute(growth.descriptors),
    count(end.churned),
    flood === undefined ? "" : `${count(flood.received)} + ${count(flood.dropped)} of ${count(flood.sent)}`,
    flood === undefined ? "" : `${flood.late.toFixed(0)} (${(flood.idle ?? 0).toFixed(0)})`,
  ];
}

const HEAD = [
  "runtime",
  "datagrams a second, at most",
  "sent, at half of it",
  "lost, out of order",
  "RSS, MB a minute",
  "heap, MB a minute",
  "descriptors a minute",
  "sockets opened and closed",
  "over the limit: received + dropped",
  "timers late, ms (idle)",
];

function tableOf(rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(HEAD), line(HEAD.map((_, i) => i === 0 ? "---" : "--:")), ...rows.map((row) => line(row))].join("\n");
}

function chartOf(results) {
  const panel = (title, valueOf) => ({
    title,
    lines: results.map(({ name, result: { samples } }) => ({
      name,
      points: samples.map((sample) => [sample.at / 60, valueOf(sample)]),
    })),
  });
  return lineCharts("Soak", `${minutes} minutes at half of the measured limit, after a collection of garbage each`, [
    panel("RSS, MB", ({ rss }) => rss / MB),
    panel("heap, MB", ({ heap }) => heap / MB),
    panel("descriptors", ({ descriptors }) => descriptors),
  ]);
}

async function write(results, table) {
  const picture = inRoot("docs", "soak.svg");
  writeFileSync(picture, chartOf(results));
  const file = inRoot("docs", "proof.md");
  const text = readFileSync(file, "utf8");
  const [begin, end] = [/<!-- soak:begin .*-->\n/.exec(text), text.indexOf("<!-- soak:end -->")];
  const from = begin.index + begin[0].length;
  writeFileSync(file, `${text.slice(0, from)}\n${table}\n\n${text.slice(end)}`);
  await mustRun([denoPath(), "fmt", picture, file]);
}

const players = [];
for (const player of await findPlayers(options.only)) {
  if (player.reason === undefined) players.push(player);
  else console.log(`${player.name}: skipped, ${player.reason}`);
}
const waiting = [...players];
const long = new Map();
await Promise.all(Array.from({ length: together }, async () => {
  for (let player = waiting.shift(); player; player = waiting.shift()) long.set(player, await play(player, plan));
}));

const results = [];
let failed = false;
for (const player of players) {
  // Alone: what is over a limit that others share tells nothing of who is late.
  const over = overTheLimit.flood > 0 ? await play(player, overTheLimit) : undefined;
  const result = judge(long.get(player), over);
  const { problems, growth, flood, end } = result;
  failed ||= problems.length > 0;
  console.log(`${player.name}: ${problems.length === 0 ? "nothing lost, nothing grows" : problems.join("; ")}`);
  if (end === undefined) continue;
  results.push({ name: player.name, result });
  console.log(`  limit ${count(result.limit)}/s; ${JSON.stringify(end)}`);
  for (const [name, { perMinute, lower, upper, grown, noise }] of Object.entries(growth)) {
    const [unit, digits] = name === "descriptors" ? [1, 2] : [MB, 3];
    const shown = [perMinute, lower, upper, grown, noise].map((value) => (value / unit).toFixed(digits));
    console.log(
      `  ${name}: ${shown[0]} a minute (95 %: ${shown[1]} to ${shown[2]}), grown ${shown[3]}, noise ${shown[4]}`,
    );
  }
  if (flood) console.log(`  over the limit: ${JSON.stringify(flood)}, grown by ${mb(flood.grown)} MB`);
}
if (results.length > 0) {
  const table = tableOf(results.map(rowOf));
  console.log(`\n${table}`);
  if (options.write) await write(results, table);
}
process.exitCode = failed ? 1 : 0;
