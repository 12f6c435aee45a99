/** A Markdown table as `deno fmt` lays it out; `right` are the numbers of the columns that are aligned to the right. */
export function markdownTable(head, rows, right = []) {
  const lines = [head, ...rows].map((cells) => cells.map(String));
  const widths = head.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column].length)));
  const pad = (text, column) => right.includes(column) ? text.padStart(widths[column]) : text.padEnd(widths[column]);
  const rule = widths.map((width, column) => right.includes(column) ? `${"-".repeat(width - 1)}:` : "-".repeat(width));
  const show = (cells) => `| ${cells.join(" | ")} |`;
  const [first, ...others] = lines.map((cells) => show(cells.map(pad)));
  return [first, show(rule), ...others].join("\n");
}
