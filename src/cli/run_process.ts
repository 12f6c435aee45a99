/** The tool as a process: its arguments, streams, signals and exit code. */
import process from "node:process";
import { main } from "./main.ts";

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

/** Runs the tool and leaves its exit code to the process, which ends when nothing is open any more. */
export function runProcess(): void {
  const controller = new AbortController();
  const interrupts = Object.entries(SIGNALS).map(([name, code]) => {
    // After the first one the default is back: a second Ctrl-C ends the process at once.
    const interrupt = (): void => controller.abort(code);
    process.once(name, interrupt);
    return () => process.removeListener(name, interrupt);
  });
  // `dgram listen | head -1`: who closes the pipe has seen enough.
  process.stdout.on("error", (error: Error & { code?: string }) => {
    if (error.code !== "EPIPE") throw error;
    controller.abort(0);
  });

  const { stdout, stderr } = process;
  main(process.argv.slice(2), {
    stdout,
    stderr,
    stdin: () => process.stdin,
    colour: stdout.isTTY === true && !noColour(),
    signal: controller.signal,
  }).then((code) => {
    process.exitCode = code;
    for (const remove of interrupts) remove();
    if (controller.signal.aborted) setTimeout(() => process.exit(code), PATIENCE).unref();
  });
}
