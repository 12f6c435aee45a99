// The parts of README.md that are written by a script: between `<!-- name:begin … -->` and `<!-- name:end -->`.
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { inRoot } from "../matrix/paths.mjs";

const file = inRoot("README.md");

/** Prints the text; with `--write` on the command line it takes the place of the block too. */
export function publish(name, text) {
  console.log(text);
  if (!process.argv.includes("--write")) return;
  const readme = readFileSync(file, "utf8");
  const block = new RegExp(`(<!-- ${name}:begin[^>]*-->\n).*?(<!-- ${name}:end -->)`, "s");
  if (!block.test(readme)) throw new Error(`README.md has no block ${name}`);
  writeFileSync(file, readme.replace(block, (_, begin, end) => `${begin}\n${text}\n\n${end}`));
  console.error("README.md written");
}
