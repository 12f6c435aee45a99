// The command lines of the three runtimes' test runners, for one test file.
import path from "node:path";

/** Everything but ffi, named one by one: -A would allow ffi in the cells that are to do without. */
const denoPermissions = ["net", "read", "write", "env", "run", "sys"].map((name) => `--allow-${name}`);

/** Milliseconds for one test, where the runner has such a limit (Bun's own would be 5 s). */
const testTimeout = 170_000;

const dotted = (file) => path.isAbsolute(file) ? file : `./${file}`;

/**
 * Each answers { command, console, report, flags }: test_console.mjs knows the form of the console, the report is JUnit
 * if there is one, and flags are those that a child of a test has to be started with as well; some { outputFile }, too,
 * as runCommand takes it.
 */
export const runners = {
  node(node, file, report, flags = []) {
    const reporters = [["junit", report], ["spec", "stdout"]].flatMap(([name, destination]) => [
      `--test-reporter=${name}`,
      `--test-reporter-destination=${destination}`,
    ]);
    return { command: [node, ...flags, ...reporters, file], console: "node", report, flags };
  },
  /** Node before 18.19 has no report in JUnit: its console has to do. */
  nodeWithoutReport(node, file) {
    return {
      command: [node, "--test-reporter=spec", "--test-reporter-destination=stdout", file],
      console: "node",
      flags: [],
    };
  },
  deno(deno, file, report, extra = []) {
    const flags = ["--no-prompt", "--no-check", ...denoPermissions, ...extra];
    return {
      command: [deno, "test", ...flags, `--junit-path=${report}`, dotted(file)],
      console: "deno",
      report,
      flags,
    };
  },
  bun(bun, file, report) {
    const reporter = ["--reporter=junit", `--reporter-outfile=${report}`];
    const command = [bun, "test", `--timeout=${testTimeout}`, ...reporter, dotted(file)];
    return { command, console: "bun", report, flags: [] };
  },
  /** Bun 1.2.23 aborts, and says nothing, where a test's line finds no room in a pipe: a file always has some. */
  bunIntoFile(bun, file, report) {
    return { ...runners.bun(bun, file, report), outputFile: report.replace(/\.xml$/, ".output") };
  },
};
