// What works where, as data: from the tables of docs/support.md and docs/reference.md.
import { readFileSync } from "node:fs";
import { inRoot } from "../matrix/paths.mjs";

const cellsOf = (line) => line.split("|").slice(1, -1).map((cell) => cell.trim());

/** { columns, features }: for each feature what stands in each column. */
export function readSupport() {
  const page = readFileSync(inRoot("docs", "support.md"), "utf8");
  const [head, , ...rows] = page.slice(page.indexOf("| feature")).split("\n\n", 1)[0].split("\n").map(cellsOf);
  const columns = head.slice(1);
  const features = Object.fromEntries(rows.map(([name, ...cells]) => [
    name.replaceAll("`", ""),
    Object.fromEntries(cells.map((cell, index) => [columns[index], cell])),
  ]));
  return { columns, features };
}

/** The feature that the reference names for an option or a method, by its name. */
export function readFeaturesOfMembers() {
  const page = readFileSync(inRoot("docs", "reference.md"), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("|")).map(cellsOf);
  return new Map(rows.flatMap((cells) => {
    const feature = /^`(\w+)`: /.exec(cells.at(-1))?.[1];
    return feature ? [...cells[0].matchAll(/`(\w+)/g)].map(([, member]) => [member, feature]) : [];
  }));
}
