import { invalidArgValue } from "../core/errors.ts";
import type { Backend } from "../core/backend.ts";
import { nothingElse } from "../core/nothing_else.ts";
import { backendHere } from "../core/runtime_backend.ts";
import { validateObject, validateString } from "../core/validate.ts";
import { hostRunning, nameInUse, networkClosed, noRouter, noSuchHost, notLinked } from "./errors.ts";
import type { FaultLog } from "./fault_log.ts";
import { type Faults, type ReadFaults, readFaults } from "./faults.ts";
import { FreeAddresses } from "./free_addresses.ts";
import { GatewayStack, type Segment } from "./gateway.ts";
import { type HostOptions, readHost } from "./host_options.ts";
import { HostStack } from "./host_stack.ts";
import { installNetwork } from "./installed_network.ts";
import { isPlain, Links } from "./links.ts";
import { Names } from "./names.ts";
import type { NamedHost } from "./look_types.ts";
import { NatStack } from "./nat.ts";
import { type HostContext, MemoryHost, MemoryNat } from "./network_host.ts";
import type { LookedAt } from "./network_looks.ts";
import { type Played, Plays } from "./network_plays.ts";
import { NetworkWire } from "./network_wire.ts";
import { partition } from "./partition.ts";
import { Random } from "./random.ts";
import { checkKnown, toInteger, toList, toText } from "./read_options.ts";
import { readNat, readRouter, type RouterDefaults } from "./router_options.ts";
import type { NatOptions, NetworkNat, RouterOptions } from "./router_types.ts";
import { chosenSeed } from "./seed.ts";
import { watch } from "./strict.ts";
import { Timeline } from "./timeline.ts";
import { Topology } from "./topology.ts";
import { Trace } from "./trace.ts";
import type { HostOrName, NetworkHost, NewAddresses } from "./host_types.ts";
import type { Network, NetworkOptions } from "./types.ts";
import { type Change, changeOf } from "./change.ts";
import type { InstallOptions, NetworkTime } from "./clock_types.ts";
import { NetworkVirtualClock } from "./network_clock.ts";
import { type RecordedDatagram, replay } from "./replay.ts";

/** What createNetwork() gives. */
export class MemoryNetwork extends Plays implements Network {
  readonly clock: NetworkTime;
  readonly seed: number;
  readonly #timeline = new Timeline();
  readonly #stacks: Map<string, HostStack> = new Map();
  readonly #hosts: Map<string, MemoryHost> = new Map();
  readonly #names: Names = new Names(this.#stacks);
  readonly #links: Links;
  readonly #topology: Topology;
  readonly #free: FreeAddresses;
  readonly #trace: Trace | null;
  readonly #wire: NetworkWire;
  readonly #replays: boolean;
  readonly #context: HostContext;
  /** Hosts by their backends, of those that were asked for. */
  readonly #found: WeakMap<Backend, MemoryHost> = new WeakMap();
  #made = 0;
  #closed = false;

  constructor(options: NetworkOptions, runtime: string, faultLog: FaultLog | null = null) {
    super();
    validateObject(options, "options");
    checkKnown(options, ["seed", "link", "trace", "strict"], "options");
    const { seed = chosenSeed(), link = {}, trace = false, strict = false } = options;
    this.#replays = options.seed === undefined;
    this.seed = toInteger(seed, "options.seed", 0, 0xffff_ffff);
    this.#links = new Links(seed, readFaults(link, "options.link"), isPlain(link));
    this.#topology = new Topology(this.#stacks, this.#links);
    this.#free = new FreeAddresses(this.#topology.top.owners);
    this.#trace = trace ? new Trace() : null;
    this.#timeline.remembersSites = trace;
    this.#timeline.hostOf = (backend) => this.#hostOf(backend)?.name;
    this.clock = new NetworkVirtualClock(this.#timeline);
    this.#wire = new NetworkWire(this.#timeline, this.#links, this.#topology, this.#trace, faultLog);
    this.#timeline.untilTheEnd({ undo: watch(strict, this.#timeline.hostOf) });
    this.#context = {
      names: this.#names,
      runtime,
      seed,
      renew: (stack, options) => this.#renew(stack, options),
    };
  }

  get hosts(): NetworkHost[] {
    return [...this.#hosts.values()];
  }

  host(options: HostOptions = nothingElse({})): NetworkHost {
    const segment = this.#segmentBehind(options);
    const { name, interfaces, maxSockets } = readHost(options, {
      name: () => this.#nextName(),
      addresses: () => this.#addressesIn(segment),
    });
    const stack = new HostStack(name, interfaces, this.#wire, this.#randomOf(name));
    stack.mostSockets = maxSockets;
    return this.#add(stack, segment, MemoryHost);
  }

  router(options: RouterOptions = nothingElse({})): NetworkHost {
    const segment = this.#segmentBehind(options);
    const { name, interfaces } = readRouter(options, this.#defaults(segment, `172.16.${this.#made & 255}`));
    const stack = new GatewayStack(name, interfaces, this.#wire, this.#randomOf(name), segment.owners);
    return this.#add(stack, segment, MemoryHost);
  }

  nat(options: NatOptions = nothingElse({})): NetworkNat {
    const segment = this.#segmentBehind(options);
    // Not that of a NAT that it is behind.
    const inside = `192.168.${1 + this.#topology.depthOf(segment)}`;
    const { name, interfaces, behaviour } = readNat(options, this.#defaults(segment, inside));
    const stack = new NatStack(name, interfaces, this.#wire, this.#randomOf(name)(), behaviour);
    return this.#add(stack, segment, MemoryNat);
  }

  remove(host: HostOrName): void {
    const stack = this.#stackOf(host);
    stack.stop(true);
    this.#links.remove(stack);
    this.#free.lookAgain();
    this.#stacks.delete(stack.name);
    this.#hosts.delete(stack.name);
    this.#topology.remove(stack);
    this.#wire.version++;
  }

  link(a: HostOrName, b: HostOrName, there: Faults, back: Faults = there): Change {
    const [from, to] = [this.#stackOf(a), this.#stackOf(b)];
    const between = this.#topology.path(from, to).slice(1, -1);
    if (between.length > 0) throw notLinked(from.name, to.name, between.map(({ name }) => name));
    // Nothing is done where one of them is refused.
    const faults = [readFaults(there, "there"), readFaults(back, "back")] as const;
    return changeOf(this.#links.add(from, to, faults[0]), this.#links.add(to, from, faults[1]));
  }

  partition(some: readonly HostOrName[], others: readonly HostOrName[], oneWay = false): Change {
    return this.#between(some, others, oneWay, { cut: true });
  }

  hold(some: readonly HostOrName[], others: readonly HostOrName[], oneWay = false): Change {
    return this.#between(some, others, oneWay, { hold: true });
  }

  replay(datagrams: readonly RecordedDatagram[], from?: HostOrName): Change {
    this.#checkOpen();
    const stack = from === undefined ? undefined : this.#stackOf(from);
    return changeOf(replay(datagrams, (address) => stack ?? this.#topology.top.owners.get(address)?.stack));
  }

  name(name: string, addresses: readonly string[]): void {
    validateString(name, "name");
    this.#names.set(name, toList(addresses, "addresses").map((address) => toText(address, "addresses")));
  }

  install(options: InstallOptions = nothingElse({})): Change {
    this.#checkOpen();
    const host = (): MemoryHost | undefined => {
      const backend = backendHere();
      return backend && this.#hostOf(backend);
    };
    return this.#timeline.untilTheEnd(installNetwork(this.clock, this.seed, host, options));
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

  protected get played(): Played {
    return { timeline: this.#timeline, seed: this.seed, replays: this.#replays };
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

  #between(some: readonly HostOrName[], others: readonly HostOrName[], oneWay: boolean, faults: ReadFaults): Change {
    const [left, right] = [toList(some, "some"), toList(others, "others")].map((list) =>
      list.map((host) => this.#stackOf(host))
    );
    return partition(this.#topology, this.#links, { left, right, oneWay }, faults);
  }

  #renew(stack: HostStack, options: NewAddresses): void {
    this.#stackOf(stack.name);
    if (stack.running) throw hostRunning(stack.name);
    if (stack instanceof GatewayStack) {
      throw invalidArgValue("options", "are not for a router, which keeps its addresses", options);
    }
    const segment = this.#topology.segmentOf(stack);
    const { interfaces } = readHost(options, {
      name: () => stack.name,
      addresses: () => this.#addressesIn(segment),
    });
    this.#topology.renew(stack, segment, interfaces);
    this.#wire.version++;
  }

  #add<Host extends MemoryHost>(
    stack: HostStack,
    segment: Segment,
    kind: new (stack: never, context: HostContext) => Host,
  ): Host {
    const { name } = stack;
    if (this.#hosts.has(name)) throw nameInUse(name);
    this.#topology.checkFree(stack, segment);
    const host = new kind(stack as never, this.#context);
    this.#made++;
    this.#wire.version++;
    this.#stacks.set(name, stack);
    this.#hosts.set(name, host);
    this.#topology.add(stack, segment);
    return host;
  }

  #segmentBehind(options: { readonly behind?: HostOrName | undefined }): Segment {
    this.#checkOpen();
    validateObject(options, "options");
    const { behind } = options;
    if (behind === undefined) return this.#topology.top;
    const stack = this.#stackOf(behind);
    if (!(stack instanceof GatewayStack)) throw noRouter(stack.name);
    return stack.inner;
  }

  #defaults(segment: Segment, inside: string): RouterDefaults {
    return {
      name: () => this.#nextName(),
      outside: () => this.#addressesIn(segment),
      inside: () => [`${inside}.1/24`],
    };
  }

  #nextName(): string {
    return `host${this.#made + 1}`;
  }

  #randomOf(name: string): () => Random {
    return () => new Random(this.seed, `${name}: ports`);
  }

  #addressesIn(segment: Segment): string[] {
    return segment === this.#topology.top ? this.#free.next(this.#made) : segment.freeAddresses();
  }

  #stackOf(host: HostOrName): HostStack {
    this.#checkOpen();
    return this.#knownStack(host);
  }

  #hostOf(backend: Backend): MemoryHost | undefined {
    const known = this.#found.get(backend);
    if (known !== undefined) return known;
    const host = [...this.#hosts.values()].find((host) => host.backend === backend);
    if (host !== undefined) this.#found.set(backend, host);
    return host;
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
