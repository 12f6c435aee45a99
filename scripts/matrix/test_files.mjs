// Which files hold tests, and which are started by them.
import { readdirSync } from "node:fs";
import { inRoot } from "./paths.mjs";

function walk(directory, found = []) {
  for (const entry of readdirSync(inRoot(directory), { withFileTypes: true })) {
    if (entry.name === "node_modules" || entry.name === "consumers") continue;
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) walk(path, found);
    else found.push(path);
  }
  return found.sort();
}

/** Paths relative to the root, with forward slashes. */
export function findTestFiles(filters) {
  const all = walk("tests");
  return {
    tests: all.filter((path) =>
      path.endsWith(".test.ts") && (!filters.length || filters.some((f) => path.includes(f)))
    ),
    children: all.filter((path) => path.endsWith(".child.ts") || path === "tests/conformance/oracle.ts"),
  };
}
