// Compiles the C programs.
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { runCommand } from "../scripts/matrix/command.mjs";
import { inRoot, runDirectory } from "../scripts/matrix/paths.mjs";

const programs = ["single", "batch", "offload", "many"];

/** Answers { path } or { reason } for each program, and the compiler's version. */
export async function compilePeers() {
  const compiler = process.env.CC || "cc";
  const { code, stdout } = await runCommand([compiler, "--version"], { timeout: 10_000 });
  const version = code === 0 ? stdout.split("\n")[0] : undefined;
  if (version === undefined) {
    const reason = `no C compiler (${compiler}) here`;
    return Object.fromEntries(programs.map((name) => [name, { reason }]));
  }
  mkdirSync(runDirectory, { recursive: true });
  const peers = { version };
  for (const name of programs) peers[name] = await compile(compiler, name);
  return peers;
}

async function compile(compiler, name) {
  const program = path.join(runDirectory, name);
  const source = inRoot("benchmarks", "peers", `${name}.c`);
  const { output } = await runCommand([compiler, "-O2", "-o", program, source], { timeout: 60_000 });
  if (existsSync(program)) return { path: program };
  return { reason: `${name}.c does not compile here: ${output.split("\n").find((line) => line.includes("error"))}` };
}
