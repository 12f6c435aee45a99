/** The hosts that the tests of one file share: they are started when first asked for. */
import { assertEquals } from "@std/assert";
import { resolve } from "node:path";
import process from "node:process";
import { root, selfCommand } from "../support/child.ts";
import { type JsonProcess, startProcess } from "../support/json_process.ts";
import { python } from "../support/python.ts";
import { within } from "../support/within.ts";
import { Host } from "./host.ts";
import { type HostName, Namespaces } from "./namespaces.ts";

const HOSTS = ["a", "b", "c", "router"] as const;

/** The namespaces with a process of this runtime in each. */
export class Network {
  readonly namespaces: Namespaces;
  readonly a: Host;
  readonly b: Host;
  readonly c: Host;
  readonly router: Host;

  private constructor(namespaces: Namespaces, [a, b, c, router]: Host[]) {
    this.namespaces = namespaces;
    this.a = a;
    this.b = b;
    this.c = c;
    this.router = router;
  }

  static async make(): Promise<Network> {
    const namespaces = await Namespaces.make();
    try {
      const [command, args] = selfCommand("network/host");
      const starts = HOSTS.map((name) => Host.start(...namespaces.command(name, command, args)));
      return new Network(namespaces, await Promise.all(starts));
    } catch (error) {
      await namespaces.end();
      throw error;
    }
  }

  /** A further process on that host. */
  async another(name: HostName): Promise<Host> {
    return await Host.start(...this.namespaces.command(name, ...selfCommand("network/host")));
  }

  /** A further process on that host, which has been given a descriptor: see tests/peers/descriptor.py. */
  async adopting(name: HostName, kind: string): Promise<Host> {
    const [command, args] = selfCommand("network/host");
    const script = resolve(root, "tests", "peers", "descriptor.py");
    return await Host.start(...this.namespaces.command(name, python, [script, kind, command, ...args]));
  }

  /** A further process on that host, in which there is no libc. On Bun only. */
  async withoutLibc(name: HostName): Promise<Host> {
    const [command, args] = selfCommand("network/host", ["without libc"]);
    return await Host.start(...this.namespaces.command(name, command, args));
  }

  /** A plain UDP socket of Python's: see tests/peers/receiver.py. */
  async peer(name: HostName, family: 4 | 6, address: string): Promise<{ peer: JsonProcess; port: number }> {
    const script = resolve(root, "tests", "peers", "receiver.py");
    const args = ["-u", script, String(family), address];
    const peer = startProcess(...this.namespaces.command(name, python, args));
    const { port } = await within(peer.next<{ port: number }>(), "the peer's port");
    return { peer, port };
  }

  /** Ends every process; the namespaces go with them. */
  async end(): Promise<void> {
    try {
      await Promise.all([this.a, this.b, this.c, this.router].map((host) => host.end()));
    } finally {
      assertEquals(await this.namespaces.end(), [0, 0, 0, 0]);
    }
  }
}

let shared: Promise<Network> | undefined;

/** The network of this test file. */
export function network(): Promise<Network> {
  return shared ??= Network.make();
}

/**
 * Ends the network, if there is one: which of its namespaces' processes are still there? To be called by the last test
 * of a file, and by `after` for a run of some of its tests. Deno 2.9.5 runs an `after` outside a suite only if the last
 * test is not skipped, and swallows what it throws.
 */
export async function endNetwork(): Promise<number[]> {
  const made = shared;
  shared = undefined;
  if (made === undefined) return [];
  const ending = await made;
  const { pids } = ending.namespaces;
  await ending.end();
  return pids.filter(isAlive);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
