/** Sends what was recorded once more. */
import { invalidArgType } from "../core/errors.ts";
import { isObject } from "../core/validate.ts";
import { toTime } from "./duration.ts";
import { noSuchHost } from "./errors.ts";
import { Event } from "./event_queue.ts";
import type { HostStack } from "./host_stack.ts";
import { readAddress } from "./ip_address.ts";
import type { End } from "./nat_table.ts";
import { type Packet, unsentPacket } from "./packet.ts";
import { toInteger } from "./read_options.ts";

/** A datagram that was recorded: what {@linkcode Network.trace} has, or somebody else. */
export interface RecordedDatagram {
  /** When: milliseconds since a moment of its own. */
  readonly time: number;
  /** Where it was sent from. */
  readonly source: End;
  /** Where it was sent to. */
  readonly destination: End;
  /** Its bytes. */
  readonly data: Uint8Array;
  /** Of an entry of a trace: only those that were `"sent"` are sent again. */
  readonly fate?: string | undefined;
}

class Sending extends Event {
  readonly #packet: Packet;
  readonly #from: HostStack;

  constructor(packet: Packet, from: HostStack) {
    super();
    this.#packet = packet;
    this.#from = from;
  }

  override happen(): void {
    const { wire, interfaces } = this.#from;
    const packet = { ...this.#packet, id: wire.nextId() };
    const to = readAddress(packet.destination)!;
    const through = interfaces.outward(packet.family);
    if (through === undefined) return;
    wire.tell(packet, this.#from, "sent", "replayed");
    const kind = interfaces.isBroadcast(to) ? "broadcast" : to.reach === "multicast" ? "multicast" : "unicast";
    wire.carry(packet, this.#from, through, kind);
  }

  override describe(): string {
    return `a datagram that is replayed on ${this.#from.name}`;
  }
}

/**
 * Has the first one sent now, and the others as much later as they were.
 *
 * @param senderOf the host that they come from, by their source addresses
 * @returns what takes back those that have not been sent yet
 */
export function replay(
  datagrams: readonly RecordedDatagram[],
  senderOf: (address: string) => HostStack | undefined,
): () => void {
  if (!Array.isArray(datagrams)) throw invalidArgType("datagrams", "a list of datagrams", datagrams);
  const sent = (datagrams as readonly RecordedDatagram[]).map(check).filter(({ fate }) =>
    fate === undefined || fate === "sent"
  );
  const first = sent.reduce((least, { time }) => Math.min(least, time), Infinity);
  const sendings = sent.map((datagram) => {
    const from = senderOf(datagram.source.address);
    if (from === undefined) throw noSuchHost(`with the address ${datagram.source.address}`);
    return { from, time: toTime(datagram.time - first, "datagram.time"), event: new Sending(packetOf(datagram), from) };
  });
  for (const { from: { wire: { timeline } }, time, event } of sendings) timeline.add(event, timeline.now + time);
  return () => sendings.forEach(({ from, event }) => from.wire.timeline.remove(event));
}

function packetOf({ source, destination, data }: RecordedDatagram): Packet {
  const { family, text } = readAddress(destination.address)!;
  const ends = {
    family,
    source: source.address,
    sourcePort: source.port,
    destination: text,
    port: destination.port,
  };
  return unsentPacket(0, ends, data, Infinity);
}

function check(datagram: RecordedDatagram): RecordedDatagram {
  const isOne = isObject(datagram) && typeof datagram.time === "number" && datagram.data instanceof Uint8Array &&
    [datagram.source, datagram.destination].every((end) => isObject(end) && readAddress(String(end.address)) !== null);
  if (!isOne) throw invalidArgType("datagram", "an object with time, source, destination and data", datagram);
  toInteger(datagram.source.port, "datagram.source.port", 0, 65_535);
  toInteger(datagram.destination.port, "datagram.destination.port", 0, 65_535);
  return datagram;
}
