import { cpSync } from "node:fs";
import path from "node:path";
import { installPackage } from "../../scripts/matrix/consumer_project.mjs";
import { inRoot } from "../../scripts/matrix/paths.mjs";
import { median } from "../figures.mjs";
import { runProgram } from "../measure.mjs";
import { one } from "../rows.mjs";

/** Fresh processes of each kind in one round. */
const PROCESSES = 5;

let project;

/** Imports in this repository itself take Deno longer. */
async function makeProject() {
  const directory = await installPackage();
  cpSync(inRoot("benchmarks", "contenders", "load.mjs"), path.join(directory, "load.mjs"));
  return directory;
}

/** ms. */
export const mostLoadTime = 5;

/** How long the import takes, beside that of the runtime's own node:dgram. */
export const loadTime = {
  name: "load",
  title: "Load time",
  rounds: 5,
  note:
    `Of \`import\` in a fresh process that has imported nothing else, in ms, the installed package and the runtime's own module by turns.`,
  takesPart: ({ kind, name }) => kind === "ours" && !name.includes("there"),
  async measure({ name, command, env }) {
    project ??= makeProject();
    const directory = await project;
    const program = [...command.slice(0, -1), path.join(directory, "load.mjs")];
    // Its name begins with what is imported: "@x/dgram/ffi, Node 26".
    const [entry] = name.split(",");
    const times = { ours: [], own: [] };
    for (let i = 0; i < PROCESSES; i++) {
      for (const [what, module] of [["own", "node:dgram"], ["ours", entry]]) {
        const { result, problem } = await runProgram([...program, module], env, directory);
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
