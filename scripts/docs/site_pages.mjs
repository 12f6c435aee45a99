// The site's pages, as README.md leads to them: in its order, below its bold headings.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { inRoot } from "../matrix/paths.mjs";

const first = "Start here";
/** Pages that others lead to. */
const further = ["tests/conformance/README.md"];

const titleOf = (file) => /^# (.*)$/m.exec(readFileSync(inRoot(file), "utf8"))?.[1];

/** Each as { file, group, title }. Throws where a page of docs can't be reached from README.md. */
export function sitePages() {
  const groups = new Map();
  let group = first;
  for (const line of readFileSync(inRoot("README.md"), "utf8").split("\n")) {
    group = /^\*\*(.*)\*\*$/.exec(line)?.[1] ?? group;
    for (const [, file] of line.matchAll(/\]\(([^:)#]+\.md)\)/g)) {
      // A list says more of where a page belongs than the text above it does.
      if (group !== first && groups.get(file) === first) groups.delete(file);
      if (!groups.has(file)) groups.set(file, group);
    }
  }
  for (const file of further) groups.set(file, group);
  const lost = readdirSync(inRoot("docs")).filter((name) => name.endsWith(".md") && !groups.has(`docs/${name}`));
  if (lost.length) throw new Error(`README.md leads to no page ${lost.join(", ")} of docs`);
  return [...groups].filter(([file]) => existsSync(inRoot(file))).map(([file, group]) => ({
    file,
    group,
    title: titleOf(file) ?? file,
  }));
}
