// What the matrix prints.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "./paths.mjs";

export function logFailure(file, output) {
  writeFileSync(file, output);
}

function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const format = (row) => row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join("  ");
  return [format(all[0]), widths.map((width) => "-".repeat(width)).join("  "), ...all.slice(1).map(format)].join("\n");
}

const indent = (text) => text.split("\n").map((line) => `    ${line}`).join("\n");

/** One line as a cell ends, for whoever is watching. */
export function progress(cell, result) {
  const { passed, failed, skipped, seconds } = result;
  console.error(`${cell.name}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds.toFixed(1)} s`);
}

/** How often each name is among them. */
function countNames(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/**
 * A test that one cell reports and another, which ran its file to the end, does not has been lost there: that cell fails.
 * `names` are those of each file, or false for a file of which some are missing for a reason that has been told.
 */
export function compareNames(results) {
  const most = new Map();
  const counted = [...results.values()].flatMap((result) =>
    [...result.names ?? []].filter(([, names]) => names).map(([file, names]) => ({
      result,
      file,
      own: countNames(names),
    }))
  );
  for (const { file, own } of counted) {
    if (!most.has(file)) most.set(file, new Map());
    const ofFile = most.get(file);
    for (const [name, count] of own) ofFile.set(name, Math.max(count, ofFile.get(name) ?? 0));
  }
  for (const { result, file, own } of counted) {
    for (const [name, count] of most.get(file)) {
      const times = own.get(name) ?? 0;
      if (times >= count) continue;
      result.failed += 1;
      result.failures.push({ name, message: `reported ${times} times here and ${count} times in another cell` });
    }
  }
}

/**
 * A runtime of which cells were asked for and none could run has not been tested: the first of them fails, unless it may
 * be lacking.
 */
export function missRuntimes(results, mayLack = []) {
  const ofRuntimes = groupBy(
    [...results].filter(([{ kind, of }]) => kind === "tests" && !mayLack.includes(of)),
    ([{ of }]) => of,
  );
  for (const [runtime, cells] of ofRuntimes) {
    if (cells.some(([, { reason }]) => reason === undefined)) continue;
    const [, first] = cells[0];
    first.failed += 1;
    first.failures.push({
      name: `(no cell of ${runtime} could run)`,
      message: `${first.reason}\nnpm test -- --may-lack ${runtime} does without`,
    });
  }
}

/** A map of lists. */
function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(item);
  }
  return groups;
}

function printConformance(results) {
  const measured = [...results].filter(([, result]) => result.conformance)
    .map(([cell, { conformance }]) => ({ cell: cell.name, lackingNames: [], ...conformance }));
  if (!measured.length) return;
  console.log(`\nconformance with Node 26's node:dgram\n`);
  const rows = measured.map(({ cell, passed, emulated, lacking, failed }) => [cell, passed, emulated, lacking, failed]);
  console.log(table(["cell", "passed", "of these emulated", "lacking", "failed"], rows));
  for (const [names, cells] of groupBy(measured, ({ lackingNames }) => lackingNames.join("\n"))) {
    if (names) console.log(`\nlacking in ${cells.map(({ cell }) => cell).join(", ")}:\n${indent(names)}`);
  }
}

function printElsewhere(results) {
  const measured = [...results].filter(([, { elsewhere }]) => elsewhere);
  if (!measured.length) return;
  console.log(`\nconformance on other machines\n`);
  const rows = measured.map(([{ name }, { elsewhere: { version, counts, consumers } }]) => [
    name,
    version,
    ...["asNode26", "asThere", "lacking", "ours", "own"].map((key) => counts[key]),
    consumers[1] ? consumers.join(" of ") : "-",
  ]);
  const head = ["cell", "version", "as Node 26", "as node:dgram there", "lacking", "ours"];
  console.log(table([...head, "own node:dgram: as Node 26", "users' programs"], rows));
  for (const [names, cells] of groupBy(measured, ([, { elsewhere }]) => [...elsewhere.asThere].sort().join("\n"))) {
    if (names) console.log(`\nas node:dgram there in ${cells.map(([{ name }]) => name).join(", ")}:\n${indent(names)}`);
  }
}

const longest = 60;

function shorten(message) {
  const lines = message.split("\n");
  return lines.length <= longest ? message : [...lines.slice(0, longest), "..."].join("\n");
}

/** Where it happened has another path in each cell. */
const withoutStack = (message) => message.replace(/^\s*at .*$/gm, "");

/** Each failed test once, with each of its messages once. */
function printFailures(results) {
  const failures = [...results].flatMap(([cell, result]) =>
    result.failures.map(({ name, message }) => ({ name, message: shorten(message), cell: cell.name }))
  );
  for (const [name, ofName] of groupBy(failures, (failure) => failure.name)) {
    console.log(`\nFAILED: ${name}`);
    for (const same of groupBy(ofName, (failure) => withoutStack(failure.message)).values()) {
      console.log(`  in ${same.map(({ cell }) => cell).join(", ")}\n${indent(same[0].message)}`);
    }
  }
}

/** Prints the tables, the failures and the closing line; answers the exit code. */
export function printReport(results, keptIn) {
  const rows = [...results].map(([cell, { passed, failed, skipped, seconds }]) => [
    cell.name,
    passed,
    failed,
    skipped,
    seconds.toFixed(1),
  ]);
  console.log(table(["cell", "passed", "failed", "skipped", "seconds"], rows));
  printConformance(results);
  printElsewhere(results);
  for (const [cell, result] of results) {
    if (result.notes) console.log(`\n${cell.name}\n${indent(result.notes)}`);
  }
  for (
    const [leftOut, cells] of groupBy(
      [...results].filter(([, result]) => result.leftOut),
      ([, result]) => result.leftOut,
    )
  ) {
    console.log(`\n${leftOut}\n${indent(cells.map(([cell]) => cell.name).join(", "))}`);
  }
  for (const [cell, result] of results) {
    if (result.reason) console.log(`\nskipped: ${cell.name}: ${result.reason}`);
  }
  printFailures(results);
  if (keptIn) console.log(`\nbundles, reports and logs: ${path.relative(root, keptIn)}`);
  const sum = (key) => [...results.values()].reduce((total, result) => total + result[key], 0);
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
  return sum("failed") > 0 || sum("passed") === 0 ? 1 : 0;
}
