import { inRoot } from "../../scripts/matrix/paths.mjs";
import { median } from "../figures.mjs";
import { runProgram } from "../measure.mjs";
import { one } from "../rows.mjs";

/** Fresh processes of each kind in one round. */
const PROCESSES = 3;

/** ms, the issue's. */
export const mostLoadTime = 5;

/** How long the import takes, beside that of the runtime's own node:dgram. */
export const loadTime = {
  name: "load",
  title: "Load time",
  rounds: 5,
  note: `Of \`import\` in a fresh process, in ms, the package and the runtime's own module in turn.`,
  takesPart: ({ kind, name }) => kind === "ours" && !name.includes("there"),
  async measure({ command, env }) {
    const program = [...command.slice(0, -1), inRoot("benchmarks", "contenders", "load.mjs")];
    const times = { ours: [], own: [] };
    for (let i = 0; i < PROCESSES; i++) {
      for (const [what, module] of [["own", "node:dgram"], ["ours", env.DGRAM_BENCH_PACKAGE]]) {
        const { result, problem } = await runProgram([...program, module], env);
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
