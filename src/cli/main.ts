/** The tool without its process. */
import config from "../../deno.json" with { type: "json" };
import { parseArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { commands } from "./commands/mod.ts";
import { failureOf, RunError, UsageError } from "./failure.ts";
import { helpOf, helpOfAll, NAME } from "./help.ts";
import { chooseModule } from "./module.ts";
import { printableLines, printableText } from "./printable.ts";
import { Report } from "./report.ts";
import type { Streams } from "./streams.ts";

export type { Input, Output, Streams } from "./streams.ts";

const INTERRUPTED = 130;

/**
 * Runs the tool.
 *
 * @param argv The arguments, without the program's name.
 * @param streams Where it reads and writes, and what ends it.
 * @returns The exit code, when all that it opened is closed: 0; 1 for a failed run; 2 for wrong usage; 130, or the
 * signal's reason if that is a number, after an interrupt.
 */
export async function main(argv: readonly string[], streams: Streams): Promise<number> {
  const { signal, stderr } = streams;
  try {
    const code = await runCommand(argv, streams);
    return signal.aborted ? interruptedBy(signal) : code;
  } catch (error) {
    // What an interrupt breaks is no news.
    if (signal.aborted) return interruptedBy(signal);
    const failure = failureOf(error);
    const isExpected = failure instanceof RunError;
    stderr.write(`${NAME}: ${isExpected ? printableText(failure.message) : printableLines(`${failure.stack}`)}\n`);
    return failure instanceof UsageError ? 2 : 1;
  }
}

function interruptedBy({ reason }: AbortSignal): number {
  return typeof reason === "number" ? reason : INTERRUPTED;
}

async function runCommand([name, ...rest]: readonly string[], streams: Streams): Promise<number> {
  const { signal, stdout } = streams;
  const show = (text: string): number => {
    stdout.write(`${text}\n`);
    return 0;
  };
  if (name === undefined) throw new UsageError(`a command is missing; try: ${NAME} help`);
  if (name === "--version" || name === "-V" || name === "version") return show(config.version);
  if (name === "help" || name === "--help" || name === "-h") {
    if (rest.length === 0) return show(helpOfAll());
    return show(helpOf(rest[0], find(rest[0])));
  }
  const command = find(name);
  const args = parseArguments(rest, command, `${NAME} ${name}`, `${NAME} ${name} ${command.usage}`);
  if (args.flag("help")) return show(helpOf(name, command));
  const report = new Report(streams, args.flag("json"));
  const dgram = await chooseModule(args.flag("ffi"));
  return await command.run({ args, report, dgram, signal, stdin: () => streams.stdin() });
}

function find(name: string): Command {
  if (Object.hasOwn(commands, name)) return commands[name];
  const what = name.startsWith("-") ? "option" : "command";
  throw new UsageError(`unknown ${what}: ${JSON.stringify(name)}; try: ${NAME} help`);
}
