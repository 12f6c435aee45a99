// The command lines of the three runtimes' test runners.
import path from "node:path";

/** Everything but ffi, named one by one: -A would allow ffi in the cells that are to do without. */
const denoPermissions = ["net", "read", "write", "env", "run", "sys"].map((name) => `--allow-${name}`);

/** Milliseconds for one test, where the runner has such a limit (Bun's own would be 5 s). */
const testTimeout = 60_000;

const dotted = (file) => path.isAbsolute(file) ? file : `./${file}`;

/** Each answers { command, flags }: flags are those that a child of a test has to be started with as well. */
export const runners = {
  node(node, files, report, flags = []) {
    const reporters = [["junit", report], ["spec", "stdout"]].flatMap(([name, destination]) => [
      `--test-reporter=${name}`,
      `--test-reporter-destination=${destination}`,
    ]);
    return { command: [node, ...flags, "--test", ...reporters, ...files], flags };
  },
  deno(deno, files, report, extra = []) {
    const flags = ["--no-prompt", "--no-check", ...denoPermissions, ...extra];
    return { command: [deno, "test", ...flags, `--junit-path=${report}`, ...files.map(dotted)], flags };
  },
  bun(bun, files, report) {
    return {
      command: [
        bun,
        "test",
        `--timeout=${testTimeout}`,
        "--reporter=junit",
        `--reporter-outfile=${report}`,
        ...files.map(dotted),
      ],
      flags: [],
    };
  },
};
