// The profiles of bundles, traced back to the sources by their source maps.
import { CoverageReport } from "monocart-coverage-reports";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { addReport, readLcov } from "./lines.mjs";

const isSource = (file) => /^(src\/.*|mod)\.ts$/.test(file);

/** Bundles whose profiles are traced back at once: each takes some 30 MB. */
const AT_ONCE = 30;

/** What `readLcov` answers, of all sources that were bundled. */
export async function traceBack(scripts, root, directory) {
  const sources = new Map();
  for (let start = 0; start < scripts.length; start += AT_ONCE) {
    addReport(sources, await traceSome(scripts.slice(start, start + AT_ONCE), root, directory));
  }
  return sources;
}

async function traceSome(scripts, root, directory) {
  const report = new CoverageReport({
    outputDir: directory,
    baseDir: root,
    logging: "error",
    reports: ["lcovonly"],
    sourceFilter: isSource,
    sourcePath: (file) => file.replace(/^(\.\.\/)+/, ""),
  });
  for (const script of scripts) {
    const file = fileURLToPath(script.url);
    // A copy of an example, which its test has removed.
    if (!existsSync(`${file}.map`)) continue;
    const sourceMap = JSON.parse(readFileSync(`${file}.map`, "utf8"));
    await report.add([{ ...script, source: readFileSync(file, "utf8"), sourceMap }]);
  }
  await report.generate();
  return readLcov(readFileSync(path.join(directory, "lcov.info"), "utf8"));
}
