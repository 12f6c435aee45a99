/** Hears streams that go one way, and tells each sender what came of it. */
import type { Buffer } from "node:buffer";
import type { RemoteInfo } from "../../mod.ts";
import { place } from "./failure.ts";
import { readOneWay, reportMessage } from "./one_way_message.ts";
import type { Socket } from "./sockets.ts";
import { StreamCounts, type StreamFigures } from "./stream_counts.ts";

/** Anybody can send, so that it is bounded. */
const MOST_STREAMS = 64;
const SWEEP = 50;
/** How long after the end what was under way may still arrive. */
const SETTLE = 200;
/** A stream that says nothing more has ended; one that has ended is remembered for who asks again. */
const SILENCE = 10_000;

/** A stream that has ended, or that nothing came of any more. */
export interface EndedStream {
  readonly address: string;
  readonly port: number;
  readonly figures: StreamFigures;
  /** Whether the sender said how many there were. */
  readonly complete: boolean;
}

interface Stream {
  readonly id: string;
  readonly counts: StreamCounts;
  readonly from: RemoteInfo;
  readonly socket: Socket;
  heard: number;
  ended: number | undefined;
  figures: StreamFigures | undefined;
}

/** All streams that are under way. */
export class OneWayReceiver {
  readonly #streams: Map<string, Stream> = new Map();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #onEnd: (stream: EndedStream) => void;
  /** Datagrams that belong to no stream, or to one too many. */
  ignored = 0;

  constructor(onEnd: (stream: EndedStream) => void) {
    this.#onEnd = onEnd;
    this.#timer = setInterval(() => this.#sweep(performance.now()), SWEEP);
  }

  heard(data: Buffer, from: RemoteInfo, socket: Socket): void {
    const now = performance.now();
    const message = readOneWay(data);
    const stream = message && message.kind !== "report" ? this.#streamOf(message.id, from, socket) : undefined;
    if (!message || !stream) {
      this.ignored++;
      return;
    }
    if (message.kind === "data") {
      stream.heard = now;
      if (!stream.figures) stream.counts.count(message.sequence, data.length, message.sentAt, now);
    } else if (message.kind === "end") {
      stream.heard = now;
      if (stream.figures) this.#answer(stream);
      else if (stream.ended === undefined) {
        stream.ended = now;
        stream.counts.tell(message.sent);
      }
    }
  }

  /** Tells of what is under way, too, and stops. */
  end(): void {
    clearInterval(this.#timer);
    for (const stream of this.#streams.values()) this.#freeze(stream);
    this.#streams.clear();
  }

  #streamOf(id: string, from: RemoteInfo, socket: Socket): Stream | undefined {
    const key = `${place(from.address, from.port)} ${id}`;
    const known = this.#streams.get(key);
    if (known || from.port === 0 || this.#streams.size >= MOST_STREAMS) return known;
    const counts = new StreamCounts();
    const stream: Stream = { id, counts, from, socket, heard: 0, ended: undefined, figures: undefined };
    this.#streams.set(key, stream);
    return stream;
  }

  #sweep(now: number): void {
    for (const [key, stream] of this.#streams) {
      if (!stream.figures && stream.ended !== undefined && now - stream.ended >= SETTLE) {
        this.#freeze(stream);
        this.#answer(stream);
      } else if (now - stream.heard >= SILENCE) {
        this.#freeze(stream);
        this.#streams.delete(key);
      }
    }
  }

  #freeze(stream: Stream): void {
    if (stream.figures) return;
    const { address, port } = stream.from;
    stream.figures = stream.counts.figures;
    this.#onEnd({ address, port, figures: stream.figures, complete: stream.ended !== undefined });
  }

  #answer({ id, figures, from, socket }: Stream): void {
    socket.send(reportMessage(id, figures!), from.port, from.address, () => {});
  }
}
