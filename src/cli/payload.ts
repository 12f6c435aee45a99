/** What a command sends: text, bytes in hexadecimal, or standard input. */
import { Buffer } from "node:buffer";
import { UsageError } from "./failure.ts";
import type { Input } from "./streams.ts";

/** Bytes from `68 65 6c` or `68656c`. */
export function parseHex(text: string): Buffer {
  const digits = text.replace(/\s/g, "");
  if (/^([0-9a-f]{2})*$/i.test(digits)) return Buffer.from(digits, "hex");
  throw new UsageError(`not bytes in hexadecimal: ${JSON.stringify(text)}`);
}

/** The words of the command line as one datagram. */
export function payloadOf(words: readonly string[], hex: boolean): Buffer {
  const text = words.join(" ");
  return hex ? parseHex(text) : Buffer.from(text);
}

/** No datagram is longer: bytes. */
const LONGEST = 65_535;

async function* chunksOf(input: Input, signal: AbortSignal): AsyncGenerator<Buffer> {
  const stop = (): void => void input.destroy();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    for await (const chunk of input) yield Buffer.from(chunk as Uint8Array);
  } catch (error) {
    // To be destroyed while it is read is an error of its own.
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    input.destroy();
  }
}

/** Standard input as one datagram, or with `lines` each line as one, without its end. */
export async function* payloadsFrom(input: Input, lines: boolean, signal: AbortSignal): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunksOf(input, signal)) {
    rest = rest.length ? Buffer.concat([rest, chunk]) : chunk;
    for (let end = rest.indexOf(10); lines && end >= 0; end = rest.indexOf(10)) {
      const line = rest.subarray(0, end);
      rest = rest.subarray(end + 1);
      yield line.at(-1) === 13 ? line.subarray(0, -1) : line;
    }
    // It can't be sent any more, whatever follows.
    if (rest.length > LONGEST) break;
  }
  if (!signal.aborted && (rest.length || !lines)) yield rest;
}
