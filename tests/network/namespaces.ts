/**
 * Four hosts in network namespaces of their own, which no other traffic reaches:
 *
 *     a ──┐
 *         ├── br0 router c0 ──── c        10.77.1.0/24 and fd77:1::/64 on br0, 10.77.2.0/24 and fd77:2::/64 on c0
 *     b ──┘
 *
 * A namespace has no name and no file: it belongs to a process that ends with its standard input, and so with the test,
 * however that ends; the kernel then removes the namespace and what is in it.
 */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { type JsonProcess, LIFETIME, startProcess } from "../support/json_process.ts";
import { within } from "../support/within.ts";

/** The hosts. */
export type HostName = "a" | "b" | "c" | "router";

/** The hosts' addresses; the router has one on each side. */
export const ADDRESS = {
  a: { 4: "10.77.1.2", 6: "fd77:1::2", link: "fe80::2" },
  b: { 4: "10.77.1.3", 6: "fd77:1::3", link: "fe80::3" },
  c: { 4: "10.77.2.2", 6: "fd77:2::2", link: "fe80::2" },
  router: { 4: "10.77.1.1", 6: "fd77:1::1", link: "fe80::1" },
} as const;

/** The bytes that a packet on the link between the router and `c` may have; 1500 elsewhere. */
export const SMALL_MTU = 1280;

const PEERS = ["a", "b", "c"] as const;

/** As root, or as the root of a user namespace. */
type Mode = "root" | "user";

const UNSHARE: Record<Mode, readonly string[]> = {
  root: ["--net"],
  user: ["--user", "--map-root-user", "--net"],
};

const PROBE = "ip link add name probe type bridge && ip link add name one type veth peer name two";

function probe(mode: Mode): string | undefined {
  const { error, status, stderr } = spawnSync("unshare", [...UNSHARE[mode], "sh", "-c", PROBE], { encoding: "utf8" });
  if (error) return `no unshare: ${error.message}`;
  return status === 0 ? undefined : stderr.trim().split("\n")[0];
}

function chooseMode(): Mode | { readonly reason: string } {
  if (process.platform !== "linux") return { reason: "network namespaces are Linux's" };
  let reason = "";
  for (const mode of ["root", "user"] as const) {
    const problem = probe(mode);
    if (problem === undefined) return mode;
    reason ||= problem;
  }
  return { reason: `no network namespaces can be made: ${reason}` };
}

const chosen = chooseMode();
const mode: Mode = typeof chosen === "string" ? chosen : "root";

/** The command line that runs a command in a network namespace of its own, which belongs to the user namespace of a process. */
export function inNewNamespace(command: string, args: readonly string[], owner?: number): [string, string[]] {
  if (owner === undefined) return ["unshare", [...UNSHARE[mode], command, ...args]];
  return enter(mode === "user" ? userOf(owner) : [], "unshare", ["--net", command, ...args]);
}

/** The command line that runs a command in the network namespace of a process. */
export function inNamespaceOf(pid: number, command: string, args: readonly string[]): [string, string[]] {
  return enter([`--net=/proc/${pid}/ns/net`, ...(mode === "user" ? userOf(pid) : [])], command, args);
}

function userOf(pid: number): string[] {
  return [`--user=/proc/${pid}/ns/user`, "--preserve-credentials"];
}

function enter(namespaces: readonly string[], command: string, args: readonly string[]): [string, string[]] {
  return ["nsenter", [...namespaces, command, ...args]];
}

/** For a test's `skip` option: false where namespaces can be made, else the reason. */
export const namespacesSkip: string | false = typeof chosen === "string" ? false : chosen.reason;

// Deno 2.9.5 lets nobody look there without every permission.
const hasIPv6 = spawnSync("test", ["-e", "/proc/sys/net/ipv6"]).status === 0;

/** For a test of that IP version. */
export function familySkip(family: 4 | 6): string | false {
  return namespacesSkip || (family === 6 && !hasIPv6 ? "there is no IPv6 here" : false);
}

/** 500 datagrams of 950 bytes a second, and room for all that wait. */
export const SLOW = "rate 4mbit burst 3000 limit 3000000";

/** Two minutes for a datagram of 950 bytes, after the first one. */
export const STUCK = "rate 64bit burst 1600 limit 3000000";

/** For a test that makes a link slow. */
export function slowLinkSkip(): string | false {
  if (namespacesSkip) return namespacesSkip;
  const command = "ip link add name one type veth peer name two && tc qdisc add dev one root tbf " + SLOW;
  const { error, status, stderr } = spawnSync("unshare", [...UNSHARE[mode], "sh", "-c", command], { encoding: "utf8" });
  if (error || status !== 0) return `no tc with token buckets: ${error?.message ?? stderr.trim().split("\n")[0]}`;
  return false;
}

/** The namespaces, and commands within them. */
export class Namespaces {
  readonly #owners = new Map<HostName, JsonProcess>();

  static async make(): Promise<Namespaces> {
    const made = new Namespaces();
    try {
      await made.#build();
    } catch (error) {
      await made.end();
      throw error;
    }
    return made;
  }

  /** The command line that runs a command on a host. */
  command(host: HostName, command: string, args: readonly string[]): [string, string[]] {
    return inNamespaceOf(this.#owners.get(host)!.pid!, command, args);
  }

  /** Changes a host's links, addresses or routes: lines of `ip -batch`. */
  ip(host: HostName, ...lines: string[]): void {
    this.#run(host, "ip", ["-batch", "-"], lines.join("\n"));
  }

  /** Sets one of a host's settings below /proc/sys. */
  set(host: HostName, name: string, value: number): void {
    this.#run(host, "sh", ["-e"], `echo ${value} > /proc/sys/${name}`);
  }

  /** Gives what a host's link has to send a rate: the rest of a `tc` line for token buckets. */
  limitLink(host: HostName, rate: string): void {
    this.#run(host, "tc", ["-batch", "-"], `qdisc replace dev eth0 root tbf ${rate}`);
  }

  /** Takes that back: what still waited there is lost. */
  freeLink(host: HostName): void {
    this.#run(host, "tc", ["-batch", "-"], "qdisc delete dev eth0 root");
  }

  /** Joins two hosts by one more link, with an interface of that name on each. `ip link del` on either ends both. */
  link(name: string, host: HostName, other: HostName): void {
    const peer = `peer name ${name} netns ${this.#owners.get(other)!.pid}`;
    this.ip(host, `link add name ${name} type veth ${peer}`);
  }

  /** Ends the processes that hold the namespaces; answers how each ended. */
  async end(): Promise<(number | null)[]> {
    const owners = [...this.#owners.values()];
    this.#owners.clear();
    for (const owner of owners) owner.end();
    return await Promise.all(owners.map(async ({ result }) => (await within(result, "a namespace's end")).code));
  }

  /** The processes that hold the namespaces. */
  get pids(): number[] {
    return [...this.#owners.values()].map(({ pid }) => pid!);
  }

  async #build(): Promise<void> {
    await this.#own("router");
    // The others belong to the router's user namespace, so that it may give them their links.
    for (const host of PEERS) await this.#own(host);
    for (const host of this.#owners.keys()) this.#prepare(host);
    const link = (name: string, host: HostName): string =>
      `link add name ${name} type veth peer name eth0 netns ${this.#owners.get(host)!.pid}`;
    this.ip(
      "router",
      "link add name br0 type bridge mcast_snooping 0 forward_delay 0",
      link("a0", "a"),
      link("b0", "b"),
      link("c0", "c"),
      "link set dev a0 master br0",
      "link set dev b0 master br0",
      "link set dev br0 addrgenmode none",
      ...["a0", "b0", "br0"].map((name) => `link set dev ${name} up`),
      ...addresses("br0", ADDRESS.router),
      `link set dev c0 mtu ${SMALL_MTU}`,
      ...addresses("c0", { 4: "10.77.2.1", 6: "fd77:2::1", link: "fe80::1" }),
    );
    for (const host of PEERS) {
      const net = host === "c" ? 2 : 1;
      this.ip(
        host,
        ...(host === "c" ? [`link set dev eth0 mtu ${SMALL_MTU}`] : []),
        ...addresses("eth0", ADDRESS[host]),
        `route add default via 10.77.${net}.1`,
        ...(!hasIPv6 ? [] : [`route add default via fd77:${net}::1`]),
      );
    }
  }

  async #own(host: HostName): Promise<void> {
    const command = inNewNamespace("sh", ["-c", "echo 1; exec cat"], this.#owners.get("router")?.pid);
    const owner = startProcess(...command, { timeout: LIFETIME });
    this.#owners.set(host, owner);
    await within(owner.next(), `the namespace of ${host}`);
  }

  #prepare(host: HostName): void {
    this.ip(host, "link set dev lo up");
    const settings = [
      // An address is usable at once, and no message about errors is withheld for coming too often.
      ["ipv6/conf/default/accept_dad", 0],
      ["ipv6/icmp/ratelimit", 0],
      ["ipv4/icmp_ratelimit", 0],
      ...(host === "router" ? [["ipv4/ip_forward", 1], ["ipv6/conf/all/forwarding", 1]] as const : []),
    ] as const;
    const lines = settings.map(([name, value]) => {
      const file = `/proc/sys/net/${name}`;
      return `if [ -e ${file} ]; then echo ${value} > ${file}; fi`;
    });
    this.#run(host, "sh", ["-e"], lines.join("\n"));
  }

  #run(host: HostName, command: string, args: readonly string[], input: string): void {
    const [program, all] = this.command(host, command, args);
    const { status, stderr } = spawnSync(program, all, { input: `${input}\n`, encoding: "utf8" });
    if (status !== 0) throw new Error(`${command} on ${host} failed:\n${input}\n${stderr}`);
  }
}

function addresses(device: string, own: { readonly 4: string; readonly 6: string; readonly link: string }): string[] {
  return [
    // A link-local address of its own is in the way of one that a test knows.
    ...(!hasIPv6 ? [] : [`link set dev ${device} addrgenmode none`]),
    `address add ${own[4]}/24 broadcast + dev ${device}`,
    `link set dev ${device} up`,
    ...(!hasIPv6 ? [] : [
      `address add ${own[6]}/64 dev ${device} nodad`,
      `address add ${own.link}/64 dev ${device} nodad`,
    ]),
  ];
}
