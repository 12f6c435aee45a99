/** What a page has of a trace: columns, since it may be of hundreds of thousands of datagrams. */
import { Buffer } from "node:buffer";
import type { Flight } from "./flights.ts";

/** As it stands in the page; the columns are in base64. */
export interface PackedTrace {
  readonly hosts: readonly string[];
  readonly texts: readonly string[];
  readonly fates: readonly string[];
  readonly since: string;
  readonly until: string;
  readonly columns: string;
  readonly bytes: string;
}

/** The numbers of a datagram in `columns`: hosts, fate, and texts (reason, ends), and where its bytes begin and end. */
export const COLUMNS = 9;

/** The same in the page's memory; each column has a number for each datagram, in the order of `since`. */
export interface PageTrace {
  readonly count: number;
  readonly hosts: readonly string[];
  readonly texts: readonly string[];
  readonly fates: readonly string[];
  /** Tenths of a microsecond. */
  readonly since: Float64Array;
  readonly until: Float64Array;
  /** The latest `until` so far: what is over by a time is found by it. */
  readonly latest: Float64Array;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  /** The number of its fate, twice that, and one more for what did not come to the end of the link. */
  readonly fate: Uint32Array;
  readonly reason: Uint32Array;
  readonly source: Uint32Array;
  readonly destination: Uint32Array;
  readonly id: Uint32Array;
  readonly start: Uint32Array;
  readonly size: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Numbers for texts. */
class Numbers {
  readonly texts: string[] = [];
  readonly #known: Map<string, number> = new Map();

  of(text: string): number {
    let number = this.#known.get(text);
    if (number === undefined) {
      number = this.texts.push(text) - 1;
      this.#known.set(text, number);
    }
    return number;
  }
}

/** @param hosts in the order of their lanes */
export function packTrace(
  flights: readonly Flight[],
  hosts: readonly string[],
  showEnd: (end: { readonly address: string; readonly port: number }) => string,
): PackedTrace {
  const [texts, fates, lanes] = [new Numbers(), new Numbers(), new Numbers()];
  for (const host of hosts) lanes.of(host);
  const columns = new Uint32Array(COLUMNS * flights.length);
  /** The bytes of each number: a datagram for many has them once. */
  const known = new Map<number, { readonly data: Uint8Array; readonly start: number }>();
  const parts: Uint8Array[] = [];
  let length = 0;
  let place = 0;
  for (const { packet, from, to, fate, reason, onLink } of flights) {
    const { id, source, sourcePort, destination, port, data } = packet;
    let own = known.get(id);
    if (own?.data !== data) {
      known.set(id, own = { data, start: length });
      parts.push(data);
      length += data.length;
    }
    columns[place++] = lanes.of(from);
    columns[place++] = lanes.of(to);
    columns[place++] = 2 * fates.of(fate) + (onLink ? 1 : 0);
    columns[place++] = texts.of(reason);
    columns[place++] = texts.of(showEnd({ address: source, port: sourcePort }));
    columns[place++] = texts.of(showEnd({ address: destination, port }));
    columns[place++] = id;
    columns[place++] = own.start;
    columns[place++] = data.length;
  }
  return {
    hosts,
    texts: texts.texts,
    fates: fates.texts,
    since: base64(Float64Array.from(flights, ({ since }) => since)),
    until: base64(Float64Array.from(flights, ({ until }) => until)),
    columns: base64(columns),
    bytes: Buffer.concat(parts).toString("base64"),
  };
}

function base64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("base64");
}

/** Runs in the page: it uses nothing but what it is given. */
export function unpackTrace(packed: PackedTrace, decode: (base64: string) => string): PageTrace {
  const bytesOf = (text: string): Uint8Array => Uint8Array.from(decode(text), (letter) => letter.charCodeAt(0));
  const { hosts, texts, fates } = packed;
  const since = new Float64Array(bytesOf(packed.since).buffer as ArrayBuffer);
  const until = new Float64Array(bytesOf(packed.until).buffer as ArrayBuffer);
  const all = new Uint32Array(bytesOf(packed.columns).buffer as ArrayBuffer);
  const count = since.length;
  const width = count === 0 ? 9 : all.length / count;
  const column = (place: number): Uint32Array => Uint32Array.from(since, (_, number) => all[width * number + place]);
  let last = 0;
  const latest = Float64Array.from(until, (time) => last = Math.max(last, time));
  const [from, to, fate, reason, source, destination, id, start, size] = Array.from({ length: 9 }, (_, i) => column(i));
  const bytes = bytesOf(packed.bytes);
  return {
    count,
    hosts,
    texts,
    fates,
    since,
    until,
    latest,
    from,
    to,
    fate,
    reason,
    source,
    destination,
    id,
    start,
    size,
    bytes,
  };
}

/** Runs in the page: which datagrams have all words of a text in their hosts, ends, fate, reason or number. */
export function filterTrace(trace: PageTrace, text: string, hidden: ReadonlySet<string>): Uint8Array {
  const { count, hosts, texts, fates, from, to, fate, reason, source, destination, id } = trace;
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const shown = new Uint8Array(count).fill(1);
  for (const word of words) {
    const has = (list: readonly string[]): boolean[] => list.map((each) => each.toLowerCase().includes(word));
    const [inHosts, inTexts, inFates] = [has(hosts), has(texts), has(fates)];
    const number = word[0] === "#" ? Number(word.slice(1)) : NaN;
    for (let i = 0; i < count; i++) {
      const fits = id[i] === number || inHosts[from[i]] || inHosts[to[i]] || inFates[fate[i] >> 1] ||
        inTexts[reason[i]] || inTexts[source[i]] || inTexts[destination[i]];
      if (!fits) shown[i] = 0;
    }
  }
  if (hidden.size > 0) {
    const isHidden = fates.map((each) => hidden.has(each));
    for (let i = 0; i < count; i++) if (isHidden[fate[i] >> 1]) shown[i] = 0;
  }
  return shown;
}
