import { validateObject, validateString } from "../core/validate.ts";
import { VirtualClock } from "./clock.ts";
import { type Duration, toTime } from "./duration.ts";
import { addressInUse, nameInUse, networkClosed, noSuchHost } from "./errors.ts";
import { type Faults, type ReadFaults, readFaults } from "./faults.ts";
import { type HostOptions, readHost } from "./host_options.ts";
import { HostStack, type Wire } from "./host_stack.ts";
import type { Interface } from "./interfaces.ts";
import { readAddress } from "./ip_address.ts";
import { isPlain, Links } from "./links.ts";
import { Names } from "./names.ts";
import { MemoryHost } from "./network_host.ts";
import type { Packet } from "./packet.ts";
import { Random } from "./random.ts";
import { checkKnown, toInteger } from "./read_options.ts";
import { Timeline } from "./timeline.ts";
import { Trace, type TraceEntry } from "./trace.ts";
import type { Change, HostOrName, Network, NetworkClock, NetworkHost, NetworkOptions } from "./types.ts";

const DEFAULT_LIMIT = "1h";

/** What createNetwork() gives. */
export class MemoryNetwork implements Network {
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
  #version = 0;
  #packets = 0;
  #made = 0;
  /** The addresses up to this number are known to be taken. */
  #taken = 0;
  #closed = false;

  constructor(options: NetworkOptions, runtime: string) {
    this.#runtime = runtime;
    validateObject(options, "options");
    checkKnown(options, ["seed", "link", "trace"], "options");
    const { seed = 1, link = {}, trace = false } = options;
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
    this.#taken = 0;
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
    return await until;
  }

  idle({ within = DEFAULT_LIMIT }: { readonly within?: Duration | undefined } = {}): Promise<void> {
    return this.#timeline.run({ idle: true, limit: this.#timeline.now + toTime(within, "options.within") });
  }

  step(): Promise<void> {
    return this.#timeline.run({ step: true });
  }

  get trace(): readonly TraceEntry[] {
    return this.#trace?.entries ?? [];
  }

  traceText(): string {
    return this.#trace?.text() ?? "";
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
      tell: (packet, host, fate, reason) => this.#trace?.add(this.#timeline.now, packet, host.name, fate, reason),
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
    for (let number = Math.max(this.#made, this.#taken) + 1;; number++) {
      this.#taken = number - 1;
      const four = `10.${number >> 16 & 255}.${number >> 8 & 255}.${number & 255}`;
      const six = readAddress(`fd00::${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`)!.text;
      if ((number & 255) !== 0 && (number & 255) !== 255 && !this.#owners.has(four) && !this.#owners.has(six)) {
        return [four, six];
      }
    }
  }

  #stackOf(host: HostOrName): HostStack {
    this.#checkOpen();
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
