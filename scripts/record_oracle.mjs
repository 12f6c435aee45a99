// Plays the conformance scenarios on Node 26's own node:dgram and writes tests/conformance/oracle.json.
// See tests/conformance/README.md for the arguments.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { python } from "./matrix/python.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const FOLDER = path.join(ROOT, "tests", "conformance");
const ORACLE = path.join(FOLDER, "oracle.json");
const DESCRIPTORS = path.join(FOLDER, "descriptors.py");
const MAJOR = 26;
const MARK = "#trace ";
const ORDERS = [[], ["--seed", "1"], ["--seed", "2"]];

const args = process.argv.slice(2);
if (args.includes("--only")) print(play(nodeOfOracle(), entry(), ["--only", argument("--only")]));
else if (args.includes("--compare")) await compare(args.slice(args.indexOf("--compare") + 1));
else record(nodeOfOracle());

function record(node) {
  const [first, ...others] = ORDERS.map((order) => play(node, entry(), order));
  const differing = Object.keys(first).filter((name) => others.some((other) => !equal(first[name], other[name])));
  for (const name of differing) {
    console.error(`not deterministic: ${name}`);
    for (const other of others) printDifference(first[name], other[name] ?? []);
  }
  const failing = Object.keys(first).filter((name) => first[name].some((line) => line.startsWith("FAILED")));
  for (const name of failing) {
    console.error(`failed on the oracle: ${name}`);
    for (const line of first[name]) console.error(`    ${line}`);
  }
  if (differing.length + failing.length > 0) process.exit(1);
  writeFileSync(ORACLE, `${JSON.stringify(first, null, 2)}\n`);
  console.log(`${Object.keys(first).length} scenarios recorded ${ORDERS.length} times on ${version(node)}`);
}

async function compare(nodes) {
  const oracle = JSON.parse(readFileSync(ORACLE, "utf8"));
  const folder = mkdtempSync(path.join(tmpdir(), "oracle-"));
  try {
    const bundle = path.join(folder, "oracle.mjs");
    const { build } = await import("esbuild");
    await build({
      entryPoints: [entry()],
      outfile: bundle,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node18",
      logLevel: "error",
    });
    for (const node of nodes) {
      const traces = play(node, bundle, []);
      const differing = Object.keys(oracle).filter((name) => !equal(oracle[name], traces[name] ?? []));
      console.log(`${version(node)}: ${differing.length} of ${Object.keys(oracle).length} scenarios differ`);
      for (const name of differing) {
        console.log(`  ${name}`);
        printDifference(oracle[name], traces[name] ?? []);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Plays all chosen scenarios, in a new process behind each one in which the process died. */
function play(node, file, options) {
  const traces = {};
  for (;;) {
    const skip = ["--skip", JSON.stringify(Object.keys(traces))];
    const child = spawnSync(python, [DESCRIPTORS, node, "--no-warnings", file, ...options, ...skip], {
      encoding: "utf8",
      timeout: 300_000,
      maxBuffer: 64 << 20,
    });
    const reports = child.stdout.split("\n").filter((line) => line.startsWith(MARK))
      .map((line) => JSON.parse(line.slice(MARK.length)));
    for (const { name, trace } of reports) if (name) traces[name] = trace;
    if (reports.some(({ end }) => end === "leaked")) console.error(`${version(node)}: a scenario left something open`);
    const dead = reports.map(({ begin }) => begin).filter(Boolean).find((name) => !(name in traces));
    if (dead === undefined) {
      if (!reports.some(({ end }) => end)) throw new Error(`${node} did not play to the end: ${child.stderr}`);
      return traces;
    }
    traces[dead] = [`FAILED the process died: ${child.signal ?? child.status} ${child.stderr.trim()}`];
  }
}

function entry() {
  return path.join(FOLDER, "oracle.ts");
}

function nodeOfOracle() {
  if (args.includes("--node")) return argument("--node");
  if (process.versions.node.startsWith(`${MAJOR}.`)) return process.execPath;
  const runtimes = path.join(ROOT, ".runtimes");
  for (const name of existsSync(runtimes) ? readdirSync(runtimes) : []) {
    if (!name.startsWith(`node-${MAJOR}.`)) continue;
    const found = readdirSync(path.join(runtimes, name), { recursive: true })
      .find((file) => String(file).endsWith(path.join("bin", "node")));
    if (found) return path.join(runtimes, name, String(found));
  }
  throw new Error(`no Node ${MAJOR}: run this with it, or give --node PATH`);
}

function argument(name) {
  return args[args.indexOf(name) + 1];
}

function version(node) {
  return `Node ${spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim()}`;
}

function equal(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

function print(traces) {
  for (const [name, trace] of Object.entries(traces)) {
    console.log(name);
    for (const line of trace) console.log(`    ${line}`);
  }
}

function printDifference(expected, got) {
  for (let line = 0; line < Math.max(expected.length, got.length); line++) {
    if (expected[line] === got[line]) continue;
    console.log(`    - ${expected[line] ?? ""}`);
    console.log(`    + ${got[line] ?? ""}`);
  }
}
