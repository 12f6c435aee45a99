// docs/benchmarks.md and docs/benchmarks.svg.
import { mkdirSync, writeFileSync } from "node:fs";
import { writeBlock } from "../scripts/docs/page_block.mjs";
import { mustRun } from "../scripts/matrix/command.mjs";
import { inRoot } from "../scripts/matrix/paths.mjs";
import { denoPath } from "../scripts/matrix/runtimes.mjs";
import { answer, costLine } from "./answer.mjs";
import { barChart } from "./chart.mjs";
import {
  discardedLines,
  entriesTable,
  experimentTable,
  ratiosToOwn,
  roundsLine,
  rowsOfWork,
  timedCells,
} from "./rows.mjs";
import { targetRows, targetsHead, targetsLine } from "./targets.mjs";
import { timedWorks, times, works } from "./works.mjs";

const row = (cells) => `| ${cells.join(" | ")} |`;
const table = (head, rows) =>
  [row(head), row(head.map((_, i) => i === 0 ? "---" : "---:")), ...rows.map(row)].join("\n");

const introduction = (report) =>
  `# Benchmarks

<!-- Written by npm run bench: don't edit. -->

${answer(report)}

![CPU per datagram, in one process, 64 bytes](benchmarks.svg)

Another machine gives other figures: \`npm run bench\` does its own set-up, compiles the C programs, takes about an hour
and writes this page; \`npm run bench -- --quick\` takes a minute. [Where the time goes](profiles.md) explains the figures,
and the [targets](#what-it-is-to-reach) are at the end.

## How it is measured

- Loopback, IPv4. All programs do the same work, in \`benchmarks/contenders\` and \`benchmarks/peers\`. They run one after
  the other in each round, in the reverse order every other round. A figure is the median of all rounds, a ratio the median of the
  rounds' ratios.
- The first figure is **CPU time per datagram**: user and system time of the whole measured process, all its threads
  included. It is far steadier than datagrams a second. Figures of two machines, or of two runs, can't be compared;
  ratios can.
- At most 64 datagrams are in flight, refilled at 32, or by one acknowledgement per 16 between processes. A run that lost
  a datagram does not count and is repeated. Each run has a warm-up of ${times.warmUp} ms, and a measurement
  of ${times.measure.alone} ms in one process, ${times.measure.together} ms between two.
- What stands below the round trips has rounds of its own, fewer of them, with those programs that it is about.
- *× C* compares with the C program that uses sendmmsg and recvmmsg, *× own* with the same runtime's own \`node:dgram\`,
  *× native* with its native API (\`Deno.listenDatagram\` with one reused receive buffer, \`Bun.udpSocket\` with
  \`sendMany\`). Less is better.
- \`@x/dgram\` is the built npm package, on Deno too. Nothing else is loaded.
`;

function glance({ figures, contenders }) {
  const ours = contenders.filter(({ kind }) => kind === "ours");
  const rows = ours.map((contender) => [
    contender.name,
    ...timedWorks.map((work) => ratiosToOwn(figures, contender, work)),
  ]);
  return `## At a glance

CPU time as a part of what the runtime's own \`node:dgram\` takes, for datagrams of 64 / 1400 bytes.

${table(["", ...timedWorks.map((work) => works[work].title.toLowerCase())], rows)}`;
}

function timedTable({ figures, contenders }, work) {
  const { title, unit, sizes } = works[work];
  const columns = ["CPU µs", "× C", "× own", "× native", "thousand/s"];
  const head = [
    "",
    ...sizes.flatMap((size) => columns.map((column, i) => i === 0 ? `${size} bytes: ${column}` : column)),
  ];
  const rows = rowsOfWork(contenders).map((contender) => [
    contender.name,
    ...sizes.flatMap((size) => timedCells(figures, contender, work, size)),
  ]);
  return `## ${title}

Per ${unit}.

${table(head, rows)}`;
}

function section({ title, note, head, rows }) {
  return `## ${title}\n\n${note}\n\n${table(["", ...head], rows)}`;
}

function targets(report) {
  const rows = targetRows(report);
  return `## What it is to reach

${
    targetsLine(rows)
  } Two figures are those of 64 and of 1400 bytes, unless the line says otherwise. [Where the time goes](profiles.md)
has the reasons for those that are missed. That memory under a burst
of 100,000 queued sends is bounded, and that a flood starves nobody, is tested besides (\`tests/core/memory_bound.test.ts\`,
\`tests/core/starvation.test.ts\`).

${table(targetsHead, rows)}`;
}

function notes(report) {
  const { figures, skipped, versions } = report;
  const lines = [
    `- ${roundsLine(report)}`,
    ...Object.entries(versions).map(([name, version]) => `- ${name}: ${version}`),
    ...skipped.map(({ name, reason }) => `- Skipped: ${name}: ${reason}`),
    ...discardedLines(figures).map((line) => `- Did not count, and was repeated: ${line}`),
  ];
  return `## This run\n\n${lines.join("\n")}`;
}

function chart({ figures, contenders }) {
  const bars = rowsOfWork(contenders)
    .map(({ name, kind, runtime }) => ({ name, kind, group: runtime, value: figures.value("pair", 64, name, "cpu") }))
    .filter(({ value }) => value !== undefined);
  return barChart("CPU per datagram, sent and received in one process", "µs, 64 bytes; less is better", bars);
}

export async function writeDocs(report) {
  mkdirSync(inRoot("docs"), { recursive: true });
  const entries = entriesTable(report);
  const sections = [
    introduction(report).trimEnd(),
    glance(report),
    ...timedWorks.map((work) => timedTable(report, work)),
    ...(entries === undefined ? [] : [section(entries)]),
    ...report.experiments.map((experiment) => section(experimentTable(report, experiment))),
    notes(report),
    targets(report),
  ];
  const files = ["benchmarks.md", "benchmarks.svg"].map((name) => inRoot("docs", name));
  writeFileSync(files[0], `${sections.join("\n\n")}\n`);
  writeFileSync(files[1], chart(report));
  writeBlock("README.md", "cost", costLine(report));
  await mustRun([denoPath(), "fmt", ...files]);
  console.log("\nwritten: docs/benchmarks.md, docs/benchmarks.svg, README.md");
}
