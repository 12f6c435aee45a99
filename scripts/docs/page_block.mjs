// The parts of pages that are written by a script: between `<!-- name:begin … -->` and `<!-- name:end -->`.
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { inRoot } from "../matrix/paths.mjs";

/** Puts the text into the block of that name. */
export function writeBlock(page, name, text) {
  const file = inRoot(page);
  const content = readFileSync(file, "utf8");
  const block = new RegExp(`(<!-- ${name}:begin[^>]*-->\n).*?(<!-- ${name}:end -->)`, "s");
  if (!block.test(content)) throw new Error(`${page} has no block ${name}`);
  writeFileSync(file, content.replace(block, (_, begin, end) => `${begin}\n${text}\n\n${end}`));
  console.error(`${page} written`);
}

/** Prints the text; with `--write` on the command line it goes into the page's block too. */
export function publish(page, name, text) {
  console.log(text);
  if (process.argv.includes("--write")) writeBlock(page, name, text);
}
