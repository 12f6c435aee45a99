import type { Backend } from "../core/backend.ts";
import { nothingElse } from "../core/nothing_else.ts";
import { validateFunction, validateObject } from "../core/validate.ts";
import { runOn } from "./context.ts";
import { forge, type ForgedDatagram } from "./forge.ts";
import { hostBackend } from "./host_backend.ts";
import { dgramOver } from "./host_dgram.ts";
import type { HostStack } from "./host_stack.ts";
import type { HostSystem } from "./installed_system.ts";
import { PER_MILLISECOND } from "./duration.ts";
import type { Names } from "./names.ts";
import type { NatStack } from "./nat.ts";
import type { NatMapping, NetworkNat } from "./router_types.ts";
import type { HostDgram, NetworkHost, NewAddresses } from "./host_types.ts";
import { type Change, changeOf } from "./change.ts";
import { VirtualClock } from "./clock.ts";
import type { NetworkClock } from "./clock_types.ts";
import { HostFailures } from "./host_failures.ts";
import { type HostFaults, readHostFaults } from "./host_faults.ts";
import { Skew } from "./skew.ts";

/** What a host needs of its network. */
export interface HostContext {
  readonly names: Names;
  readonly runtime: string;
  readonly seed: number;
  /** Gives a host that is down other addresses. */
  renew(stack: HostStack, options: NewAddresses): void;
}

/** What host() gives. */
export class MemoryHost implements NetworkHost {
  readonly name: string;
  readonly backend: Backend;
  #clock: NetworkClock | undefined;
  readonly #stack: HostStack;
  readonly #context: HostContext;
  readonly #skew: Skew;
  #dgram: HostDgram | undefined;

  constructor(stack: HostStack, context: HostContext) {
    const { timeline } = stack.wire;
    this.#stack = stack;
    this.#context = context;
    this.#skew = new Skew(timeline);
    this.name = stack.name;
    this.backend = hostBackend(stack, context.names, context.runtime, this.#skew);
  }

  // Made when they are asked for: there may be very many hosts.

  get clock(): NetworkClock {
    return this.#clock ??= new VirtualClock(this.#stack.wire.timeline, this.#skew);
  }

  get dgram(): HostDgram {
    return this.#dgram ??= dgramOver(this.backend);
  }

  get addresses(): readonly string[] {
    return this.#stack.interfaces.addresses;
  }

  get running(): boolean {
    return this.#stack.running;
  }

  /** What its programs find in the place of the machine. */
  get system(): HostSystem {
    const { lookup } = this.backend;
    return {
      name: this.name,
      interfaces: this.#stack.interfaces.all,
      lookUp: (hostname, answer) =>
        lookup!(hostname, 0, (error) => answer(error, error ? [] : this.#context.names.addressesOf(hostname))),
    };
  }

  run<Result>(program: () => Result): Result {
    validateFunction(program, "program");
    return runOn(this.backend, program);
  }

  stop(): void {
    this.#stack.stop(true);
  }

  crash(): void {
    this.#stack.stop(false);
  }

  start(options: NewAddresses = nothingElse({})): void {
    validateObject(options, "options");
    if (Object.values(options).some((value) => value !== undefined)) this.#context.renew(this.#stack, options);
    this.#stack.running = true;
  }

  forge(datagram: ForgedDatagram): void {
    forge(this.#stack, datagram);
  }

  fail(faults: HostFaults): Change {
    const read = readHostFaults(faults);
    const { name, wire: { timeline } } = this.#stack;
    this.#stack.failures ??= new HostFailures(name, this.#context.seed, timeline);
    const undo = [this.#stack.failures.add(read)];
    if (read.clock !== undefined) undo.push(this.#skew.add(read.clock));
    return changeOf(...undo);
  }
}

/** What nat() gives. */
export class MemoryNat extends MemoryHost implements NetworkNat {
  readonly #stack: NatStack;

  constructor(stack: NatStack, context: HostContext) {
    super(stack, context);
    this.#stack = stack;
  }

  get mappings(): NatMapping[] {
    const { table, wire: { timeline } } = this.#stack;
    return table.mappings(timeline.now).map((mapping) => ({
      inside: { ...mapping.inside },
      outside: { ...mapping.outside },
      expires: mapping.expires / PER_MILLISECOND,
    }));
  }
}
