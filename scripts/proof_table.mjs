// Prints the conformance table from what a run of the matrix left: `npm test -- --keep`, then
// `node scripts/proof_table.mjs --write` to put it into docs/proof.md.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { inRoot } from "./matrix/paths.mjs";
import { markdownTable } from "./docs/markdown_table.mjs";
import { publish } from "./docs/page_block.mjs";

const suffix = ".conformance.json";
const forms = {
  "source-esm": "source",
  "source-ts": "source",
  source: "source",
  "package-esm": "package, ESM",
  "package-cjs": "package, CommonJS",
};

function newestRun() {
  const build = inRoot(".build");
  const runs = (existsSync(build) ? readdirSync(build) : []).filter((name) => /^run-\d+$/.test(name))
    .map((name) => path.join(build, name))
    .filter((directory) => readdirSync(directory).some((name) => name.endsWith(suffix)));
  if (!runs.length) throw new Error("no kept run: npm test -- --keep");
  return runs.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}

/** node-18-package-cjs, deno-source-unstable-net, floor-bun-1-4-0-source-esm: the runtime's name and the module's form. */
function parse(cell) {
  const [, runtime, major, minor, form, flags] =
    /^(?:floor-)?(node|deno|bun)(?:-(\d+))?(?:-(\d+)-\d+)?-(source-esm|source-ts|source|package-esm|package-cjs)-?(.*)$/
      .exec(cell);
  if (flags === "listen-datagram") return { runtime: "Deno.listenDatagram", form: forms[form] };
  const shown = ["unstable-net", "ffi"].filter((flag) => flags.includes(flag))
    .map((flag) => flag === "ffi" ? "--allow-ffi" : `--${flag}`).join(" ");
  const version = [major, minor].filter(Boolean).join(".");
  const name = `${runtime[0].toUpperCase()}${runtime.slice(1)} ${version}`.trim();
  if (runtime === "node" && shown) return { runtime: `${name}, @x/dgram/ffi`, form: forms[form] };
  return { runtime: `${name} ${shown}`.trim(), form: forms[form] };
}

const directory = newestRun();
const groups = new Map();
for (const file of readdirSync(directory).filter((name) => name.endsWith(suffix)).sort()) {
  const { passed, emulated, lacking, failed } = JSON.parse(readFileSync(path.join(directory, file), "utf8"));
  const { runtime, form } = parse(file.slice(0, -suffix.length));
  const figures = [passed, emulated, lacking, failed];
  const key = `${runtime}: ${figures}`;
  if (!groups.has(key)) groups.set(key, { runtime, forms: [], figures });
  groups.get(key).forms.push(form);
}

const order = ["Node", "Deno", "Bun"];
const rank = ({ runtime }) => order.indexOf(runtime.split(" ")[0]);
const sorted = [...groups.values()].sort((a, b) =>
  rank(a) - rank(b) || a.runtime.localeCompare(b.runtime, "en", { numeric: true })
);
const rows = sorted.map(({ runtime, forms, figures }) => [runtime, forms.sort().reverse().join("; "), ...figures]);
const head = ["runtime", "as", "as Node 26", "of these emulated", "impossible there", "failed"];
publish("docs/proof.md", "conformance", markdownTable(head, rows, [2, 3, 4, 5]));
