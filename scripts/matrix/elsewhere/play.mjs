// Plays the conformance scenarios on a runtime of another machine: from outside, since an emulated process can't start one
// like itself.
import { runCommand } from "../command.mjs";

const mark = "#trace ";
/** Milliseconds without a report: a scenario is given up after 15 s, and a runtime may be emulated. */
const silence = 180_000;
const mostChildren = 30;
/** Children at a time: a scenario that fails does so by waiting. */
const parts = 3;

const readReports = (output) =>
  output.split("\n").filter((line) => line.startsWith(mark)).flatMap((line) => {
    try {
      return [JSON.parse(line.slice(mark.length))];
    } catch {
      // What a child that died has written last.
      return [];
    }
  });

/**
 * One child after the other, each behind the scenario in which the last one died. `command` answers the command line
 * with these arguments. Answers { here, traces, leaked }.
 */
async function playPart(command, env, args) {
  const traces = new Map();
  let here;
  let leaked = false;
  let after = [];
  for (let children = 0; children < mostChildren; children++) {
    const isProgress = (line, partial) => !partial && line.startsWith(mark);
    const { output, code, timedOut } = await runCommand(command([...args, ...after]), {
      env,
      timeout: silence,
      isProgress,
    });
    const reports = readReports(output);
    for (const report of reports) {
      here = report.here ?? here;
      if (report.trace) traces.set(report.name, report.trace);
    }
    leaked ||= reports.some(({ end }) => end === "leaked");
    if (reports.some(({ end }) => end)) return { here, traces, leaked };
    const dead = reports.map(({ begin }) => begin).filter(Boolean).at(-1);
    const ending = timedOut ? `killed after ${silence / 1000} s` : `exit code ${code}`;
    const last = output.split("\n").filter((line) => !line.startsWith(mark)).join("\n").trim().slice(-600);
    if (dead === undefined || traces.has(dead)) {
      throw new Error(`the scenarios' process ended early, with ${ending}\n${last}`);
    }
    traces.set(dead, [`FAILED the process died with ${ending}: ${last}`]);
    after = ["--after", dead];
  }
  return { here, traces, leaked };
}

/** The same of all that the arguments `filter` choose. */
export async function playThere(command, env, filter = []) {
  const numbers = Array.from({ length: filter.length ? 1 : parts }, (_, index) => index + 1);
  const played = await Promise.all(
    numbers.map((number) => playPart(command, env, [...filter, "--part", `${number}/${numbers.length}`])),
  );
  return {
    here: played.map(({ here }) => here).find(Boolean),
    traces: new Map(played.flatMap(({ traces }) => [...traces])),
    leaked: played.some(({ leaked }) => leaked),
  };
}
