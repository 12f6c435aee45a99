// Asks each runtime for its `capabilities` and prints the support table. `--write` puts it into docs/support.md.
// Node takes dist (`npm run build`), the others the source.
import { runCommand } from "./matrix/command.mjs";
import { inRoot } from "./matrix/paths.mjs";
import { bunPath, denoPath, nodePath, nodeVersions } from "./matrix/runtimes.mjs";
import { markdownTable } from "./docs/markdown_table.mjs";
import { publish } from "./docs/page_block.mjs";

const child = inRoot("scripts", "docs", "print_capabilities.mjs");

async function subjects() {
  const nodes = await Promise.all(nodeVersions.map(async (version) => {
    const { path, reason } = await nodePath(version);
    if (reason) throw new Error(reason);
    return { runtime: "Node", variant: version.split(".")[0], command: [path, child] };
  }));
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

const columns = columnsOf(await Promise.all((await subjects()).map(ask)));
const names = [...new Set(columns.flatMap(({ features }) => Object.keys(features)))].sort();
const rows = names.map((name) => [`\`${name}\``, ...columns.map(({ features }) => features[name] ?? "unavailable")]);
const table = markdownTable(["feature", ...columns.map(({ title }) => title)], rows);
publish("docs/support.md", "support", `${table}\n\n${notesOf(columns)}`);
