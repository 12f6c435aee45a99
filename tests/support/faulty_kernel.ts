/** System calls that fail by a schedule, below whatever runtime makes them: strace injects the faults. */
import { spawn, spawnSync } from "node:child_process";
import process from "node:process";

/**
 * `CALLS:error=ERRNO:when=FIRST[..LAST][+STEP]` of strace(1): a call that fails is not made. Calls are counted from when
 * the faults begin.
 */
export type FaultRule = `${string}:${"error" | "retval"}=${string}`;

/** The calls of all runtimes; "?" as not each machine has each of them. */
export const SEND = "sendmsg,sendmmsg,sendto";
export const RECEIVE = "recvmsg,recvmmsg,recvfrom";
export const WAIT = "?epoll_wait,epoll_pwait,?epoll_pwait2";

/** How often each call was made meanwhile, and how often it failed for that. */
export type Calls = Readonly<Record<string, { readonly made: number; readonly injected: number }>>;

/** Faults that a running process meets. */
export interface Faults {
  /** Ends them, and tells what there was. */
  end(): Promise<Calls>;
}

/**
 * Has the system calls of the process's first thread fail, which is where each runtime does all with its sockets; other
 * threads have other sockets, on which Deno would panic. Resolves when the faults have begun.
 */
export async function beginFaults(pid: number, rules: readonly FaultRule[]): Promise<Faults> {
  const calls = rules.map((rule) => rule.split(":")[0]);
  // What is injected has to be traced.
  const args = ["-p", `${pid}`, "-e", `trace=${[SEND, RECEIVE, WAIT, ...calls]}`];
  for (const rule of rules) args.push("-e", `inject=${rule}`);
  const tracer = spawn("strace", args, { stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  const ended = new Promise<void>((resolve) => tracer.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    tracer.once("error", reject);
    tracer.stderr.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.includes(" attached")) resolve();
    });
    void ended.then(() => reject(new Error(`no faults: ${output}`)));
  });
  return {
    async end() {
      // It lets the process go.
      tracer.kill("SIGINT");
      await ended;
      return count(output);
    },
  };
}

function count(output: string): Calls {
  const calls: Record<string, { made: number; injected: number }> = {};
  for (const line of output.split("\n")) {
    const name = /^(\w+)\(/.exec(line)?.[1];
    if (name === undefined) continue;
    calls[name] ??= { made: 0, injected: 0 };
    calls[name].made++;
    if (line.endsWith("(INJECTED)")) calls[name].injected++;
  }
  return calls;
}

/** Traces what it has not started itself, which a security module may forbid. */
const TRIAL = `sleep 10 & pid=$!
strace -e trace=sendto -e inject=sendto:error=ENOBUFS:when=1..2 -p $pid 2>&1 |
  { read -r line; kill -9 $pid; echo "$line"; }`;

/** For a test's `skip` option. */
export const faultsSkip: string | false = reasonAgainst();

function reasonAgainst(): string | false {
  if (process.platform !== "linux") return "strace: Linux only";
  const { stdout } = spawnSync("sh", ["-c", TRIAL], { encoding: "utf8" });
  return stdout.includes(" attached") ? false : `no faults: ${stdout.trim()}`;
}
