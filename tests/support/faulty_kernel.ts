/** System calls that fail by a schedule, below whatever runtime makes them: strace injects the faults. */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
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
  const args = ["-p", String(pid), "-e", `trace=${SEND},${RECEIVE},${WAIT}`, ...rules.flatMap(faultOf)];
  const tracer = spawn("strace", withAll(args, rules), { stdio: ["ignore", "ignore", "pipe"] });
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

const faultOf = (rule: FaultRule): string[] => ["-e", `inject=${rule}`];

/** What is injected has to be traced. */
function withAll(args: readonly string[], rules: readonly FaultRule[]): string[] {
  const calls = rules.map((rule) => rule.split(":")[0]);
  return args.map((arg) => arg.startsWith("trace=") ? [arg, ...calls].join(",") : arg);
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

/** For a test's `skip` option. */
export const faultsSkip: string | false = reasonAgainst();

function reasonAgainst(): string | false {
  if (process.platform !== "linux") return "strace: Linux only";
  const rule = faultOf("sendto:error=ENOBUFS:when=1..2");
  const { error, status, stderr } = spawnSync("strace", ["-e", "trace=sendto", ...rule, "true"], { encoding: "utf8" });
  if (status !== 0) return `strace: ${error?.message ?? stderr.trim().split("\n")[0]}`;
  return maySeize() ? false : "strace: no process may trace another that it has not started";
}

/** Yama has a process trace its own children alone, unless it is root's. */
function maySeize(): boolean {
  try {
    const scope = Number(readFileSync("/proc/sys/kernel/yama/ptrace_scope", "utf8"));
    return scope === 0 || (scope < 3 && process.getuid?.() === 0);
  } catch {
    return true;
  }
}
