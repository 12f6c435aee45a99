import { isIPv4 } from "../core/ip.ts";
import type { DatagramInfo, MessageBuffer, RemoteInfo } from "../core/backend.ts";
import { invalidArgType, outOfRange } from "../core/errors.ts";
import { nothingElse } from "../core/nothing_else.ts";
import { canonicalPeer } from "../core/numeric_address.ts";
import type { Outgoing } from "../core/outgoing.ts";
import { rawOf } from "../core/raw_of.ts";
import { datagramsIn, segmentsOf } from "../core/segments.ts";
import { runningState } from "../core/state.ts";
import { isObject } from "../core/validate.ts";
import { ByteWriter } from "../pcap/byte_writer.ts";
import { ipPackets, UDP, udpOf, type UDPPacket } from "../pcap/ip_packets.ts";
import { writeDropped, writeInterface, writePacket, writeSection } from "../pcap/pcapng.ts";
import type { Ends } from "./handed.ts";
import type { Observable } from "./observe.ts";
import { type Sink, Tap } from "./tap.ts";
import type { Capture, CaptureOptions } from "./types.ts";

const LIMIT = 16 * 1024 * 1024;
/** What Linux sends with, if nobody sets another: that of a datagram is not known, but with `receiveInfo`. */
const HOP_LIMIT = 64;

/** One that the ancillary entry sends. */
type Informed = Outgoing & { readonly sendInfo?: DatagramInfo };

/** What a socket knows of a packet. */
type Known = Omit<UDPPacket, "id" | "dontFragment">;

/** `Uint8Array<ArrayBuffer>`, which TypeScript can say since 5.7. */
type OwnBytes = ReturnType<typeof Uint8Array.of>;
type Result = IteratorResult<OwnBytes, undefined>;

/**
 * Captures what a socket receives and sends, as a pcapng file that Wireshark and tshark read.
 *
 * Each datagram is one whole IP packet, raw, with its direction: addresses, ports, lengths, checksums and bytes are
 * those of the datagram, and with `receiveInfo` its destination, hop limit, traffic class and time. What a socket does not
 * know of the packet is made up: a hop limit of 64, no fragments, and the address that it is bound to, which may be
 * `0.0.0.0`. What comes is captured whatever becomes of it; what is sent, once the kernel has taken it.
 *
 * Works alike on Node 18 to 26, Deno and Bun.
 *
 * @param socket a socket of this copy of the module that is not bound yet, or one that is observed
 * @param options see {@linkcode CaptureOptions}
 * @returns the bytes of the file, to be iterated once; they end when the socket is closed
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @throws {RangeError} ERR_OUT_OF_RANGE
 * @throws {Error} ERR_SOCKET_ALREADY_BOUND for a socket that is bound and was not observed before;
 * ERR_SOCKET_DGRAM_NOT_RUNNING for one that is closed
 *
 * @example
 * ```ts
 * import { createSocket } from "@x/dgram";
 * import { capture } from "@x/dgram/observe";
 *
 * const socket = createSocket("udp4", () => socket.close());
 * const captured = capture(socket);
 * socket.bindSync({ address: "127.0.0.1" });
 * socket.send("hello", socket.address().port, "127.0.0.1");
 * const parts = [];
 * for await (const bytes of captured) parts.push(bytes);
 * console.log(captured.packets, new Blob(parts).size); // prints 2 248
 * ```
 */
export function capture(socket: Observable, options: CaptureOptions = nothingElse({})): Capture {
  if (!isObject(options)) throw invalidArgType("options", "of type object", options);
  const { limit = LIMIT } = options;
  if (typeof limit !== "number") throw invalidArgType("options.limit", "of type number", limit);
  if (!(limit > 0)) throw outOfRange("options.limit", "> 0", limit);
  const captured = new SocketCapture(limit);
  captured.add(socket);
  return captured;
}

class SocketCapture implements Capture {
  packets = 0;
  dropped = 0;
  readonly #limit: number;
  readonly #ends: Set<() => void> = new Set();
  #interfaces = 0;
  #out: ByteWriter = new ByteWriter(true);
  /** What is not captured of each interface. */
  readonly #lost: number[] = [];
  #isOver = false;
  #waiting: ((result: Result) => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
    writeSection(this.#out, "@x/dgram");
  }

  add(socket: Observable): boolean {
    const raw = rawOf(socket);
    const tap = Tap.of(raw);
    // It would tell nothing more, not even its end.
    runningState(raw);
    if (this.#isOver) return false;
    const through = this.#interfaces++;
    writeInterface(this.#out, `socket ${through + 1}`);
    const sink: Sink = {
      received: (data, from) => {
        const { address, port } = tap.local!;
        this.#received(through, data, from, address, port);
      },
      sent: (outgoing, data, ends) => this.#sent(through, ends, outgoing, data),
      closed: () => {
        this.#ends.delete(end);
        end();
        if (this.#ends.size === 0) this.stop();
      },
    };
    const end = (): void => void tap.detach(sink);
    tap.attach(sink);
    this.#ends.add(end);
    this.#give();
    return true;
  }

  #received(through: number, data: MessageBuffer, from: RemoteInfo, local: string, port: number): void {
    const { destination = local, hopLimit = HOP_LIMIT, trafficClass = 0, receivedAt } = nothingElse({ ...from });
    const ends = endsOf(from.address, destination, from.address);
    this.#add({ ...ends, sourcePort: from.port, port, data, trafficClass }, through, "in", hopLimit, receivedAt);
  }

  #sent(through: number, { local, peer }: Ends, outgoing: Outgoing, data: Uint8Array): void {
    const { address, port, segmentSize } = outgoing;
    const { source = local!.address, hopLimit = 0, trafficClass: known = 0, ecn = -1 } =
      (outgoing as Informed).sendInfo ?? nothingElse({} as Partial<DatagramInfo>);
    const whole = Math.max(0, known);
    const trafficClass = ecn < 0 ? whole : whole & ~3 | ecn;
    const to = address === null ? peer : { address, port };
    // A peer from which it was disconnected meanwhile is not known any more.
    if (to === null) return this.#drop(through, datagramsIn(data.length, segmentSize));
    const destination = canonicalPeer(to.address);
    const ends = endsOf(source, destination, destination);
    for (const part of segmentSize > 0 ? segmentsOf(data, segmentSize) : [data]) {
      const ports = { sourcePort: local!.port, port: to.port };
      this.#add({ ...ends, ...ports, trafficClass, data: part }, through, "out", hopLimit > 0 ? hopLimit : HOP_LIMIT);
    }
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const end of this.#ends) end();
    this.#lost.forEach((count, through) => writeDropped(this.#out, through, now(), count));
    this.#give();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<OwnBytes> {
    return {
      next: () =>
        new Promise<Result>((done) => {
          this.#waiting.push(done);
          this.#give();
        }),
      return: () => {
        this.stop();
        this.#out = new ByteWriter(true);
        return Promise.resolve({ value: undefined, done: true });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #add(known: Known, through: number, direction: "in" | "out", hopLimit = HOP_LIMIT, nanoseconds = now()): void {
    const packet = { ...known, id: 0, dontFragment: false };
    if (this.#out.length + packet.data.length > this.#limit) return this.#drop(through);
    const [bytes] = ipPackets(packet, udpOf(packet), UDP, { hopLimit, mtu: Infinity });
    writePacket(this.#out, { through, nanoseconds, direction, comment: "", bytes });
    this.packets++;
    this.#give();
  }

  #drop(through: number, count = 1): void {
    this.dropped += count;
    this.#lost[through] = (this.#lost[through] ?? 0) + count;
  }

  /** Hands out what there is, to who waits. */
  #give(): void {
    while (this.#waiting.length > 0 && (this.#out.length > 0 || this.#isOver)) {
      const out = this.#out;
      this.#out = new ByteWriter(true);
      const done = out.length === 0;
      this.#waiting.shift()!({ value: done ? undefined : out.bytes(), done } as Result);
    }
  }
}

/** Both addresses as they are in a packet: of the family of the one that is surely a host's. */
function endsOf(source: string, destination: string, sure: string): {
  readonly family: 4 | 6;
  readonly source: string;
  readonly destination: string;
} {
  const family = isIPv4(plain(sure)) ? 4 : 6;
  const fit = (address: string): string => address === "::" && family === 4 ? "0.0.0.0" : plain(address);
  return { family, source: fit(source), destination: fit(destination) };
}

/** Without a scope, and as IPv4 what an IPv6 socket carries of it. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)|%.*/g, "");
}

/** By how much the clock is ahead of `performance.now()`. */
let ahead = performance.timeOrigin;

/**
 * The time of the clock, which may be set, and has only milliseconds: within these as `performance.now()` goes on. The
 * kernel's times of what comes are of the same clock.
 */
function now(): bigint {
  const time = performance.now();
  const least = Date.now() - time;
  ahead = Math.min(Math.max(ahead, least), least + 1);
  return BigInt(Math.round((ahead + time) * 1000)) * 1000n;
}
