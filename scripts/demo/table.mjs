// The table of what passed.
const show = ({ median, failure }) => median !== undefined ? median.toFixed(3) : failure ? "FAILED" : "skipped";

/** One line for each pair, one column for each way; below it why cells failed or were skipped. */
export function printTable(cells, ways) {
  const rows = new Map();
  for (const cell of cells) {
    const pair = `${cell.server.name} ${cell.asker.name}`;
    if (!rows.has(pair)) rows.set(pair, [cell.server.name, cell.asker.name]);
    rows.get(pair).push(show(cell));
  }
  const lines = [["server", "asker", ...ways.map(({ name }) => name)], ...rows.values()];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines) {
    const padded = line.map((text, column) => column < 2 ? text.padEnd(widths[column]) : text.padStart(widths[column]));
    console.log(padded.join("  "));
    if (line === lines[0]) console.log(widths.map((width) => "-".repeat(width)).join("  "));
  }
  for (const [reason, where] of byReason(cells, "skip")) console.log(`\nskipped (${where.length}): ${reason}`);
  for (const [reason, where] of byReason(cells, "failure")) {
    console.log(`\nFAILED: ${where.join("; ")}\n    ${reason.split("\n").slice(0, 15).join("\n    ")}`);
  }
}

/** The cells that failed or were skipped for one and the same reason. */
function byReason(cells, kind) {
  const reasons = new Map();
  for (const cell of cells) {
    const reason = cell[kind];
    if (!reason) continue;
    if (!reasons.has(reason)) reasons.set(reason, []);
    reasons.get(reason).push(`${cell.asker.name} asks ${cell.server.name}, ${cell.way.name}`);
  }
  return reasons;
}
