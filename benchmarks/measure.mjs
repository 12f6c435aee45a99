// One measurement of one contender: { cpu, rate } in µs and thousands a second for each datagram, or { problem }.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { runCommand } from "../scripts/matrix/command.mjs";
import { root } from "../scripts/matrix/paths.mjs";
import process from "node:process";
import { isAlone, times } from "./works.mjs";

/** Nothing takes longer: the programs end themselves earlier. */
const patience = 12_000;

const argumentsOf = (contender, work, size, port) => {
  // Two programs of different kinds have to keep time together.
  const alone = isAlone(work);
  const warmUp = contender.kind === "c" && alone ? times.warmUpOfC : times.warmUp;
  const measure = alone ? times.measure.alone : times.measure.together;
  return [work, size, warmUp, measure, ...(port === undefined ? [] : [port])].map(String);
};

export const perDatagram = ({ cpu, datagrams }) => cpu / datagrams;
export const thousands = ({ datagrams, seconds }) => datagrams / seconds / 1000;

const noResult = (output) => `no result: ${output.trim().split("\n").at(-1)}`;

function problemOf(result, output = "") {
  if (result === undefined) return noResult(output);
  if (result.stalled || result.datagrams === undefined) return "stalled";
  return result.lost > 0 ? `lost ${result.lost} datagrams` : undefined;
}

/** The JSON of the last line, if there is any. */
function lastResult(text) {
  try {
    return JSON.parse(text.trim().split("\n").at(-1));
  } catch {
    return undefined;
  }
}

/** Runs a program to its end: { result } with what its last line says, or { problem } if that is no result. */
export async function runProgram([command, ...args], env, cwd) {
  const { stdout, output } = await runCommand([command, ...args.map(String)], { env, cwd, timeout: patience });
  const result = lastResult(stdout);
  return result === undefined ? { problem: noResult(output) } : { result };
}

async function runToEnd(contender, work, size, port) {
  const command = [...contender.command, ...argumentsOf(contender, work, size, port)];
  const { result, problem } = await runProgram(command, contender.env);
  return { result, problem: problem ?? problemOf(result) };
}

/** Starts a program that is heard line by line, and ended. */
export function startProgram([command, ...args], extraEnv) {
  const env = { ...process.env, NODE_OPTIONS: undefined, ...extraEnv };
  const child = spawn(command, args.map(String), { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), patience);
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.once("error", () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => lastResult((await lines.next()).value ?? "");
  return {
    /** What its next line says; undefined if there is none. */
    next: nextLine,
    async end() {
      clearTimeout(timer);
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function runBetween(sender, receiver, size) {
  const receiving = startProgram([...receiver.command, ...argumentsOf(receiver, "receive", size)], receiver.env);
  try {
    const port = (await receiving.next())?.port;
    if (port === undefined) return { problem: "the receiver did not start" };
    const { result: sent, problem } = await runToEnd(sender, "send", size, port);
    if (problem) return { problem: `sender: ${problem}` };
    const received = await receiving.next();
    const receiverProblem = problemOf(received);
    return receiverProblem ? { problem: `receiver: ${receiverProblem}` } : { sent, received };
  } finally {
    await receiving.end();
  }
}

/** `peer` is the C program at the other end of what is measured on one side only. */
export async function measure(contender, work, size, peer) {
  if (isAlone(work)) {
    const { result, problem } = await runToEnd(contender, work, size);
    return problem ? { problem } : { cpu: perDatagram(result), rate: thousands(result) };
  }
  const sender = work === "receive" ? peer : contender;
  const receiver = work === "send" ? peer : contender;
  const { sent, received, problem } = await runBetween(sender, receiver, size);
  if (problem) return { problem };
  const sides = [...(work === "receive" ? [] : [sent]), ...(work === "send" ? [] : [received])];
  return { cpu: sides.map(perDatagram).reduce((sum, cpu) => sum + cpu), rate: thousands(sides.at(-1)) };
}

/** Answers { pinned, rss } in bytes, or { problem }. */
export async function measureMemory(contender, size) {
  const [command, ...args] = contender.command;
  // Flags go before the program, and after Deno's `run`.
  const at = args[0] === "run" ? 1 : 0;
  args.splice(at, 0, ...contender.memory);
  const run = [command, ...args, ...argumentsOf(contender, "memory", size)];
  const { stdout, output } = await runCommand(run, { env: contender.env, timeout: patience });
  const result = lastResult(stdout);
  if (result?.pinned === undefined) return { problem: problemOf(result, output) };
  return result.lost > 0 ? { problem: `lost ${result.lost} datagrams` } : { pinned: result.pinned, rss: result.rss };
}
