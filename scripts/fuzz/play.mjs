// Has a child play programs, and another one those after the one that a child did not survive.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { runCommand } from "../matrix/command.mjs";
import { runDirectory } from "../matrix/paths.mjs";

/** Programs of one process. */
const SLICE = 250;
/** Milliseconds without a program's end. */
const SILENCE = 30_000;
const MARK = "#played ";

let files = 0;

/** The lines of each program, in its place. A program that its process does not survive has one that says so. */
export async function play(player, programs) {
  const seen = [];
  for (let first = 0; first < programs.length; first += SLICE) {
    seen.push(...await playSlice(player, programs.slice(first, first + SLICE)));
  }
  return seen;
}

async function playSlice({ command, env = {}, intoFile = false }, programs) {
  mkdirSync(runDirectory, { recursive: true });
  const file = path.join(runDirectory, `programs-${++files}.jsonl`);
  writeFileSync(file, programs.map((program) => JSON.stringify(program)).join("\n"));
  const seen = [];
  while (seen.length < programs.length) {
    const { code, stdout, output, timedOut } = await runCommand([...command, file, String(seen.length)], {
      env,
      timeout: SILENCE,
      outputLimit: 100_000_000,
      isProgress: (line, partial) => !partial && line.startsWith(MARK),
      ...(intoFile ? { outputFile: `${file}.output` } : {}),
    });
    for (const line of (intoFile ? output : stdout).split("\n")) {
      if (line.startsWith(MARK)) seen.push(JSON.parse(line.slice(MARK.length)).seen);
    }
    if (seen.length === programs.length) {
      // What was left open keeps the process alive.
      if (timedOut) seen[seen.length - 1] = [...seen.at(-1), "? FAILED: the process did not end"];
    } else {
      const how = timedOut ? "did not come to an end" : `died with ${code}: ${errorsIn(output)}`;
      seen.push([`? FAILED: the process ${how}`]);
    }
  }
  rmSync(file);
  rmSync(`${file}.output`, { force: true });
  return seen;
}

const errorsIn = (output) => output.split("\n").filter((line) => !line.startsWith(MARK)).join("\n").slice(-800);
