/** One direction of a link. */
import { getErrno } from "../core/errors.ts";
import { nothingElse } from "../core/nothing_else.ts";
import { PER_MILLISECOND, showTime, toTime } from "./duration.ts";
import { Event } from "./event_queue.ts";
import type { PassingDatagram, ReadFaults } from "./faults.ts";
import type { FaultKind } from "./fault_log.ts";
import type { HostStack } from "./host_stack.ts";
import type { Interface } from "./interfaces.ts";
import { LinkCounts } from "./link_counts.ts";
import type { LossModel } from "./loss.ts";
import { copyOf, fragmentsOf, headersOf, ownDataOf, type Packet } from "./packet.ts";
import { type Random, RandomStreams } from "./random.ts";
import type { Fate } from "./trace_records.ts";

const LATENCY = PER_MILLISECOND;
const QUEUE = 100_000;
const SECOND = 1000 * PER_MILLISECOND;
const NONE: ReadFaults = nothingElse({});

/** A packet that comes to a host. */
class Arrival extends Event {
  protected readonly packet: Packet;
  protected readonly to: HostStack;
  readonly #through: Interface;
  protected readonly hopLimit: number;
  readonly #many: boolean;

  constructor(packet: Packet, to: HostStack, through: Interface, hopLimit: number, many: boolean) {
    super();
    this.packet = packet;
    this.to = to;
    this.#through = through;
    this.hopLimit = hopLimit;
    this.#many = many;
  }

  override happen(): void {
    const { packet } = this;
    if (this.#many) this.to.receiveForMany(packet, this.#through, this.hopLimit, packet.trafficClass);
    else this.to.receive(packet, this.#through, this.hopLimit, packet.trafficClass);
  }

  override describe(): string {
    const { source, sourcePort, destination, port } = this.packet;
    return `a datagram from ${source}:${sourcePort} to ${destination}:${port}, on its way to ${this.to.name}`;
  }
}

/** The same, which the trace sees. */
class TracedArrival extends Arrival {
  readonly #from: HostStack;
  readonly #since: number;
  readonly #mtu: number;

  constructor(
    from: HostStack,
    packet: Packet,
    to: HostStack,
    through: Interface,
    hopLimit: number,
    many: boolean,
    mtu: number,
  ) {
    super(packet, to, through, hopLimit, many);
    this.#from = from;
    this.#since = from.wire.timeline.now;
    this.#mtu = mtu;
  }

  override happen(): void {
    this.to.wire.arrived(this.packet, this.#from, this.to, this.#since, this.hopLimit, this.#mtu);
    super.happen();
  }
}

export class Direction {
  readonly counts: LinkCounts;
  readonly #from: HostStack;
  readonly #to: HostStack;
  readonly #seed: number;
  #faults: ReadFaults = NONE;
  /** Each kind of fault has a stream of its own, so that one more of them changes nothing for the others. */
  #streams: RandomStreams | null = null;
  #loss: LossModel | null = null;
  /** What is held back. */
  #held: (() => void)[] | null = null;
  /** When the link has sent what it has been given: tenths of a microsecond, with their fraction. */
  #busyUntil = 0;
  /** What waits for the link, its bytes, and how many of the list have left it by now. */
  #waiting: { readonly begins: number; readonly size: number }[] | null = null;
  #waitingBytes = 0;
  #begun = 0;

  constructor(from: HostStack, to: HostStack, seed: number, counts: LinkCounts = new LinkCounts()) {
    this.counts = counts;
    this.#from = from;
    this.#to = to;
    this.#seed = seed;
  }

  set faults(faults: ReadFaults) {
    if (faults.loss !== this.#faults.loss) this.#loss = faults.loss?.() ?? null;
    this.#faults = faults;
    if (this.#held !== null && faults.hold !== true) this.#letGo(this.#held);
  }

  /** Has the packet arrive, when and if it does. */
  carry(packet: Packet, through: Interface, many: boolean, longest: number = through.mtu): void {
    const faults = this.#faults;
    const { wire } = this.#from;
    // Held up before it is on the way: it is carried when it is let go.
    if (faults.hold && !faults.cut) return this.#hold(packet, through, many);
    this.counts.carried(packet);
    if (wire.tracing) wire.carried(packet, this.#from, this.#to);
    if (faults.cut === "prohibited" && packet.icmp === null) return this.#prohibit(packet, many);
    if (faults.cut === true) return this.#lose(packet, "cut", "the link is cut");
    const hopLimit = packet.hopLimit - (faults.hops ?? 0);
    if (hopLimit <= 0 && packet.icmp === null) return this.#lose(packet, "lost", "its hop limit ran out");
    const { mtu = longest } = faults;
    if (this.#isTooLong(packet, mtu)) {
      this.#lose(packet, "lost", "it is longer than the link takes");
      return many ? undefined : this.#teller.tellSender(packet, getErrno("EMSGSIZE"), mtu);
    }
    const shortest = Math.min(mtu, packet.mtu);
    const fragments = fragmentsOf(packet, shortest);
    if (this.#loss !== null && this.#strikes("loss", this.#loses(this.#loss, fragments), packet)) {
      return this.#lose(packet, "lost", "the link lost it");
    }
    let passing = fragments > 1 && shortest < packet.mtu ? { ...packet, mtu: shortest } : packet;
    let delay = 0;
    if (faults.rule !== undefined && packet.icmp === null) {
      const answer = faults.rule(this.#show(packet));
      const verdict = this.#strikes("rule", Boolean(answer), packet) ? answer : undefined;
      if (verdict === "drop") return this.#lose(packet, "lost", "a rule dropped it");
      if (verdict?.delay !== undefined) delay = toTime(verdict.delay, "the delay of a rule");
      if (verdict?.data !== undefined) {
        passing = { ...passing, data: copyOf(verdict.data) };
        this.#tell(passing, "changed", "a rule changed it");
      }
      if (delay > 0) this.#tell(packet, "delayed", `a rule held it up for ${showTime(delay)} s`);
    }
    if (faults.corrupt !== undefined) passing = this.#corrupted(passing, faults.corrupt);
    const sent = this.#sendAt(packet, fragments);
    if (sent < 0) return this.#lose(packet, "no room", "the queue of the link is full");
    const at = sent + delay;
    this.#arrive(passing, at, through, hopLimit, many, shortest);
    const { duplicate } = faults;
    if (duplicate === undefined) return;
    if (!this.#strikes("duplicate", this.#stream("duplicate").chance(duplicate), packet)) return;
    this.#arrive({ ...passing, data: copyOf(passing.data) }, at, through, hopLimit, many, shortest);
    this.counts.duplicated++;
    this.#tell(packet, "duplicated");
  }

  /** The link between two hosts stands for the routers on it. */
  get #teller(): HostStack {
    return this.#from.forwards ? this.#from : this.#to;
  }

  /** What Linux makes of it for a socket is another error in each family. */
  #prohibit(packet: Packet, many: boolean): void {
    this.#lose(packet, "cut", "the link is prohibited");
    if (!many) this.#teller.tellSender(packet, getErrno(packet.family === 4 ? "EHOSTUNREACH" : "EACCES"));
  }

  #arrive(packet: Packet, sent: number, through: Interface, hopLimit: number, many: boolean, mtu: number): void {
    const { timeline, tracing } = this.#from.wire;
    const arrival = tracing
      ? new TracedArrival(this.#from, packet, this.#to, through, hopLimit, many, mtu)
      : new Arrival(packet, this.#to, through, hopLimit, many);
    timeline.add(arrival, sent + this.#latency(packet));
  }

  #hold(packet: Packet, through: Interface, many: boolean): void {
    this.#held ??= [];
    this.#held.push(() => this.carry(packet, through, many));
    this.#tell(packet, "held");
  }

  #letGo(held: readonly (() => void)[]): void {
    this.#held = null;
    for (const carry of held) carry();
  }

  #latency(packet: Packet): number {
    const { latency, jitter, reorder } = this.#faults;
    let time = latency === undefined ? LATENCY : latency(this.#stream("latency"), () => this.#show(packet));
    if (latency?.middle !== undefined && !this.#strikes("latency", time !== latency.middle, packet)) {
      time = latency.middle;
    }
    if (jitter !== undefined) {
      const more = this.#stream("jitter").below(2 * jitter + 1) - jitter;
      if (this.#strikes("jitter", more !== 0, packet)) time = Math.max(0, time + more);
    }
    if (reorder === undefined) return time;
    if (!this.#strikes("reorder", this.#stream("reorder").chance(reorder.probability), packet)) return time;
    this.#tell(packet, "delayed", `the link held it up for ${showTime(reorder.by)} s`);
    return time + reorder.by;
  }

  /** Routers cut what may be cut; IPv6 has them cut nothing. */
  #isTooLong(packet: Packet, mtu: number): boolean {
    const { family, data, dontFragment } = packet;
    const longest = Math.min(data.length + headersOf(family), packet.mtu);
    return longest > mtu && (dontFragment || family === 6) && packet.icmp === null;
  }

  /** A datagram is lost with any of its fragments. */
  #loses(loss: LossModel, fragments: number): boolean {
    const random = this.#stream("loss");
    let isLost = false;
    for (let i = 0; i < fragments; i++) isLost = loss(random) || isLost;
    return isLost;
  }

  #corrupted(packet: Packet, probability: number): Packet {
    const random = this.#stream("corrupt");
    if (!random.chance(probability) || packet.data.length === 0 || packet.icmp !== null) return packet;
    const data = copyOf(packet.data);
    const bit = random.below(8 * data.length);
    if (!this.#strikes("corrupt", true, packet)) return packet;
    data[bit >> 3] ^= 1 << (bit & 7);
    const corrupted = { ...packet, data };
    this.counts.corrupted++;
    this.#tell(corrupted, "corrupted", `bit ${bit} is changed`);
    return corrupted;
  }

  /** When it has left, or -1 if there is no room for it. */
  #sendAt({ family, data, icmp }: Packet, fragments: number): number {
    const { now } = this.#from.wire.timeline;
    const { bandwidth, queue = QUEUE } = this.#faults;
    if (bandwidth === undefined) return now;
    const perByte = 8 * SECOND / bandwidth;
    const size = (icmp === null ? data.length : 0) + fragments * headersOf(family);
    const begins = Math.max(now, this.#busyUntil);
    if (begins > now && !this.#queue(begins, size, now, queue)) return -1;
    this.#busyUntil = begins + size * perByte;
    return Math.ceil(this.#busyUntil);
  }

  /** Has it wait; false if there is no room. What is on the link does not wait any more. */
  #queue(begins: number, size: number, now: number, most: number): boolean {
    const waiting = this.#waiting ??= [];
    while (this.#begun < waiting.length && waiting[this.#begun].begins <= now) {
      this.#waitingBytes -= waiting[this.#begun++].size;
    }
    if (this.#begun > waiting.length / 2) {
      waiting.splice(0, this.#begun);
      this.#begun = 0;
    }
    if (this.#waitingBytes + size > most) return false;
    this.#waitingBytes += size;
    waiting.push({ begins, size });
    return true;
  }

  #lose(packet: Packet, fate: "cut" | "lost" | "no room", reason: string): void {
    if (packet.icmp === null) this.counts[fate]++;
    this.#tell(packet, fate, reason);
  }

  #tell(packet: Packet, fate: Fate, reason?: string): void {
    const { wire } = this.#from;
    if (wire.tracing) wire.tell(packet, this.#from, fate, reason, this.#to);
  }

  /** Whether a fault that was drawn comes true. */
  #strikes(kind: FaultKind, drawn: boolean, packet: Packet): boolean {
    const { faultLog, timeline } = this.#from.wire;
    if (faultLog === null) return drawn;
    return faultLog.decide(kind, drawn, this.#from.name, this.#to.name, timeline.now, packet);
  }

  #show(packet: Packet): PassingDatagram {
    const { source, sourcePort, destination, port } = packet;
    return {
      from: this.#from.name,
      to: this.#to.name,
      source: { address: source, port: sourcePort },
      destination: { address: destination, port },
      data: ownDataOf(packet),
      time: this.#from.wire.timeline.now / PER_MILLISECOND,
    };
  }

  #stream(purpose: string): Random {
    this.#streams ??= new RandomStreams(this.#seed, `${this.#from.name} to ${this.#to.name}`);
    return this.#streams.of(purpose);
  }
}
