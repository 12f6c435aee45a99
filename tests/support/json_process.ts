/** A child process that is watched to its end, and that may talk in lines of JSON over its standard streams. */
import { spawn } from "node:child_process";
import process from "node:process";

/** Milliseconds for a child that ends with its standard input, and so with the test: it only ends what hangs. */
export const LIFETIME = 1_800_000;

/** How a child process ended. */
export interface ProcessResult {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code, or null where a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** True if the outer timer had to kill it. */
  readonly timedOut: boolean;
}

/** How to start a child. */
export interface ProcessOptions {
  /** Set on top of this process's environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds until it is killed; 60,000 if neither this nor `silence` is given. */
  readonly timeout?: number;
  /** Milliseconds without a line of its standard output until it is killed: for one whose whole work has no bound. */
  readonly silence?: number;
  /** Called with each line of its standard output. */
  readonly onLine?: (line: string) => void;
}

/** A running child. */
export interface JsonProcess {
  readonly pid: number | undefined;
  /** Writes one line of JSON to its standard input. */
  send(value: unknown): void;
  /** The next line of its standard output, parsed; rejects if it ends before. */
  next<T = unknown>(): Promise<T>;
  /** Closes its standard input. */
  end(): void;
  kill(signal?: "SIGTERM" | "SIGKILL" | "SIGINT"): void;
  /** Resolves when it has ended and its output is complete. */
  readonly result: Promise<ProcessResult>;
}

interface Reader {
  resolve(line: string): void;
  reject(error: Error): void;
}

/** Starts `command`; its own pid only is ever killed. */
export function startProcess(command: string, args: readonly string[], options: ProcessOptions = {}): JsonProcess {
  const env: Record<string, string | undefined> = { ...process.env, ...options.env };
  // A child of `node --test` would take itself for one of its test files.
  delete env.NODE_TEST_CONTEXT;
  for (const name of Object.keys(env)) if (env[name] === undefined) delete env[name];

  const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  const lines: string[] = [];
  const readers: Reader[] = [];
  let stdout = "";
  let stderr = "";
  let partial = "";
  let timedOut = false;
  let ended = false;

  const limit = options.silence ?? options.timeout ?? 60_000;
  const expire = (): void => {
    timedOut = true;
    child.kill("SIGKILL");
  };
  let timer = setTimeout(expire, limit);

  child.stdin.on("error", () => {});
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    const parts = (partial + text).split("\n");
    partial = parts.pop() ?? "";
    if (options.silence !== undefined && parts.length > 0 && !ended) {
      clearTimeout(timer);
      timer = setTimeout(expire, limit);
    }
    for (const line of parts) {
      options.onLine?.(line);
      const reader = readers.shift();
      if (reader) reader.resolve(line);
      else lines.push(line);
    }
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);

  const endedEarly = (): Error => new Error(`${command} ${args.join(" ")} ended before the next line\n${stderr}`);
  const result = new Promise<ProcessResult>((resolve, reject) => {
    const finish = (): void => {
      ended = true;
      clearTimeout(timer);
      for (const reader of readers.splice(0)) reader.reject(endedEarly());
    };
    child.once("error", (error) => {
      finish();
      reject(error);
    });
    child.once("close", (code, signal) => {
      finish();
      resolve({ stdout, stderr, code, signal, timedOut });
    });
  });
  // Whoever awaits the result still sees the error; nobody has to.
  result.catch(() => {});

  return {
    pid: child.pid,
    result,
    send(value) {
      child.stdin.write(JSON.stringify(value) + "\n");
    },
    async next<T>(): Promise<T> {
      const line = lines.shift() ?? await new Promise<string>((resolve, reject) => {
        if (ended) reject(endedEarly());
        else readers.push({ resolve, reject });
      });
      return JSON.parse(line) as T;
    },
    end() {
      child.stdin.end();
    },
    kill(signal = "SIGKILL") {
      child.kill(signal);
    },
  };
}
