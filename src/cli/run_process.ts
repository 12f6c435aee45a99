/** The tool as a process: its arguments, streams, signals and exit code. */
import process from "node:process";
import { NAME } from "./help.ts";
import { main, type Output } from "./main.ts";

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** How long after an interrupt a look-up, which nothing can cancel, may keep the process. */
const PATIENCE = 300;

interface DenoGlobal {
  readonly noColor: boolean;
}

/** Reading the environment on Deno takes a permission, for which it would ask on a terminal; this takes none. */
function noColour(): boolean {
  const { Deno } = globalThis as unknown as { Deno?: DenoGlobal };
  return Deno ? Deno.noColor : Boolean(process.env.NO_COLOR) || process.env.TERM === "dumb";
}

type Failed = (error: Error & { code?: string }) => void;
type Stream = Output & { on(event: "error", listener: Failed): unknown };

/** A stream of the process that tells what failed: Node and Bun by an event, Deno by an exception where it is a file. */
function writing(stream: Stream, failed: Failed): Output {
  stream.on("error", failed);
  const write = (text: string): void => {
    try {
      stream.write(text);
    } catch (error) {
      failed(error as Error);
    }
  };
  return Object.create(stream, { write: { value: write } });
}

/** Runs the tool and leaves its exit code to the process, which ends when nothing is open any more. */
export function runProcess(): void {
  const controller = new AbortController();
  // After the first one the default is back: a second Ctrl-C ends the process at once.
  for (const [name, code] of Object.entries(SIGNALS)) process.once(name, () => controller.abort(code));
  // There is nobody to tell of it.
  const stderr = writing(process.stderr, () => {});
  const stdout = writing(process.stdout, ({ code, message }) => {
    // `dgram listen | head -1`: who closes the pipe has seen enough.
    if (code === "EPIPE" || controller.signal.aborted) return controller.abort(0);
    stderr.write(`${NAME}: can't write: ${message}\n`);
    // The run may have ended.
    process.exitCode = 1;
    controller.abort(1);
  });

  main(process.argv.slice(2), {
    stdout,
    stderr,
    stdin: () => process.stdin,
    colour: !!stdout.isTTY && !noColour(),
    signal: controller.signal,
  }).then((code) => {
    process.exitCode = code;
    for (const name in SIGNALS) process.removeAllListeners(name);
    if (controller.signal.aborted) setTimeout(() => process.exit(code), PATIENCE).unref();
  });
}
