import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { inRoot } from "../../scripts/matrix/paths.mjs";
import { median } from "../figures.mjs";
import { runProgram } from "../measure.mjs";
import { one } from "../rows.mjs";

/** Fresh processes of each kind in one round. */
const PROCESSES = 5;

const projects = new Map();

/** A project that has a tree's package in its node_modules, as npm would put it there. */
function projectWith(tree) {
  if (!projects.has(tree)) projects.set(tree, makeProject(tree));
  return projects.get(tree);
}

function makeProject(tree) {
  const project = mkdtempSync(path.join(tmpdir(), "dgram-load-time-"));
  process.once("exit", () => rmSync(project, { recursive: true, force: true }));
  const home = path.join(project, "node_modules", "@x", "dgram");
  mkdirSync(home, { recursive: true });
  cpSync(path.join(tree, "package.json"), path.join(home, "package.json"));
  cpSync(path.join(tree, "dist"), path.join(home, "dist"), { recursive: true });
  writeFileSync(
    path.join(project, "package.json"),
    JSON.stringify({ type: "module", dependencies: { "@x/dgram": "*" } }),
  );
  cpSync(inRoot("benchmarks", "contenders", "load.mjs"), path.join(project, "load.mjs"));
  return project;
}

/** ms, the issue's. */
export const mostLoadTime = 5;

/** How long the import takes, beside that of the runtime's own node:dgram. */
export const loadTime = {
  name: "load",
  title: "Load time",
  rounds: 5,
  note:
    `Of \`import\` in a fresh process that has imported nothing else, in ms, the installed package and the runtime's own module in turn.`,
  takesPart: ({ kind, name }) => kind === "ours" && !name.includes("there"),
  async measure({ command, env }) {
    const file = fileURLToPath(env.DGRAM_BENCH_PACKAGE);
    const project = projectWith(path.resolve(path.dirname(file), ".."));
    const entry = path.basename(file) === "mod.js" ? "@x/dgram" : "@x/dgram/ffi";
    const program = [...command.slice(0, -1), path.join(project, "load.mjs")];
    const times = { ours: [], own: [] };
    for (let i = 0; i < PROCESSES; i++) {
      for (const [what, module] of [["own", "node:dgram"], ["ours", entry]]) {
        const { result, problem } = await runProgram([...program, module], env, project);
        if (problem !== undefined) return { problem };
        times[what].push(result.ms);
      }
    }
    const [ours, own] = [median(times.ours), median(times.own)];
    return { results: [["import", { ours, own, more: ours - own }]] };
  },
  head: ["@x/dgram", "node:dgram", "more"],
  cells: (figures, { name }) => ["ours", "own", "more"].map((what) => one(figures.value("load", "import", name, what))),
};
