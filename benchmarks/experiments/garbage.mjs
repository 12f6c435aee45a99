import { inRoot } from "../../scripts/matrix/paths.mjs";
import { runProgram } from "../measure.mjs";
import { whole } from "../rows.mjs";

const SIZE = 64;
const DATAGRAMS = 30_000;
const variants = { "each its own memory": [], "pooledMessages": ["pooled"] };

/** What a datagram leaves for the collector. */
export const garbage = {
  name: "garbage",
  title: "Garbage",
  rounds: 2,
  note:
    `Bytes on V8's heap for each datagram of ${SIZE} bytes, sent and received in one process, by V8's sampling profiler:
what the runtime's own code allocates is part of it. JavaScriptCore, and so Bun, has no such profiler.`,
  takesPart: ({ kind, runtime, name }) =>
    (kind === "ours" || kind === "own") && runtime !== "Bun" && !name.includes("there"),
  async measure({ kind, command, env }) {
    const results = [];
    for (const [heading, args] of Object.entries(variants)) {
      if (kind === "own" && args.length > 0) continue;
      const { result, problem } = await runProgram([...programOf(command), SIZE, DATAGRAMS, ...args].map(String), env);
      if (problem !== undefined) return { problem };
      results.push([heading, result]);
    }
    return { results };
  },
  head: Object.keys(variants),
  cells: (figures, { name }) =>
    Object.keys(variants).map((heading) => whole(figures.value("garbage", heading, name, "bytes"))),
};

function programOf(command) {
  const before = command.slice(0, -1);
  const flags = before[1] === "run" ? ["--allow-sys"] : [];
  return [...before, ...flags, inRoot("benchmarks", "contenders", "garbage.mjs")];
}
