/** The network of the scenarios in the kernel: a process in a namespace of its own for each host. */
import { spawnSync } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { selfCommand } from "../../support/child.ts";
import { type JsonProcess, LIFETIME, startProcess } from "../../support/json_process.ts";
import { within } from "../../support/within.ts";
import { endHost } from "../host.ts";
import { inNamespaceOf, inNewNamespace, namespacesSkip } from "../namespaces.ts";
import type { Order, Outcome, Told } from "./player.ts";
import { setUp } from "./kernel_topology.ts";
import { type ChangeName, type HostName, HOSTS, type Stage } from "./stage.ts";

/** How long something that memory has told is waited for. */
const PATIENCE = 30_000;

/** Translates what leaves by the interface outside. */
const MASQUERADE = `
table inet translation {
  chain leaving {
    type nat hook postrouting priority 100
    oifname outside masquerade
  }
}`;

/** Has a rule for what comes in or passes. */
const cut = (hook: string, rule: string): string => `
table inet cut {
  chain cut {
    type filter hook ${hook} priority 0
    ${rule}
  }
}`;

function findReason(): string | false {
  if (namespacesSkip) return namespacesSkip;
  const input = `${MASQUERADE}\n${cut("forward", "udp dport 9 numgen random mod 9 < 1 drop")}\n`;
  const { error, status, stderr } = spawnSync(...inNewNamespace("nft", ["-f", "-"]), { input, encoding: "utf8" });
  if (error || status !== 0) return `no nft that masquerades: ${error?.message ?? stderr.trim().split("\n")[0]}`;
  return false;
}

/** For a test's `skip` option. */
export const kernelStageSkip: string | false = findReason();

type Report = { readonly ready: true } | Told | ({ readonly id: number } & Outcome);

/** A process, and what it is asked. */
class HostProcess {
  readonly #process: JsonProcess;
  readonly #answers: Map<number, (outcome: Outcome) => void> = new Map();
  readonly #tell: (told: Told) => void;
  #orders = 0;

  private constructor(process: JsonProcess, tell: (told: Told) => void) {
    this.#process = process;
    this.#tell = tell;
  }

  static async start(owner: number | undefined, tell: (told: Told) => void): Promise<HostProcess> {
    const command = inNewNamespace(...selfCommand("network/memory/host"), owner);
    const host = new HostProcess(startProcess(...command, { timeout: LIFETIME }), tell);
    await within(host.#process.next(), "a host's start");
    void host.#listen();
    return host;
  }

  get pid(): number {
    return this.#process.pid!;
  }

  async ask(order: Order | "turn" | "end"): Promise<Outcome> {
    const id = this.#orders++;
    const answer = new Promise<Outcome>((resolve) => this.#answers.set(id, resolve));
    this.#process.send({ id, order });
    return await within(answer, `the answer to ${JSON.stringify(order)}`);
  }

  async end(): Promise<void> {
    await endHost(this.#process);
  }

  async #listen(): Promise<void> {
    try {
      for (;;) {
        const report = await this.#process.next<Report>();
        if ("id" in report) this.#answers.get(report.id)!(report);
        else if ("socket" in report) this.#tell(report);
      }
    } catch {
      // It has ended: what still waits for an answer says so.
    }
  }
}

export class KernelStage implements Stage {
  readonly #hosts: Map<HostName, HostProcess> = new Map();
  readonly #used: Set<HostName> = new Set();
  #told: Told[] = [];
  #waiting: (() => void) | undefined;

  /** @param names the hosts that are wanted, all by default: with one, what it is behind */
  static async make(names: readonly HostName[] = HOSTS): Promise<KernelStage> {
    const stage = new KernelStage();
    try {
      const tell = (told: Told): void => {
        stage.#told.push(told);
        stage.#waiting?.();
      };
      const router = await HostProcess.start(undefined, tell);
      stage.#hosts.set("router", router);
      const others = names.filter((name) => name !== "router");
      // They belong to the router's user namespace, so that it may give them their links.
      await Promise.all(others.map(async (name) => {
        stage.#hosts.set(name, await HostProcess.start(router.pid, tell));
      }));
      stage.#build();
    } catch (error) {
      await stage.end();
      throw error;
    }
    return stage;
  }

  async order(host: HostName, order: Order): Promise<Outcome> {
    this.#used.add(host);
    return await this.#hosts.get(host)!.ask(order);
  }

  async settle(expected?: ReadonlyMap<string, number>): Promise<readonly Told[]> {
    const isThere = (): boolean =>
      [...expected ?? []].every(([name, count]) => this.#told.filter(({ socket }) => socket === name).length >= count);
    let isLate = false;
    const late = setTimeout(PATIENCE, undefined, { ref: false }).then(() => isLate = true);
    while (!isThere() && !isLate) {
      await Promise.race([late, new Promise<void>((told) => this.#waiting = told)]);
    }
    await this.#turn();
    return this.#told.splice(0);
  }

  // deno-lint-ignore require-await
  async change(name: ChangeName): Promise<() => Promise<void>> {
    const reject = "reject with icmpx type admin-prohibited";
    const [host, there, back] = {
      "b is unplugged": ["router", "ip link set dev b0 down", "ip link set dev b0 up"] as const,
      "nothing passes from a to b": filter("b", FROM_A.map((from) => cut("input", `${from} drop`))),
      "nothing passes from the router to c": filter("router", [cut("forward", "oifname inside drop")]),
      "b prohibits a": filter("b", FROM_A.map((from) => cut("input", `${from} ${reject}`))),
      "the router prohibits c": filter("router", [cut("forward", `oifname inside ${reject}`)]),
    }[name];
    this.run(host, there);
    return async () => {
      this.run(host, back);
      if (name === "b is unplugged") await this.#plugged();
    };
  }

  async unanswered(host: HostName, addresses: readonly string[]): Promise<void> {
    for (const address of addresses) await this.until(host, `ip neigh show ${address} | grep -q FAILED`);
  }

  async clear(forget: boolean): Promise<void> {
    await Promise.all([...this.#used].map((name) => this.#hosts.get(name)!.ask("end")));
    for (const name of forget ? this.#used : []) this.run(name, "ip route flush cache; ip -6 route flush cache");
    this.#used.clear();
    this.#told = [];
  }

  /** Ends all processes, and the namespaces with them. */
  async end(): Promise<void> {
    const hosts = [...this.#hosts.values()];
    this.#hosts.clear();
    await Promise.all(hosts.map((host) => host.end()));
  }

  /** Waits until a command of the shell succeeds on a host. */
  async until(host: HostName, command: string): Promise<void> {
    for (let tries = 0; tries < 2000; tries++) {
      if (this.#try(host, command).status === 0) return;
      await setTimeout(10);
    }
    throw new Error(`does not come true on ${host}: ${command}`);
  }

  /** Runs lines of the shell on a host. */
  run(host: HostName, lines: string): void {
    const { status, stderr } = this.#try(host, lines);
    if (status !== 0) throw new Error(`failed on ${host}:\n${lines}\n${stderr}`);
  }

  #try(host: HostName, lines: string): { status: number | null; stderr: string } {
    const [command, args] = inNamespaceOf(this.#hosts.get(host)!.pid, "sh", ["-e"]);
    return spawnSync(command, args, { input: lines, encoding: "utf8" });
  }

  /**
   * The kernel lets nothing out before it has seen to a link that came back, which it does at most once a second. What b
   * has looked for in vain meanwhile it is to look for anew: a search that has begun may stay unanswered (seen on 6.18).
   */
  async #plugged(): Promise<void> {
    for (const [end, device] of [["router", "b0"], ["b", "eth0"]] as const) {
      await this.until(end, `ip link show dev ${device} | grep -q "state UP"`);
    }
    this.run("b", "ip neigh flush dev eth0");
  }

  async #turn(): Promise<void> {
    await Promise.all([...this.#used].map((name) => this.#hosts.get(name)!.ask("turn")));
  }

  #build(): void {
    const pids = new Map([...this.#hosts].map(([name, { pid }]) => [name, pid]));
    // Links before what is at their ends: in the order of the hosts, from the router on.
    for (const name of ["router", "nat", "a", "b", "c", "d", "e"] as const) {
      if (pids.has(name)) this.run(name, setUp(name, pids));
    }
    if (pids.has("nat")) this.run("nat", nft(MASQUERADE));
  }
}

const nft = (rules: string): string => `nft -f - <<'END'\n${rules}\nEND`;

const FROM_A = ["ip saddr 10.77.1.2", "ip6 saddr fd77:1::2"] as const;

function filter(host: HostName, tables: readonly string[]): readonly [HostName, string, string] {
  const rules = tables.map((table, place) => table.replace("inet cut", `inet cut${place}`));
  const back = tables.map((_, place) => `nft delete table inet cut${place}`).join("\n");
  return [host, nft(rules.join("\n")), back];
}
