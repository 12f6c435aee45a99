/**
 * Writes into each section of docs/deviations.md the names of the scenarios that hold it: `deno run -A
 * scripts/deviation_tests.ts`. A row without a section is an error: its reason has to be written first.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { scenarios } from "../tests/conformance/scenarios/mod.ts";

const file = new URL("../docs/deviations.md", import.meta.url);
const names = new Map<number, string[]>();
for (const { name, deviates } of scenarios) {
  if (deviates) names.set(deviates.row, [...names.get(deviates.row) ?? [], name]);
}

const sections = readFileSync(file, "utf8").split(/^(?=## )/m).map((section) => {
  const row = Number(/^## (\d+)\. /.exec(section)?.[1]);
  if (!row) return section;
  const list = (names.get(row) ?? []).sort().map((name) => `- ${name}`).join("\n");
  names.delete(row);
  return `${section.replace(/^- .*\n/gm, "").trimEnd()}\n\n${list}\n\n`;
});
if (names.size > 0) throw new Error(`docs/deviations.md has no section for ${[...names.keys()].join(", ")}`);
writeFileSync(file, sections.join(""));
