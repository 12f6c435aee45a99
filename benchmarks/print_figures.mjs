// What the command prints.
import { discardedLines, memoryCells, memoryHead, roundsLine, timedCells, timedHead } from "./rows.mjs";
import { works } from "./works.mjs";

function table(head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const format = (row) => row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join("  ");
  return [format(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(format)].join("\n");
}

export function printFigures(report) {
  const { contenders, skipped, figures, measurements, withMemory, versions } = report;
  for (const [work, size] of measurements) {
    const rows = contenders.map((contender) => [contender.name, ...timedCells(figures, contender, work, size)]);
    console.log(`\n${works[work].title}, ${size} bytes\n`);
    console.log(table(["", ...timedHead(work)], rows));
  }
  if (withMemory) {
    const measured = contenders.filter(({ memory }) => memory !== undefined);
    console.log(`\n${works.memory.title}, ${works.memory.sizes[0]} bytes\n`);
    console.log(
      table(["", ...memoryHead], measured.map((contender) => [contender.name, ...memoryCells(figures, contender)])),
    );
  }
  for (const { name, reason } of skipped) console.log(`\nskipped: ${name}: ${reason}`);
  const discarded = discardedLines(figures);
  if (discarded.length) console.log(`\nruns that did not count:\n  ${discarded.join("\n  ")}`);
  console.log(`\n${Object.entries(versions).map(([name, version]) => `${name}: ${version}`).join("; ")}`);
  console.log(roundsLine(report));
}
