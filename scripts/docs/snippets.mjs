// The code blocks of the documentation.
import { readdirSync, readFileSync } from "node:fs";
import { inRoot } from "../matrix/paths.mjs";

const sources = ["mod.ts", "src/core/types.ts", "src/core/backend.ts", "src/dgram.ts"];

function documents() {
  const pages = readdirSync(inRoot("docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`);
  return ["README.md", "CONTRIBUTING.md", ...pages, ...sources];
}

/** Each has the place where it stands, its code, and the lines it is to print: those of its `// prints` comments. */
export function findSnippets() {
  return documents().flatMap((file) => {
    const text = readFileSync(inRoot(file), "utf8").replace(/^ *\* ?/gm, "");
    return [...text.matchAll(/^ *```ts\n(.*?)^ *```$/gms)].map(({ index, 1: code }) => ({
      place: `${file}:${text.slice(0, index).split("\n").length}`,
      code,
      prints: [...code.matchAll(/\/\/ prints (.*)$/gm)].map(([, line]) => line),
    }));
  });
}
