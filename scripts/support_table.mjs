// Asks each runtime for its `capabilities` and prints the tables of what is supported, by runtime and by platform, and of
// how the scenarios went on other machines. `--write` puts them into docs/support.md and docs/proof.md. `--record` keeps
// what this machine's runtimes answer for such a table that is written elsewhere. Node takes dist (`npm run build`), the
// others the source.
import process from "node:process";
import { runCommand } from "./matrix/command.mjs";
import { inRoot } from "./matrix/paths.mjs";
import { bunPath, denoPath, localNode, nodePath, nodeVersions } from "./matrix/runtimes.mjs";
import { markdownTable } from "./docs/markdown_table.mjs";
import { publish } from "./docs/page_block.mjs";
import { machinesTable, platformTables } from "./docs/platform_tables.mjs";
import { keepRecords, readRecords } from "./matrix/elsewhere/record.mjs";

const isRecording = process.argv.includes("--record");
const child = inRoot("scripts", "docs", "print_capabilities.mjs");

async function nodeSubjects() {
  const found = await Promise.all(nodeVersions.map(async (version) => ({ version, ...await nodePath(version) })));
  const missing = found.find(({ reason }) => reason);
  if (missing && !isRecording) throw new Error(missing.reason);
  const there = found.filter(({ path }) => path);
  // What is kept of another machine is of what that has.
  if (!there.length) there.push({ version: localNode, path: process.execPath });
  return there.map(({ version, path }) => ({
    runtime: "Node",
    variant: version.split(".")[0],
    command: [path, child],
  }));
}

async function subjects() {
  const nodes = await nodeSubjects();
  const runDeno = [denoPath(), "run", "--no-check", "--no-prompt", "--allow-net"];
  const ffi = nodes.at(-1);
  const deno = (variant, ...flags) => ({ runtime: "Deno", variant, command: [...runDeno, ...flags, child] });
  return [
    ...nodes,
    {
      runtime: `Node ${ffi.variant}, @x/dgram/ffi`,
      variant: "",
      command: [ffi.command[0], "--disable-warning=ExperimentalWarning", child, "ffi"],
    },
    // Where node:ffi is not there, through koffi.
    ...nodes.filter(({ variant }) => variant === "20").map(({ command: [node] }) => ({
      runtime: "Node 20, @x/dgram/ffi",
      variant: "",
      command: [node, child, "ffi"],
    })),
    deno(""),
    deno("--unstable-net", "--unstable-net"),
    deno("--allow-ffi", "--allow-ffi"),
    deno("--unstable-net --allow-ffi", "--unstable-net", "--allow-ffi"),
    {
      runtime: "Deno.listenDatagram",
      variant: "",
      command: [...runDeno, "--unstable-net", child, "listenDatagram"],
    },
    { runtime: "Bun", variant: "", command: [bunPath(), child] },
  ];
}

async function ask(subject) {
  const { code, stdout, output } = await runCommand(subject.command, { timeout: 30_000 });
  if (code !== 0 && isRecording) {
    console.error(`${subject.runtime} ${subject.variant} does not answer: ${output.split("\n")[0]}`);
    return undefined;
  }
  if (code !== 0) throw new Error(`${subject.command.join(" ")}\n${output}`);
  const { features, notes } = JSON.parse(stdout);
  return { ...subject, features, notes, all: JSON.stringify([features, notes]) };
}

const nodeTitle = (versions) => `Node ${versions.join(", ")}`;

/** One column for the versions of Node that agree; --allow-ffi has one of its own where it makes a difference. */
function columnsOf(answers) {
  const columns = [];
  for (const answer of answers) {
    const same = columns.find(({ runtime, all }) => runtime === answer.runtime && all === answer.all);
    if (same && answer.runtime === "Node") same.versions.push(answer.variant);
    if (!same) columns.push({ ...answer, versions: [answer.variant] });
  }
  return columns.map((column) => ({
    ...column,
    title: column.runtime === "Node" ? nodeTitle(column.versions) : `${column.runtime} ${column.variant}`.trim(),
  }));
}

/** The notes under the table: equal ones once, below the columns they are about. */
function notesOf(columns) {
  const owners = new Map();
  for (const { title, features, notes } of columns) {
    for (const [feature, note] of Object.entries(notes)) {
      if (!note) continue;
      const line = `  - \`${feature}\` (${features[feature]}): ${note}`;
      owners.set(line, [...owners.get(line) ?? [], title]);
    }
  }
  const groups = new Map();
  for (const [line, titles] of owners) {
    const group = titles.join("; ");
    groups.set(group, [...groups.get(group) ?? [], line]);
  }
  return [...groups].map(([group, lines]) => `- ${group}\n${lines.sort().join("\n")}`).join("\n");
}

/** The same for the tables of platforms: some of the runtimes' modes, with the version. */
const modes = {
  "Node ": "",
  [`Node ${nodeVersions.at(-1).split(".")[0]}, @x/dgram/ffi`]: "@x/dgram/ffi",
  Deno: "",
  "Deno --allow-ffi": "--allow-ffi",
  Bun: "",
};

async function recordOf({ runtime, variant, command, features, notes }) {
  const mode = modes[runtime === "Node" ? "Node " : `${runtime} ${variant}`.trim()];
  if (mode === undefined) return [];
  const { stdout } = await runCommand([command[0], "--version"], { timeout: 30_000 });
  const [version] = /\d+\.\d+\.\d+/.exec(stdout);
  const system = `${{ linux: "Linux", darwin: "macOS", win32: "Windows" }[process.platform]} ${process.arch}`;
  return [{ system, runtime: runtime.split(" ")[0].toLowerCase(), version, mode, features, notes }];
}

const answers = (await Promise.all((await subjects()).map(ask))).filter(Boolean);
const records = (await Promise.all(answers.map(recordOf))).flat();
if (isRecording) {
  keepRecords(records);
} else {
  const columns = columnsOf(answers);
  const names = [...new Set(columns.flatMap(({ features }) => Object.keys(features)))].sort();
  const rows = names.map((name) => [`\`${name}\``, ...columns.map(({ features }) => features[name] ?? "unavailable")]);
  const table = markdownTable(["feature", ...columns.map(({ title }) => title)], rows);
  publish("docs/support.md", "support", `${table}\n\n${notesOf(columns)}`);
  const all = [...readRecords(), ...records];
  publish("docs/support.md", "platforms", platformTables(all));
  publish("docs/proof.md", "machines", machinesTable(all));
}
