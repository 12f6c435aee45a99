import { showTime } from "./show_time.ts";
import type { Packet } from "./packet.ts";
import { showEnd } from "./trace.ts";

/** What a link may draw for a packet. */
export type FaultKind = "loss" | "duplicate" | "corrupt" | "reorder" | "latency" | "jitter" | "rule";

/** A fault that came true. */
export interface NetworkFault {
  /** Which of the link's faults it is. */
  readonly kind: FaultKind;
  /** The link, from one host to the other. */
  readonly from: string;
  /** Where it goes to. */
  readonly to: string;
  /** Which draw of that kind on that link it was, the first being 1. */
  readonly number: number;
  /** It as text, with the datagram that it befell. */
  readonly description: string;
}

const WORDS: Readonly<Record<FaultKind, string>> = {
  loss: "was lost",
  duplicate: "came twice",
  corrupt: "came with a changed bit",
  reorder: "was held up",
  latency: "took its time",
  jitter: "jittered",
  rule: "met a rule",
};

/** The name of a draw: the same one draws the same again, whatever becomes of others. */
export function keyOf({ kind, from, to, number }: Omit<NetworkFault, "description">): string {
  return JSON.stringify([kind, from, to, number]);
}

/** Counts what is drawn, and says which of the faults come true. */
export class FaultLog {
  /** Those that came true. */
  readonly struck: NetworkFault[] = [];
  readonly #allowed: ReadonlySet<string> | null;
  readonly #drawn: Map<string, number> = new Map();

  /** @param allowed the only ones that may; null for all */
  constructor(allowed: ReadonlySet<string> | null) {
    this.#allowed = allowed;
  }

  decide(kind: FaultKind, drawn: boolean, from: string, to: string, time: number, packet: Packet): boolean {
    const stream = keyOf({ kind, from, to, number: 0 });
    const number = (this.#drawn.get(stream) ?? 0) + 1;
    this.#drawn.set(stream, number);
    if (!drawn) return false;
    const fault = { kind, from, to, number };
    if (this.#allowed?.has(keyOf(fault)) === false) return false;
    const { id, source, sourcePort, destination, port, data, icmp } = packet;
    const what = icmp === null ? "" : "an error about ";
    const ends = `${showEnd({ address: source, port: sourcePort })} > ${showEnd({ address: destination, port })}`;
    const description = `${what}#${id} ${ends}, ${data.length} bytes, ${WORDS[kind]} from ${from} to ${to} at ${
      showTime(time)
    }`;
    this.struck.push({ ...fault, description });
    return true;
  }
}
