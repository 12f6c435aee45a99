// Whether this version may be published: `npm publish` and the workflow of a release ask first. Names all that is missing
// at once. `--versions` asks only for what is to be so at all times. Plain JavaScript without any package.
import process from "node:process";
import { ownerProblems, versionProblems, workflowProblems } from "./matrix/release_facts.mjs";

const always = process.argv.includes("--versions");
const inWorkflow = process.env.GITHUB_ACTIONS === "true";
const problems = [
  ...versionProblems(),
  ...(always ? [] : ownerProblems()),
  ...(always || !inWorkflow ? [] : workflowProblems(process.env)),
];
if (problems.length > 0) {
  const list = problems.map((problem) => `  - ${problem}\n`).join("");
  console.error(`This version can't be released yet; RELEASING.md says how each is mended:\n${list}`);
  process.exitCode = 1;
}
