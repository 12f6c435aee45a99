// The package's entries. deno.json names their sources; package.json names the same ones by what is built of them.
import { readFileSync } from "node:fs";
import { inRoot } from "./paths.mjs";

const { name, exports } = JSON.parse(readFileSync(inRoot("deno.json"), "utf8"));

/** Source files relative to the root, such as mod.ts. */
export const entryFiles = Object.values(exports).map((file) => file.replace(/^\.\//, ""));

/** `@x/dgram` and whatever is below it, to the absolute path of the source. */
export const sourceAliases = Object.fromEntries(
  Object.entries(exports).map(([entry, file]) => [name + entry.slice(1), inRoot(file)]),
);
