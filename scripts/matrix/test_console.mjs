// What the test runners print while they run. Their reports are written at the end, which a run that hangs has not.

const words = {
  passed: ["✔", "ok", "pass"],
  failed: ["✖", "FAILED", "fail"],
  skipped: ["﹣", "ignored", "skip", "todo"],
};
const states = new Map(Object.entries(words).flatMap(([state, list]) => list.map((word) => [word, state])));

/**
 * By the runner's name: the line of a test that has finished, with the groups `state` and `name`; that of one that begins,
 * where there is one; and the line after which finished tests are named again.
 */
const forms = {
  node: {
    finished: /^(?<state>[✔✖﹣]) (?<name>.*) \([\d.]+ms\)(?: # .*)?$/,
    again: /^✖ failing tests:$/,
  },
  deno: {
    finished: /^(?<name>.*) \.\.\. (?<state>ok|FAILED|ignored)(?: \(.*\))?$/,
    began: /^(?<name>.*) \.\.\.\s*$/,
  },
  bun: {
    finished: /^\((?<state>pass|fail|skip|todo)\) (?<name>.*?)(?: \[[\d.]+m?s\])?$/,
    again: /^\d+ tests? (?:failed|skipped):$/,
  },
};

/** Follows what the runner of that name prints about one test file. */
export class TestConsole {
  /** [{ name, state }] in their order. */
  finished = [];
  /** The test that has begun and not finished, of a runner that tells. */
  running;
  #form;
  #ended = false;

  constructor(runner) {
    this.#form = forms[runner];
  }

  /** Takes a line, or with `partial` the beginning of one; answers whether a test has finished with it. */
  read(line, partial = false) {
    const { finished, began, again } = this.#form;
    this.running = began?.exec(line)?.groups.name ?? this.running;
    if (partial) return false;
    this.#ended ||= again?.test(line) ?? false;
    const { groups } = this.#ended ? {} : finished.exec(line) ?? {};
    if (groups === undefined) return false;
    this.running = undefined;
    this.finished.push({ name: groups.name, state: states.get(groups.state), message: "" });
    return true;
  }
}
