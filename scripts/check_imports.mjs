// Whether the sources import each other as scripts/imports/rules.mjs has it; and whether that would be seen: a violation of
// each rule is planted in a copy.
import { cruise } from "dependency-cruiser";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { imported, plants } from "./imports/plants.mjs";
import { rules } from "./imports/rules.mjs";
import { packageFile, root } from "./matrix/paths.mjs";

/** [{ rule, files }] of the sources in a directory. */
async function findViolations(directory) {
  const { output } = await cruise(["mod.ts", "src"], {
    baseDir: directory,
    ruleSet: { forbidden: rules },
    validate: true,
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
  });
  if (output.summary.totalCruised < 100) throw new Error(`only ${output.summary.totalCruised} files were found`);
  return output.summary.violations.map(({ rule, from, to, cycle }) => ({
    rule: rule.name,
    files: [from, ...cycle?.map(({ name }) => name) ?? [to]],
  }));
}

async function findMissed() {
  const copy = mkdtempSync(path.join(tmpdir(), "dgram-imports-"));
  try {
    for (const name of ["mod.ts", "src", "package.json"]) {
      cpSync(path.join(root, name), path.join(copy, name), { recursive: true });
    }
    symlinkSync(packageFile(), path.join(copy, "node_modules"), "junction");
    const put = (file, text) => {
      mkdirSync(path.dirname(path.join(copy, file)), { recursive: true });
      writeFileSync(path.join(copy, file), `${text}\n`);
    };
    for (const [, file, text] of plants) put(file, text);
    for (const [file, text] of imported) put(file, text);
    const found = await findViolations(copy);
    return plants.filter(([rule, file]) =>
      !found.some((violation) => violation.rule === rule && violation.files.includes(file))
    );
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const problems = [
  ...(await findViolations(root)).map(({ rule, files }) => `${rule}: ${files.join(" → ")}`),
  ...(await findMissed()).map(([rule, file]) => `${file} was planted and not found: ${rule}`),
];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
