// Runs one command to its end, or to its time limit: in all, or without progress.
import { spawn, spawnSync } from "node:child_process";
import process from "node:process";
import { GrowingFile } from "./growing_file.mjs";
import { root } from "./paths.mjs";

const detached = process.platform !== "win32";
const running = new Set();

/** Ends a child and what it started: they are one process group, made by us, or what Windows knows as its tree. */
function kill(child) {
  try {
    if (detached) process.kill(-child.pid, "SIGKILL");
    else if (child.exitCode === null) spawnSync("taskkill", ["/pid", `${child.pid}`, "/t", "/f"], { stdio: "ignore" });
  } catch {
    // It has ended already.
  }
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, () => {
    for (const child of running) kill(child);
    process.exit(1);
  });
}

/** This process's environment without what would change a test runner's behaviour. */
function cleanEnvironment(extra) {
  // Where an agent seems to read it, Bun 1.4.5 prints no line for a test that passed.
  const env = { ...process.env, NO_COLOR: "1", AGENT: "0", ...extra };
  for (const name of ["NODE_OPTIONS", "NODE_TEST_CONTEXT", "FORCE_COLOR"]) delete env[name];
  for (const name of Object.keys(env)) if (env[name] === undefined) delete env[name];
  return env;
}

/** Calls back with each line, and with the beginning of one that has no end yet. */
function byLine(read) {
  let partial = "";
  return (text) => {
    const lines = (partial + text).split("\n");
    partial = lines.pop().slice(-100_000);
    for (const line of lines) read(line);
    if (partial !== "") read(partial, true);
  };
}

/**
 * Answers { code, stdout, output, timedOut, seconds }, where output is both streams; never rejects. `timeout` is for the
 * whole, unless `isProgress` is given: it is asked of each line of both streams, as `isProgress(line, partial)`, and the
 * time begins anew with one that it says true of. With `outputFile` both streams go to that file, and `stdout` stays
 * empty: for a program that can't wait for a pipe to have room. `signal` ends it early.
 */
export function runCommand(
  [command, ...args],
  {
    cwd = root,
    env = {},
    timeout = 120_000,
    outputLimit = 1_000_000,
    isProgress,
    outputFile,
    signal,
    timers = globalThis,
  } = {},
) {
  return new Promise((resolve) => {
    const started = performance.now();
    let stdout = "";
    let output = "";
    let timedOut = false;
    let timer;
    const reader = () => isProgress && byLine((line, partial) => isProgress(line, partial) && startTimer());
    const add = (text, read) => {
      // The end of a run-away log says what went wrong.
      output = (output + text).slice(-outputLimit);
      read?.(text);
    };
    const [readOutput, readErrors] = [reader(), reader()];
    const file = outputFile && new GrowingFile(outputFile, (text) => add(text, readOutput));
    const child = spawn(command, args, {
      cwd,
      env: cleanEnvironment(env),
      stdio: ["ignore", file?.descriptor ?? "pipe", file?.descriptor ?? "pipe"],
      detached,
    });
    running.add(child);
    const startTimer = () => {
      timers.clearTimeout(timer);
      timer = timers.setTimeout(() => {
        timedOut = true;
        kill(child);
      }, timeout);
    };
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      stdout = (stdout + text).slice(-outputLimit);
      add(text, readOutput);
    });
    child.stderr?.setEncoding("utf8").on("data", (text) => add(text, readErrors));
    startTimer();
    signal?.addEventListener("abort", () => kill(child), { once: true });
    const finish = (code) => {
      file?.close();
      timers.clearTimeout(timer);
      running.delete(child);
      resolve({ code, stdout, output, timedOut, seconds: (performance.now() - started) / 1000 });
    };
    child.once("error", (error) => {
      add(String(error));
      finish(-1);
    });
    // 'close' would wait for a grandchild that holds the pipes: after the exit, end the rest of the group.
    child.once("exit", () => setTimeout(() => kill(child), 2000).unref());
    child.once("close", (code, signal) => finish(code ?? signal));
  });
}

const npmItself = process.env.npm_execpath;

/**
 * The command line of npm, or of npx: what runs this script, where that is npm. Elsewhere it is looked for as a shell
 * does it: under Windows npm is no program but a script of cmd.exe.
 */
export function npm(args, program = "npm") {
  if (npmItself?.endsWith("npm-cli.js")) {
    return [process.execPath, npmItself.replace(/npm-cli\.js$/, `${program}-cli.js`), ...args];
  }
  return process.platform === "win32" ? ["cmd.exe", "/d", "/s", "/c", program, ...args] : [program, ...args];
}

/** The same, for what has to succeed before anything else can. */
export async function mustRun(command, options) {
  const result = await runCommand(command, options);
  if (result.code !== 0) {
    throw new Error(`${command.join(" ")} failed (${result.timedOut ? "timed out" : result.code})\n${result.output}`);
  }
  return result;
}
