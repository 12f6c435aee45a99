// The code blocks of the documentation.
import { readdirSync, readFileSync } from "node:fs";
import { inRoot } from "../matrix/paths.mjs";

/** The files below a directory, relative to the root. */
function filesIn(directory, extension) {
  return readdirSync(inRoot(directory), { withFileTypes: true }).flatMap((entry) => {
    const file = `${directory}/${entry.name}`;
    if (entry.isDirectory()) return filesIn(file, extension);
    return entry.name.endsWith(extension) ? [file] : [];
  });
}

const documents = () => [
  "README.md",
  "CONTRIBUTING.md",
  ...filesIn("docs", ".md"),
  "mod.ts",
  ...filesIn("src", ".ts"),
];

/**
 * Each has the place where it stands, its code, the lines it is to print (those of its `// prints` comments), and in `on`
 * the words after `ts`, as in "```ts linux node bun": the only system and the only runtimes that it is for.
 */
export function findSnippets() {
  return documents().flatMap((file) => {
    const text = readFileSync(inRoot(file), "utf8").replace(/^ *\* ?/gm, "");
    return [...text.matchAll(/^ *```ts(.*?)\n(.*?)^ *```$/gms)].map(({ index, 1: on, 2: code }) => ({
      place: `${file}:${text.slice(0, index).split("\n").length}`,
      code,
      on: on.trim() ? on.trim().split(/ +/) : [],
      prints: [...code.matchAll(/\/\/ prints (.*)$/gm)].map(([, line]) => line),
    }));
  });
}
