// The conformance scenarios as what finds a mutant: a process plays those that reach it, until it has told of some that went
// another way than without a mutant.
import { runCommand } from "../matrix/command.mjs";
import { inRoot } from "../matrix/paths.mjs";
import { python } from "../matrix/python.mjs";
import { withMutant } from "./mutants.mjs";

const MARK = "#trace ";
/** Milliseconds without a line: a scenario gives up after 15 s, unless the process is busy for ever. */
const SILENCE = 30_000;
/** How many the first process plays. */
const FEW = 25;
/** As many find nothing by chance. What fewer have found has to be found again. */
const SURE = 2;

/** The scenarios, played with sockets of one kind. */
export class Scenarios {
  static child = "tests/conformance/run_told.child.ts";
  name;
  /** Of all of them. */
  #seconds = 0;
  #command;
  #env;
  /** Traces by name. */
  #expected;
  /** Those that need descriptors to inherit. */
  #inheriting = new Set();
  #reached;
  /** How often a scenario has found a mutant of a file, by both. */
  #found = new Map();

  constructor(name, command, env = {}) {
    this.name = name;
    this.#command = command;
    this.#env = env;
  }

  /** Plays all without a mutant; answers what there is to say. What is not the same twice is left out. */
  async learn(record) {
    const alone = await this.#play([], {});
    this.#inheriting = new Set(alone.traces.keys());
    const { result, reached } = await record((env) => this.#play([], env));
    const again = await this.#play([], {});
    for (const { ended, output } of [alone, result, again]) {
      if (ended !== "through") throw new Error(`${this.name} ended early: ${output.slice(-2000)}`);
    }
    const isSteady = ([name, trace]) => again.traces.get(name) === trace && !trace.includes('"FAILED');
    this.#expected = new Map([...result.traces].filter(isSteady));
    this.#inheriting = new Set(
      [...this.#expected.keys()].filter((name) => this.#differs(name, alone.traces.get(name))),
    );
    this.#reached = reached;
    this.#seconds = again.seconds;
    const left = [...result.traces.keys()].filter((name) => !this.#expected.has(name));
    return [`${this.#expected.size} scenarios`, ...left.map((name) => `without "${name}"`)].join(", ");
  }

  reaches({ id }) {
    return this.#reached.has(id);
  }

  /** Seconds that it takes at most. */
  costOf(mutant) {
    return this.#seconds * this.#reaching(mutant).length / this.#expected.size;
  }

  /** The scenario that finds the mutant, or undefined. */
  async find(mutant) {
    let names = this.#reaching(mutant);
    for (let most = FEW; names.length > 0; most = names.length) {
      const { differing, played } = await this.#search(names.slice(0, most), mutant);
      const [first] = differing;
      if (
        differing.length >= SURE || differing.length > 0 && (await this.#search([first], mutant)).differing.length > 0
      ) {
        const key = `${mutant.file} ${first}`;
        this.#found.set(key, (this.#found.get(key) ?? 0) + 1);
        return first;
      }
      names = names.filter((name) => !played.has(name));
    }
  }

  /** Those that have found the most in that file come first, and then some of each subject. */
  #reaching({ id, file }) {
    const reaching = this.#reached.get(id);
    // What is reached when the module is loaded is so in all of them.
    const names = [...this.#expected.keys()].filter((name) => reaching.has(null) || reaching.has(name));
    const found = (name) => this.#found.get(`${file} ${name}`) ?? 0;
    const step = Math.ceil(names.length / FEW);
    const spread = names.map((name, at) => [name, found(name), at % step]);
    return spread.sort(([, a, i], [, b, j]) => b - a || i - j).map(([name]) => name);
  }

  async #search(names, mutant) {
    const differing = [];
    const { traces, begun, ended } = await this.#play(names, withMutant(mutant), (name, trace) => {
      if (this.#differs(name, trace)) differing.push(name);
      return differing.length >= SURE;
    });
    // Of a process that dies, hangs or does not end, it is the last that had begun.
    if (ended !== "through" && differing.length < SURE && begun !== undefined) differing.push(begun);
    return { differing, played: new Set([...traces.keys(), ...differing]) };
  }

  #differs(name, trace) {
    return trace !== this.#expected.get(name);
  }

  /** Answers { traces, begun, ended, output, seconds }; stops when `isEnough(name, trace)`. */
  async #play(names, env, isEnough) {
    const enough = new AbortController();
    const traces = new Map();
    let begun;
    let ended;
    const isProgress = (line, partial) => {
      if (partial || !line.startsWith(MARK) || enough.signal.aborted) return false;
      const report = JSON.parse(line.slice(MARK.length));
      begun = report.begin ?? begun;
      ended = report.end ?? ended;
      if (report.trace === undefined) return true;
      const trace = JSON.stringify(report.trace);
      traces.set(report.name, trace);
      if (isEnough?.(report.name, trace)) enough.abort();
      return true;
    };
    const inherits = names.length === 0 ? this.#inheriting.size > 0 : names.some((name) => this.#inheriting.has(name));
    const descriptors = inherits ? [python, inRoot("tests", "conformance", "descriptors.py")] : [];
    const args = names.length > 0 ? ["--names", JSON.stringify(names)] : [];
    const { output, seconds } = await runCommand([...descriptors, ...this.#command, ...args], {
      env: { ...this.#env, ...env },
      timeout: SILENCE,
      isProgress,
      signal: enough.signal,
    });
    return { traces, begun, ended, output, seconds };
  }
}
