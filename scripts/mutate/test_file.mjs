// A test file as what finds a mutant: it fails with it.
import { runTests } from "../matrix/run_tests.mjs";
import { withMutant } from "./mutants.mjs";

/** Milliseconds for one test. */
const TIMEOUT = 20_000;
/** As many tests fail by no chance. Where fewer do, they have to fail again. */
const SURE = 2;

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

  async find(mutant) {
    const once = await this.#run(withMutant(mutant));
    if (once.failed === 0) return undefined;
    if (once.failed < SURE && (await this.#run(withMutant(mutant))).failed === 0) return undefined;
    return `${this.#file}: ${once.failures[0].name}`;
  }

  /** Runs at the same time must not write the same reports. */
  #run(env) {
    const cell = { ...this.#cell, name: `mutant ${++runs}`, env: { ...this.#cell.env, ...env } };
    return runTests(cell, this.#bundles, { tests: [this.#file] }, { timeout: TIMEOUT });
  }
}
