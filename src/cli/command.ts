import type { Arguments, Option } from "./arguments.ts";
import type { Module } from "./module.ts";
import type { Report } from "./report.ts";
import type { Input } from "./streams.ts";

/** What a command is run with. */
export interface Context {
  /** Its arguments. */
  readonly args: Arguments;
  /** Where its results go. */
  readonly report: Report;
  /** What its sockets are made of. */
  readonly dgram: Module;
  /** Ends the run. */
  readonly signal: AbortSignal;
  /** Standard input. */
  stdin(): Input;
}

/** One command of the tool. */
export interface Command {
  /** The line in the list of commands. */
  readonly summary: string;
  /** Its arguments, after its name. */
  readonly usage: string;
  /** How few and how many positional arguments it takes. */
  readonly positionals: readonly [number, number];
  /** Its options, without those of all commands. */
  readonly options: Readonly<Record<string, Option>>;
  /** What else the help says. */
  readonly notes: readonly string[];
  /** Runs it; answers the exit code, which an interrupt overrides. */
  run(context: Context): Promise<number>;
}
