// A test file as what finds a mutant: it fails with it.
import { runTests } from "../matrix/run_tests.mjs";
import { withMutant } from "./mutants.mjs";

/** Milliseconds for one test. */
const TIMEOUT = 20_000;

let runs = 0;

export class TestFile {
  name;
  #seconds;
  #cell;
  #bundles;
  #file;
  #reached;

  constructor(cell, bundles, file) {
    this.name = `${file} (${cell.name})`;
    this.#cell = cell;
    this.#bundles = bundles;
    this.#file = file;
  }

  async learn(record) {
    const { result, reached } = await record((env) => this.#run(env));
    const { passed, failures: [failure], seconds } = result;
    this.#seconds = seconds;
    this.#reached = failure === undefined ? reached : new Map();
    return failure === undefined
      ? `${passed} tests in ${seconds.toFixed(1)} s`
      : `left out, since it fails: ${failure.name}: ${failure.message.split("\n")[0]}`;
  }

  reaches({ id }) {
    return this.#reached.has(id);
  }

  /** Seconds. */
  costOf() {
    return this.#seconds;
  }

  /** The test that finds the mutant, twice, or undefined. */
  async find(mutant) {
    const { failed } = await this.#run(withMutant(mutant));
    if (failed === 0) return undefined;
    const again = await this.#run(withMutant(mutant));
    return again.failed === 0 ? undefined : again.first;
  }

  /** Runs it to the first failure; answers what `runTests` does, and the name of what failed. */
  async #run(env) {
    // Runs at the same time must not write the same reports.
    const cell = { ...this.#cell, name: `mutant ${++runs}`, env: { ...this.#cell.env, ...env } };
    const enough = new AbortController();
    let first = "(the file itself)";
    const onRead = ({ finished }) => {
      const failure = finished.at(-1);
      if (failure?.state !== "failed" || enough.signal.aborted) return;
      first = failure.name;
      enough.abort();
    };
    const result = await runTests(cell, this.#bundles, { tests: [this.#file] }, {
      timeout: TIMEOUT,
      onRead,
      signal: enough.signal,
    });
    return { ...result, first };
  }
}
