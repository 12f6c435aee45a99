// What the command prints.
import { takesPart } from "./contenders.mjs";
import {
  discardedLines,
  entriesTable,
  experimentTable,
  roundsLine,
  rowsOfWork,
  timedCells,
  timedHead,
} from "./rows.mjs";
import { targetRows, targetsHead, targetsLine } from "./targets.mjs";
import { works } from "./works.mjs";

function table(head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const format = (row) => row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join("  ");
  return [format(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(format)].join("\n");
}

function print({ title, head, rows }) {
  console.log(`\n${title}\n`);
  console.log(table(["", ...head], rows));
}

export function printFigures(report) {
  const { contenders, skipped, figures, measurements, experiments, versions } = report;
  for (const [work, size] of measurements) {
    const rows = rowsOfWork(contenders)
      .filter((contender) => takesPart(contender, work, size))
      .map((contender) => [contender.name, ...timedCells(figures, contender, work, size)]);
    print({ title: `${works[work].title}, ${size} bytes`, head: timedHead(work), rows });
  }
  const entries = entriesTable(report);
  if (entries !== undefined) print(entries);
  for (const experiment of experiments) print(experimentTable(report, experiment));
  const targets = targetRows(report);
  console.log(`\nTargets\n`);
  console.log(table(targetsHead, targets));
  console.log(`\n${targetsLine(targets)}`);
  for (const { name, reason } of skipped) console.log(`\nskipped: ${name}: ${reason}`);
  const discarded = discardedLines(figures);
  if (discarded.length) console.log(`\nruns that did not count:\n  ${discarded.join("\n  ")}`);
  console.log(`\n${Object.entries(versions).map(([name, version]) => `${name}: ${version}`).join("; ")}`);
  console.log(roundsLine(report));
}
