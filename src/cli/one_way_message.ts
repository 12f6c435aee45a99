/**
 * What `bench --rate` and `bench --receive` say to each other. All begin with the same 16 bytes: a mark, the kind, and
 * the run's number. A report is no longer than the question for it, so that nobody's address can be used to have much
 * sent to it.
 */
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import type { StreamFigures } from "./stream_counts.ts";

const MARK = Buffer.from("dgr1");
const HEAD = 16;
const ID = 8;
const DATA = 0;
const END = 1;
const REPORT = 2;
const FIELDS = ["sent", "received", "bytes", "lost", "outOfOrder", "duplicates", "jitter", "duration"] as const;
const REPORT_SIZE = HEAD + 8 * FIELDS.length;

/** The shortest datagram of a stream: its number and the time when it was sent follow the head. */
export const LEAST_ONE_WAY_SIZE: number = HEAD + 12;

/** A message, read. */
export type OneWayMessage =
  | { readonly kind: "data"; readonly id: string; readonly sequence: number; readonly sentAt: number }
  | { readonly kind: "end"; readonly id: string; readonly sent: number }
  | { readonly kind: "report"; readonly id: string; readonly figures: StreamFigures };

/** Makes the messages of one run's sender. */
export class OneWayRun {
  readonly #id: Buffer = randomBytes(ID);

  /** As it stands in the messages that are read. */
  get id(): string {
    return this.#id.toString("hex");
  }

  data(sequence: number, size: number, now: number): Buffer {
    const data = this.#head(DATA, size);
    data.writeUInt32BE(sequence, HEAD);
    data.writeDoubleBE(now, HEAD + 4);
    return data;
  }

  /** There were so many: the question for the report. */
  end(sent: number): Buffer {
    const data = this.#head(END, REPORT_SIZE);
    data.writeDoubleBE(sent, HEAD);
    return data;
  }

  #head(kind: number, size: number): Buffer {
    return headOf(kind, size, this.#id);
  }
}

/** The answer to a run's end. */
export function reportMessage(id: string, figures: StreamFigures): Buffer {
  const data = headOf(REPORT, REPORT_SIZE, Buffer.from(id, "hex"));
  FIELDS.forEach((name, index) => data.writeDoubleBE(figures[name], HEAD + 8 * index));
  return data;
}

function headOf(kind: number, size: number, id: Buffer): Buffer {
  const data = Buffer.alloc(size);
  MARK.copy(data);
  data[MARK.length] = kind;
  id.copy(data, HEAD - ID);
  return data;
}

/** Reads one, or answers undefined for what is none. */
export function readOneWay(data: Buffer): OneWayMessage | undefined {
  if (data.length < LEAST_ONE_WAY_SIZE || data.compare(MARK, 0, MARK.length, 0, MARK.length) !== 0) return undefined;
  const id = data.toString("hex", HEAD - ID, HEAD);
  const kind = data[MARK.length];
  if (kind === DATA) {
    const sentAt = data.readDoubleBE(HEAD + 4);
    return Number.isFinite(sentAt) ? { kind: "data", id, sequence: data.readUInt32BE(HEAD), sentAt } : undefined;
  }
  if (data.length !== REPORT_SIZE) return undefined;
  const values = FIELDS.map((_, index) => data.readDoubleBE(HEAD + 8 * index));
  if (kind === END) return isCount(values[0]) ? { kind: "end", id, sent: values[0] } : undefined;
  if (kind !== REPORT || !values.every((value) => Number.isFinite(value) && value >= 0)) return undefined;
  const figures = Object.fromEntries(FIELDS.map((name, index) => [name, values[index]])) as unknown as StreamFigures;
  return { kind: "report", id, figures };
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 2 ** 32;
}
