/** The command-line tool: as a process of this runtime, and within this process. */
import { channel } from "node:diagnostics_channel";
import { resolve } from "node:path";
import process from "node:process";
import { type Input, main } from "../../src/cli/main.ts";
import { type JsonProcess, type ProcessResult, root, selfCommand } from "./child.ts";
import { startProcess } from "./json_process.ts";
import { within } from "./within.ts";

/** A line of --json. */
export type Line = Readonly<Record<string, unknown>> & { readonly event: string };

/** The tool's command line; where the package is tested, it is the package's own. */
export function cliCommand(args: readonly string[]): [string, string[]] {
  const [runtime, [...command]] = selfCommand("cli/cli", args);
  if (process.env.DGRAM_TEST_SUBJECT === "package") {
    command[command.length - args.length - 1] = resolve(root, "dist", "cli.js");
  }
  return [runtime, command];
}

/** Starts it. */
export function startCli(args: readonly string[]): JsonProcess {
  return startProcess(...cliCommand(args), { timeout: 30_000 });
}

/** Runs it to its end, with these values as lines of JSON on its standard input. */
export async function runCli(
  args: readonly string[],
  input: readonly unknown[] = [],
): Promise<ProcessResult & { lines: Line[] }> {
  const child = startCli(args);
  for (const value of input) child.send(value);
  child.end();
  return withLines(await child.result);
}

/** The lines of an ended process with --json. */
export function withLines(result: ProcessResult): ProcessResult & { lines: Line[] } {
  const { stdout } = result;
  const lines = stdout.startsWith("{") ? stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as Line) : [];
  return { ...result, lines };
}

/** Its next line of this event. */
export async function nextLine(child: JsonProcess, event: string): Promise<Line> {
  for (;;) {
    const line = await within(child.next<Line>(), `a line "${event}"`, 30_000);
    if (line.event === event) return line;
  }
}

/** A run within this process. */
export interface Run {
  /** Ends it as Ctrl-C does. */
  interrupt(reason?: unknown): void;
  /** The next line of this event, with --json. */
  next(event: string): Promise<Line>;
  /** Waits until standard output is such a text. */
  shown(pattern: RegExp): Promise<void>;
  readonly result: Promise<{ code: number; stdout: string; stderr: string; open: number; sockets: number }>;
}

interface Watched {
  sendMany?: unknown;
  once(event: "close", listener: () => void): unknown;
}

/** Runs it within this process, and counts its sockets. */
export function runMain(
  args: readonly string[],
  options: { tty?: boolean; columns?: number; colour?: boolean; stdin?: Input } = {},
): Run {
  const controller = new AbortController();
  let stdout = "";
  let stderr = "";
  let open = 0;
  let sockets = 0;
  let waiting: { event: string; resolve(line: Line): void } | undefined;
  const created = channel("udp.socket");
  const count = (message: unknown): void => {
    const { socket } = message as { socket: Watched };
    // node:dgram tells of the sockets beneath this module's in the same channel.
    if (!socket.sendMany) return;
    open++;
    sockets++;
    socket.once("close", () => open--);
  };
  created.subscribe(count);
  let watched: { pattern: RegExp; resolve(): void } | undefined;
  const write = (text: string): void => {
    stdout += text;
    if (watched?.pattern.test(stdout)) watched.resolve();
    if (!waiting || !text.startsWith("{")) return;
    const line = JSON.parse(text) as Line;
    if (line.event === waiting.event) waiting.resolve(line);
  };
  const result = main(args, {
    stdout: { write, isTTY: options.tty ?? false, columns: options.columns ?? 60 },
    stderr: { write: (text) => stderr += text },
    stdin: () => options.stdin!,
    colour: options.colour ?? false,
    signal: controller.signal,
  }).finally(() => created.unsubscribe(count)).then((code) => ({ code, stdout, stderr, open, sockets }));
  return {
    interrupt: (reason) => controller.abort(reason),
    next: (event) => within(new Promise<Line>((resolve) => waiting = { event, resolve }), `a line "${event}"`),
    shown: (pattern) =>
      within(
        new Promise((resolve) => {
          watched = { pattern, resolve };
          if (pattern.test(stdout)) resolve();
        }),
        `output like ${pattern}`,
      ),
    result: within(result, `the end of ${args.join(" ")}`, 30_000),
  };
}
