// What a cell answers that plays steps, each a command that has to succeed.

/** A failed step, by the result of its command. */
export function failedStep(name, { timedOut, seconds, code, output }) {
  const ending = timedOut ? `killed after ${Math.round(seconds)} s` : `exit code ${code}`;
  return { name, message: `${ending}\n${output.trimEnd()}` };
}

/** What run_cell.mjs answers, of so many steps that were played and the reasons why others were not. */
export function playedSteps(started, count, failures, missing) {
  return {
    passed: count - failures.length,
    failed: failures.length,
    skipped: missing.length,
    reason: missing.join("; "),
    seconds: (performance.now() - started) / 1000,
    failures,
  };
}
