// An echo server in a process of its own.
import { spawn } from "node:child_process";
import process from "node:process";
import { root } from "../matrix/paths.mjs";

const startTimeout = 20_000;
const lifetime = 300_000;
const running = new Set();

// Whatever ends this process ends its servers.
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Answers { port, stop } or { failure }. */
export function startServer([command, ...args]) {
  return new Promise((resolve) => {
    const env = { ...process.env, NO_COLOR: "1" };
    const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    running.add(child);
    const kill = () => child.kill("SIGKILL");
    const late = setTimeout(kill, startTimeout);
    const old = setTimeout(kill, lifetime);
    const ended = new Promise((done) => {
      child.once("error", (error) => done(String(error)));
      child.once("close", (code, signal) => done(`it ended (${code ?? signal}) ${output.trim()}`));
    });
    ended.then((reason) => {
      clearTimeout(late);
      clearTimeout(old);
      running.delete(child);
      resolve({ failure: `the server did not start: ${reason}` });
    });
    const stop = () => {
      kill();
      return ended;
    };
    const read = (text) => {
      output = (output + text).slice(-10_000);
      const port = /^listening on \S+ port (\d+)$/m.exec(output)?.[1];
      if (!port) return;
      clearTimeout(late);
      resolve({ port, stop });
    };
    child.stdout.setEncoding("utf8").on("data", read);
    child.stderr.setEncoding("utf8").on("data", (text) => output = (output + text).slice(-10_000));
  });
}
