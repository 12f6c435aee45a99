/** The workers and the clients of docs/beyond_one_machine.md, each a process of this runtime within a namespace. */
import { assertEquals } from "@std/assert";
import { setTimeout } from "node:timers/promises";
import { exampleCommand } from "../examples/run_example.ts";
import { ServerProcess } from "../examples/server_process.ts";
import { within } from "../support/within.ts";
import type { HostName, Namespaces } from "./namespaces.ts";

/** Where examples/pool_worker.mjs listens. */
export const PORT = 7000;

/** What examples/pool_client.mjs has counted. */
export interface Figures {
  readonly name: string;
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  /** Answers that came from another worker than the same client's last one. */
  readonly moved: number;
  /** For each worker the clients that it has answered, as address:port. */
  readonly by: ReadonlyMap<string, readonly string[]>;
}

const BLOCK =
  /^(.+): (\d+) sent, (\d+) answered, (\d+) (?:lost|open), (\d+) by another worker than before\n((?: {2}.*\n)*)\n/gm;

function readFigures(output: string): Figures[] {
  return [...output.matchAll(BLOCK)].map(([, name, sent, answered, lost, moved, lines]) => ({
    name,
    sent: Number(sent),
    answered: Number(answered),
    lost: Number(lost),
    moved: Number(moved),
    by: new Map(
      [...lines.matchAll(/^ {2}(\S+) answered (.+)$/gm)].map(([, worker, clients]) => [worker, clients.split(" ")]),
    ),
  }));
}

/** The clients that have been answered, each once. */
export function clientsOf({ by }: Figures): string[] {
  return [...new Set([...by.values()].flat())].sort();
}

/** The hosts that have answered: a worker is called after its host. */
export function hostsOf({ by }: Figures): string[] {
  return [...new Set([...by.keys()].map((worker) => worker[0]))].sort();
}

/** For each of the clients' addresses the hosts that have answered it. */
export function hostsByAddress({ by }: Figures): Map<string, string> {
  const hosts = new Map<string, string>();
  for (const [worker, clients] of by) {
    for (const client of clients) {
      const address = client.split(":")[0];
      hosts.set(address, [...new Set([...hosts.get(address) ?? "", worker[0]])].sort().join(""));
    }
  }
  return hosts;
}

/** Asks all the time, from one process. */
export class Clients {
  readonly #process: ServerProcess;
  #read = 0;

  constructor(namespaces: Namespaces, address: string, port: number, from: readonly string[], each: number) {
    const args = [address, `${port}`, "--from", from.join(), "--each", `${each}`, "--patience", "3000"];
    this.#process = new ServerProcess(...namespaces.command("c", ...exampleCommand("pool_client", args)));
  }

  /** Ends what is counted, answers it, and begins to count what is done next. */
  async next(name: string): Promise<Figures> {
    return await this.#figures(`${name}\n`);
  }

  /** Waits until what has been counted so far is enough. */
  async until(what: string, enough: (figures: Figures) => boolean): Promise<void> {
    const wait = async (): Promise<void> => {
      while (!enough(await this.#figures("\n"))) await setTimeout(50);
    };
    await within(wait(), what);
  }

  /** Waits until each client has been answered since the last `next()`. */
  async allAnswered(count: number): Promise<void> {
    await this.until(
      "an answer to each client",
      (figures) => clientsOf(figures).length === count && figures.answered >= 10 * count,
    );
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }

  #figures(line: string): Promise<Figures> {
    const index = this.#read++;
    this.#process.write(line);
    return this.#process.printed(({ output }) => readFigures(output)[index], "the clients' figures");
  }
}

/** The workers of two hosts. */
export class Pool {
  readonly namespaces: Namespaces;
  readonly #workers = new Map<string, ServerProcess>();
  readonly #addresses: Readonly<Record<string, string>>;

  /** @param addresses of the hosts a and b */
  constructor(namespaces: Namespaces, addresses: Readonly<Record<string, string>>) {
    this.namespaces = namespaces;
    this.#addresses = addresses;
  }

  async start(...names: string[]): Promise<void> {
    await Promise.all(names.map(async (name) => {
      const args = ["--name", name, "--address", this.#addresses[name[0]], "--port", `${PORT}`];
      const [command, all] = exampleCommand("pool_worker", args);
      const worker = new ServerProcess(...this.namespaces.command(name[0] as HostName, command, all));
      this.#workers.set(name, worker);
      await worker.printed(({ output }) => /listens on .*\n/.test(output), `the start of ${name}`);
    }));
  }

  /** Ends workers as a power cut would. */
  async kill(...names: string[]): Promise<void> {
    for (const name of names) this.#workers.get(name)!.kill("SIGKILL");
    await Promise.all(names.map((name) => within(this.#workers.get(name)!.ended, `the end of ${name}`)));
  }

  /** Tells workers to end: they answer what waits first. */
  async drain(...names: string[]): Promise<void> {
    for (const name of names) this.#workers.get(name)!.kill("SIGTERM");
    for (const name of names) {
      const worker = this.#workers.get(name)!;
      await within(worker.ended, `the end of ${name}`);
      assertEquals(/\n(\S+) has answered \d+\n$/.exec(worker.output)?.[1], name, worker.output);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#workers.values()].map((worker) => worker.running && worker.stop()));
  }
}
