/** What goes wrong on a host, while it does. */
import { getErrno } from "../core/errors.ts";
import { Event } from "./event_queue.ts";
import type { ReadFailure, ReadHostFaults } from "./host_faults.ts";
import type { LossModel } from "./loss.ts";
import { RandomStreams } from "./random.ts";
import type { Timeline } from "./timeline.ts";

type Kind = "send" | "bind" | "lookup";
type Answer = (error: Error | null, address: string) => void;

interface Layer {
  readonly faults: ReadHostFaults;
  readonly models: { readonly [kind in Kind]?: LossModel };
}

/** Happens once, and calls the program. */
class Later extends Event {
  override readonly tells = true;
  readonly #what: string;
  readonly #callback: () => void;

  constructor(what: string, callback: () => void) {
    super();
    this.#what = what;
    this.#callback = callback;
  }

  override happen(): void {
    this.#callback();
  }

  override describe(): string {
    return this.#what;
  }
}

/** Of a host of which somebody has asked for it. */
export class HostFailures {
  readonly #name: string;
  readonly #timeline: Timeline;
  readonly #layers: Layer[] = [];
  readonly #streams: RandomStreams;

  constructor(name: string, seed: number, timeline: Timeline) {
    this.#name = name;
    this.#timeline = timeline;
    this.#streams = new RandomStreams(seed, `${name} fails`);
  }

  /** Until the answer is called. What is said later comes first. */
  add(faults: ReadHostFaults): () => void {
    const { send, bind, lookup } = faults;
    const models = { send: send?.model(), bind: bind?.model(), lookup: lookup?.model() };
    const layer = { faults, models } as Layer;
    this.#layers.unshift(layer);
    return () => {
      const place = this.#layers.indexOf(layer);
      if (place >= 0) this.#layers.splice(place, 1);
    };
  }

  /** 1 if a datagram may leave, 0 if there is no room until `drained` is called, or an errno. */
  send(drained: () => void): number {
    const failure = this.#find("send");
    if (failure === undefined) return 1;
    if (failure.code !== "EAGAIN" && failure.code !== "ENOBUFS") return getErrno(failure.code);
    this.#after(failure.time, `a socket of ${this.#name} that waits for room to send`, drained);
    return 0;
  }

  /** 0 if a socket may be bound, or an errno. */
  bind(): number {
    const failure = this.#find("bind");
    return failure === undefined ? 0 : getErrno(failure.code);
  }

  /** True if the look-up fails, or is answered later. */
  lookUp(hostname: string, family: number, answer: Answer, ask: LookUp): boolean {
    const failure = this.#find("lookup", hostname);
    if (failure === undefined) return false;
    const { code, time } = failure;
    if (code === "hang") return true;
    const what = `a look-up of ${hostname} on ${this.#name}`;
    if (code === "") this.#after(time, what, () => ask(hostname, family, answer));
    else this.#after(time, what, () => answer(Object.assign(new Error(code), { code }), ""));
    return true;
  }

  #find(kind: Kind, hostname?: string): ReadFailure | undefined {
    const layer = this.#layers.find(({ faults, models }) => {
      const { names } = faults[kind] ?? {};
      if (hostname !== undefined && names !== undefined && !names.includes(hostname)) return false;
      return models[kind]?.(this.#streams.of(kind)) === true;
    });
    return layer?.faults[kind];
  }

  #after(time: number, what: string, callback: () => void): void {
    this.#timeline.add(new Later(what, callback), this.#timeline.now + time);
  }
}

type LookUp = (hostname: string, family: number, answer: Answer) => void;
