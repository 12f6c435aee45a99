/** A server in a process of its own, which ends with the test that uses it. */
import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import process from "node:process";
import { within } from "../support/within.ts";

const LIFETIME = 150_000;
const GRACE = 2_000;

/** A running server; its own pid only is ever killed. */
export class ServerProcess {
  readonly #child;
  readonly #waiting = new Set<() => void>();
  /** Resolves when it has ended, in whichever way. */
  readonly ended: Promise<void>;
  #stdout = Buffer.alloc(0);
  #stderr = "";
  #running = true;

  constructor(command: string, args: readonly string[]) {
    const env: Record<string, string | undefined> = { ...process.env, NO_COLOR: "1" };
    delete env.NODE_TEST_CONTEXT;
    const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    const timer = setTimeout(() => this.kill("SIGKILL"), LIFETIME);
    const wake = (): void => {
      for (const look of [...this.#waiting]) look();
    };
    child.stdin.on("error", () => {});
    child.stdout.on("data", (data: Buffer) => {
      this.#stdout = Buffer.concat([this.#stdout, data]);
      wake();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      wake();
    });
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        this.#running = false;
        clearTimeout(timer);
        wake();
        resolve();
      };
      child.once("error", (error) => {
        this.#stderr += String(error);
        end();
      });
      child.once("close", end);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#running;
  }

  get stdout(): Buffer {
    return this.#stdout;
  }

  /** What it has printed on both streams. */
  get output(): string {
    return `${this.#stdout}${this.#stderr}`;
  }

  write(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Waits until `look` finds something in what it prints. */
  printed<Found>(look: (server: this) => Found | null | undefined | false, what: string): Promise<Found> {
    const found = new Promise<Found>((resolve, reject) => {
      const check = (): void => {
        const result = look(this);
        if (result) resolve(result);
        else if (!this.#running) reject(new Error(`the server ended before ${what}: ${this.output}`));
        else return;
        this.#waiting.delete(check);
      };
      this.#waiting.add(check);
      check();
    });
    return within(found, what);
  }

  kill(signal: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGHUP"): void {
    // Deno 2.9.6's child.kill() sends the first signal, and none that follows it.
    try {
      if (this.#running) process.kill(this.#child.pid!, signal);
    } catch (error) {
      // It has ended, and this is yet to be told.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  async stop(): Promise<void> {
    this.kill("SIGTERM");
    const timer = setTimeout(() => this.kill("SIGKILL"), GRACE);
    await within(this.ended, "a server's end");
    clearTimeout(timer);
  }
}
