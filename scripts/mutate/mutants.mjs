// The mutants of the core, by Stryker's instrumenter: all of them stand in the code at once, and the environment of a
// process says which of them is there.
import { Instrumenter } from "@stryker-mutator/instrumenter";
import { readdirSync, readFileSync } from "node:fs";
import { inRoot } from "../matrix/paths.mjs";

const recorder = inRoot("scripts", "mutate", "recorder.mjs");
const silent = { info() {}, debug() {}, warn: console.warn, isDebugEnabled: () => false };

/** What a process has to find in its environment for it to run with that mutant. */
export const withMutant = ({ id }) => ({ __STRYKER_ACTIVE_MUTANT__: id });

/**
 * Answers { mutants, plugin }: { id, file, line, column, mutator, original, replacement } each, and what has esbuild take the
 * core with all of them.
 */
export async function mutateCore() {
  const names = readdirSync(inRoot("src", "core")).filter((name) => name.endsWith(".ts")).sort();
  const sources = new Map(names.map((name) => [inRoot("src", "core", name), `src/core/${name}`]));
  const given = [...sources.keys()].map((name) => ({ name, mutate: true, content: readFileSync(name, "utf8") }));
  const options = { plugins: null, excludedMutations: [], ignorers: [] };
  const { files, mutants } = await new Instrumenter(silent).instrument(given, options);
  const contents = new Map(
    files.map(({ name, content }) => [name, `import ${JSON.stringify(recorder)};\n${content}`]),
  );
  const lines = new Map(given.map(({ name, content }) => [name, content.split("\n")]));
  return {
    mutants: mutants.map(({ id, fileName, location: { start, end }, mutatorName, replacement }) => ({
      id,
      file: sources.get(fileName),
      line: start.line + 1,
      column: start.column + 1,
      mutator: mutatorName,
      original: textBetween(lines.get(fileName), start, end),
      replacement,
    })),
    plugin: {
      name: "mutants",
      setup(bundler) {
        // package.json says of no script that it does something when it is loaded.
        bundler.onResolve({ filter: /[/\\]recorder\.mjs$/ }, ({ path }) => ({ path, sideEffects: true }));
        bundler.onLoad({ filter: /[/\\]src[/\\]core[/\\]\w+\.ts$/ }, ({ path }) => ({
          contents: contents.get(path),
          loader: "ts",
        }));
      },
    },
  };
}

function textBetween(lines, start, end) {
  const text = lines.slice(start.line, end.line + 1);
  text.push(text.pop().slice(0, end.column));
  return [text.shift().slice(start.column), ...text].join("\n");
}
