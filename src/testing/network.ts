import { validateObject, validateString } from "../core/validate.ts";
import { VirtualClock } from "./clock.ts";
import { type Duration, toTime } from "./duration.ts";
import { addressInUse, nameInUse, networkClosed, noSuchHost, stuck } from "./errors.ts";
import type { FaultLog } from "./fault_log.ts";
import { type Faults, type ReadFaults, readFaults } from "./faults.ts";
import { type HostOptions, readHost } from "./host_options.ts";
import { HostStack, type Wire } from "./host_stack.ts";
import type { Interface } from "./interfaces.ts";
import { readAddress } from "./ip_address.ts";
import { isPlain, Links } from "./links.ts";
import { Names } from "./names.ts";
import type { NamedHost } from "./look_types.ts";
import { MemoryHost } from "./network_host.ts";
import { type LookedAt, Looks } from "./network_looks.ts";
import type { Packet } from "./packet.ts";
import { Random } from "./random.ts";
import { checkKnown, toInteger } from "./read_options.ts";
import { chosenSeed, sayReplay } from "./seed.ts";
import { Stillness } from "./stillness.ts";
import { Timeline } from "./timeline.ts";
import { Trace } from "./trace.ts";
import type { Change, HostOrName, Network, NetworkClock, NetworkHost, NetworkOptions } from "./types.ts";

const DEFAULT_LIMIT = "1h";

/** What createNetwork() gives. */
export class MemoryNetwork extends Looks implements Network {
  readonly clock: NetworkClock;
  readonly seed: number;
  readonly #timeline = new Timeline();
  readonly #stacks: Map<string, HostStack> = new Map();
  readonly #hosts: Map<string, MemoryHost> = new Map();
  readonly #owners: Map<string, { readonly stack: HostStack; readonly through: Interface }> = new Map();
  readonly #names: Names = new Names(this.#stacks);
  readonly #links: Links;
  readonly #trace: Trace | null;
  readonly #wire: Wire;
  readonly #runtime: string;
  readonly #faultLog: FaultLog | null;
  /** The test does not say the seed, so a failure does. */
  readonly #replays: boolean;
  #version = 0;
  #packets = 0;
  #made = 0;
  #closed = false;

  constructor(options: NetworkOptions, runtime: string, faultLog: FaultLog | null = null) {
    super();
    this.#runtime = runtime;
    this.#faultLog = faultLog;
    validateObject(options, "options");
    checkKnown(options, ["seed", "link", "trace"], "options");
    const { seed = chosenSeed(), link = {}, trace = false } = options;
    this.#replays = options.seed === undefined;
    this.seed = toInteger(seed, "options.seed", 0, 0xffff_ffff);
    this.#links = new Links(seed, readFaults(link, "options.link"), isPlain(link));
    this.#trace = trace ? new Trace() : null;
    this.clock = new VirtualClock(this.#timeline);
    this.#wire = this.#makeWire();
  }

  get hosts(): NetworkHost[] {
    return [...this.#hosts.values()];
  }

  host(options: HostOptions = {}): NetworkHost {
    this.#checkOpen();
    const { name, interfaces, maxSockets } = readHost(options, {
      name: () => `host${this.#made + 1}`,
      addresses: () => this.#freeAddresses(),
    });
    if (this.#hosts.has(name)) throw nameInUse(name);
    const own = interfaces.flatMap(({ addresses }) => addresses.map(({ text }) => text));
    for (const text of own) {
      const owner = own.indexOf(text) === own.lastIndexOf(text) ? this.#owners.get(text)?.stack.name : name;
      if (owner !== undefined) throw addressInUse(text, owner);
    }
    const stack = new HostStack(name, interfaces, this.#wire, new Random(this.seed, `${name}: ports`));
    stack.mostSockets = maxSockets;
    for (const through of interfaces) {
      for (const { text } of through.addresses) this.#owners.set(text, { stack, through });
    }
    const host = new MemoryHost(stack, this.#names, this.#runtime);
    this.#made++;
    this.#version++;
    this.#stacks.set(name, stack);
    this.#hosts.set(name, host);
    return host;
  }

  remove(host: HostOrName): void {
    const stack = this.#stackOf(host);
    stack.stop(true);
    this.#links.remove(stack);
    this.#stacks.delete(stack.name);
    this.#hosts.delete(stack.name);
    for (const [text, { stack: owner }] of this.#owners) if (owner === stack) this.#owners.delete(text);
    this.#version++;
  }

  link(a: HostOrName, b: HostOrName, there: Faults, back: Faults = there): Change {
    const [from, to] = [this.#stackOf(a), this.#stackOf(b)];
    const undo = [
      this.#links.add(from, to, readFaults(there, "there")),
      this.#links.add(to, from, readFaults(back, "back")),
    ];
    return changeOf(undo);
  }

  partition(some: readonly HostOrName[], others: readonly HostOrName[], oneWay = false): Change {
    const cut: ReadFaults = { cut: true };
    const [left, right] = [some, others].map((list) => list.map((host) => this.#stackOf(host)));
    const undo = left.flatMap((from) =>
      right.filter((to) => to !== from).flatMap((to) => [
        this.#links.add(from, to, cut),
        ...oneWay ? [] : [this.#links.add(to, from, cut)],
      ])
    );
    return changeOf(undo);
  }

  name(name: string, addresses: readonly string[]): void {
    validateString(name, "name");
    this.#names.set(name, addresses);
  }

  run(options: { readonly for: Duration }): Promise<void>;
  run<Result>(options: { readonly until: PromiseLike<Result> }): Promise<Awaited<Result>>;
  async run(options: { readonly for?: Duration; readonly until?: PromiseLike<unknown> }): Promise<unknown> {
    validateObject(options, "options");
    checkKnown(options, ["for", "until"], "options");
    const { until } = options;
    if (until === undefined) {
      await this.#timeline.run({ until: this.#timeline.now + toTime(options.for, "options.for") });
      return undefined;
    }
    let isSettled = false;
    const look = (): void => {
      isSettled = true;
      this.#timeline.look();
    };
    until.then(look, look);
    await this.#timeline.run({ settled: () => isSettled });
    return await this.#sayReplay(until);
  }

  idle({ within = DEFAULT_LIMIT }: { readonly within?: Duration | undefined } = {}): Promise<void> {
    const limit = this.#timeline.now + toTime(within, "options.within");
    return this.#sayReplay(this.#timeline.run({ idle: true, limit }));
  }

  step(): Promise<void> {
    return this.#sayReplay(this.#timeline.run({ step: true }));
  }

  /** Calls back with what the program throws, and when a run can't end any more; until what it answers is called. */
  watch(fail: (error: unknown) => void, patience: number): () => void {
    this.#timeline.onThrown = fail;
    const stillness = new Stillness(this.#timeline, patience, () => fail(stuck(this.netstat())));
    return () => stillness.stop();
  }

  async #sayReplay<Result>(promise: PromiseLike<Result>): Promise<Awaited<Result>> {
    try {
      return await promise;
    } catch (error) {
      if (this.#replays) sayReplay(error, this.seed);
      throw error;
    }
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      for (const stack of this.#stacks.values()) stack.stop(true);
      this.#timeline.close();
    }
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  protected get lookedAt(): LookedAt {
    return {
      trace: this.#trace,
      timeline: this.#timeline,
      links: this.#links,
      seed: this.seed,
      stacks: this.#stacks,
      names: this.#names.added,
      stackOf: (host) => this.#knownStack(host),
    };
  }

  #makeWire(): Wire {
    const network = (): number => this.#version;
    return {
      timeline: this.#timeline,
      get version() {
        return network();
      },
      tracing: this.#trace !== null,
      nextId: () => ++this.#packets,
      carry: (packet, from, through, kind) => {
        if (kind === "unicast") this.#carry(packet, from);
        else this.#carryToMany(packet, from, through);
      },
      tell: (packet, host, fate, reason, to) => {
        this.#trace?.add(this.#timeline.now, packet, host.name, fate, reason, to?.name);
      },
      pass: (packet, from, to, { arrived, since, hopLimit, mtu }) => {
        const { name: host } = arrived ? to : from;
        const { name: other } = arrived ? from : to;
        const what = arrived ? "arrived" : "carried";
        this.#trace?.pass(what, { time: this.#timeline.now, packet, host, other, since, hopLimit, mtu });
      },
      faultLog: this.#faultLog,
    };
  }

  #carry(packet: Packet, from: HostStack): void {
    const owner = this.#owners.get(packet.destination);
    if (owner === undefined) return this.#wire.tell(packet, from, "lost", "no host has the address");
    this.#links.direction(from, owner.stack).carry(packet, owner.through, false);
  }

  #carryToMany(packet: Packet, from: HostStack, _through: Interface): void {
    for (const stack of this.#stacks.values()) {
      if (stack === from) continue;
      for (const through of stack.interfaces.all) {
        if (through.isLoopback || through.source(packet.family) === undefined) continue;
        this.#links.direction(from, stack).carry(packet, through, true);
      }
    }
  }

  #freeAddresses(): string[] {
    for (let number = this.#made + 1;; number++) {
      const four = `10.${number >> 16 & 255}.${number >> 8 & 255}.${number & 255}`;
      const six = readAddress(`fd00::${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`)!.text;
      if ((number & 255) !== 0 && (number & 255) !== 255 && !this.#owners.has(four) && !this.#owners.has(six)) {
        return [four, six];
      }
    }
  }

  #stackOf(host: HostOrName): HostStack {
    this.#checkOpen();
    return this.#knownStack(host);
  }

  #knownStack(host: NamedHost): HostStack {
    const name = typeof host === "string" ? host : host?.name;
    const stack = this.#stacks.get(name);
    if (stack === undefined || (typeof host !== "string" && this.#hosts.get(name) !== host)) {
      throw noSuchHost(String(name));
    }
    return stack;
  }

  #checkOpen(): void {
    if (this.#closed) throw networkClosed();
  }
}

function changeOf(undo: readonly (() => void)[]): Change {
  const undoAll = (): void => undo.forEach((each) => each());
  return { undo: undoAll, [Symbol.dispose ?? Symbol.for("nodejs.dispose")]: undoAll } as Change;
}
