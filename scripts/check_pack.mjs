// Whether `npm pack` and `npm publish` give the whole package from a fresh clone, where neither dist nor node_modules
// is, and the same one as here; whether it has no dependency; and whether a release without what only the owner knows stops.
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { mustRun, npm, runCommand } from "./matrix/command.mjs";
import { inRoot, root } from "./matrix/paths.mjs";
import { fileProblems, ownerProblems } from "./matrix/release_facts.mjs";

/** Names in the root that no clone has. */
const ignored = readFileSync(inRoot(".gitignore"), "utf8").split("\n").filter(Boolean)
  .map((line) => new RegExp(`^${line.replace(/\/$/, "").replaceAll(".", "\\.").replaceAll("*", ".*")}$`));

function isOfClone(file) {
  const [name] = path.relative(root, file).split(path.sep);
  return name !== ".git" && !ignored.some((pattern) => pattern.test(name));
}

/** npm's own lines may stand before it; an array of packages, or in newer versions of npm an object by name. */
function readReport(stdout) {
  const lines = stdout.split("\n");
  const [pack] = Object.values(JSON.parse(lines.slice(lines.findIndex((line) => /^[[{]/.test(line))).join("\n")));
  return pack;
}

const clone = mkdtempSync(path.join(tmpdir(), "dgram-clone-"));
const problems = [];
try {
  cpSync(root, clone, { recursive: true, filter: isOfClone });
  const inClone = { cwd: clone, timeout: 600_000 };

  const pack = npm(["pack", "--dry-run", "--json"]);
  const here = readReport((await mustRun(pack, { timeout: 600_000 })).stdout);
  // Another folder, other times, and another user's way with files.
  const mask = process.umask(0o077);
  const there = readReport((await mustRun(pack, inClone)).stdout);
  process.umask(mask);
  problems.push(...fileProblems(there.files.map((file) => file.path)));
  if (here.integrity !== there.integrity) problems.push(`two builds give ${here.integrity} and ${there.integrity}`);

  const sbom = await mustRun([process.execPath, "scripts/sbom.mjs"], inClone);
  const { components, metadata: { component } } = JSON.parse(sbom.stdout);
  if (components.length > 0) problems.push(`its bill of materials has ${components.map(({ name }) => name)}`);
  const { name, version } = here;
  const wanted = `${name} ${version} pkg:npm/${name.replace("@", "%40")}@${version}`;
  const found = `${component.name} ${component.version} ${component.purl}`;
  if (found !== wanted) problems.push(`its bill of materials is that of ${found}, and not of ${wanted}`);

  const known = ownerProblems();
  if (known.length > 0) {
    // Before anything is asked of a registry.
    const { code, output } = await runCommand(npm(["publish", "--dry-run"]), inClone);
    if (code === 0) problems.push("npm publish does not stop");
    for (const problem of known.filter((problem) => !output.includes(problem))) {
      problems.push(`npm publish does not say: ${problem}`);
    }
  }
} finally {
  rmSync(clone, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
