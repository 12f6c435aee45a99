/** What the tests of `@x/dgram/web` share. */
import { assertEquals } from "@std/assert";
import { capabilities, createSocket, type Feature, type Socket } from "@x/dgram";
import {
  type MulticastController,
  type UDPMessage,
  type UDPReceivedMessage,
  UDPSocket,
  type UDPSocketOptions,
} from "@x/dgram/web";
import dns from "node:dns";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { within } from "./within.ts";

export const LOOPBACK = "127.0.0.1";
export const noIPv6: string | false = Object.values(networkInterfaces()).flat().some((info) => info?.address === "::1")
  ? false
  : "this machine has no ::1";

export function lacks(...features: Feature[]): string | false {
  const missing = features.find((feature) => capabilities.features[feature] === "unavailable");
  return missing === undefined ? false : `${missing} is unavailable here`;
}

let hasSignal = false;
new WritableStream({ start: ({ signal }) => void (hasSignal = signal !== undefined) });

/** What Bun before 1.4 lacks. */
export const noSignal: string | false = hasSignal
  ? false
  : "a stream is told of an abort when its pending write has ended, and pipeTo() of its signal's when a datagram comes";

export interface Opened {
  readonly socket: UDPSocket;
  readonly readable: ReadableStream<UDPReceivedMessage>;
  readonly writable: WritableStream<UDPMessage>;
  readonly reader: ReadableStreamDefaultReader<UDPReceivedMessage>;
  readonly writer: WritableStreamDefaultWriter<UDPMessage>;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  readonly multicastController?: MulticastController;
}

/** What a test opens, and what is closed at its end. */
export class Stage {
  readonly #opened: Opened[] = [];
  readonly #raw: Socket[] = [];

  /** An open socket with a reader and a writer. */
  async open(options: UDPSocketOptions): Promise<Opened> {
    const socket = new UDPSocket(options);
    const info = await within(socket.opened, "opened");
    const opened = { socket, ...info, reader: info.readable.getReader(), writer: info.writable.getWriter() };
    // Tests look at what they expect to fail.
    opened.reader.closed.catch(() => {});
    opened.writer.closed.catch(() => {});
    opened.writer.ready.catch(() => {});
    this.#opened.push(opened);
    return opened;
  }

  bound(options: Partial<UDPSocketOptions> = {}): Promise<Opened> {
    return this.open({ localAddress: LOOPBACK, ...options } as UDPSocketOptions);
  }

  connectedTo(port: number): Promise<Opened> {
    return this.open({ remoteAddress: LOOPBACK, remotePort: port });
  }

  /** A socket of the main entry. */
  raw(address: string = LOOPBACK): Socket {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    socket.bindSync({ address });
    this.#raw.push(socket);
    return socket;
  }

  async close(): Promise<void> {
    for (const socket of this.#raw) socket.close();
    for (const { socket, readable, writable, reader, writer } of this.#opened) {
      void reader.cancel().catch(() => readable.cancel()).catch(() => {});
      void writer.abort().catch(() => writable.abort()).catch(() => {});
      await within(socket.closed.catch(() => {}), "closed");
    }
  }
}

export function staged(name: string, play: (stage: Stage) => Promise<void>, skip: string | false = false): void {
  test(name, { skip }, async () => {
    const stage = new Stage();
    try {
      await play(stage);
    } finally {
      await stage.close();
    }
  });
}

export const bytes = (text: string): ReturnType<TextEncoder["encode"]> => new TextEncoder().encode(text);
export const text = (data: Uint8Array): string => new TextDecoder().decode(data);

export async function read({ reader }: Opened): Promise<UDPReceivedMessage> {
  const { value, done } = await within(reader.read(), "a datagram");
  assertEquals(done, false);
  return value!;
}

export async function readText(opened: Opened): Promise<string> {
  return text((await read(opened)).data);
}

export async function rejection(promise: Promise<unknown>, what = "a rejection"): Promise<Error & { cause?: unknown }> {
  try {
    await within(promise, what);
  } catch (error) {
    return error as Error;
  }
  throw new Error(`${what} did not come`);
}

export function codeOf(error: { cause?: unknown }): string | undefined {
  return (error.cause as { code?: string } | undefined)?.code;
}

export function turn(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}

export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`);
    await turn();
  }
}

/** With another dns.lookup, which is called with a family. */
export async function withLookup(
  lookup: (hostname: string, family: number, done: (error: Error | null, address: string) => void) => void,
  play: () => Promise<void>,
): Promise<void> {
  const real = dns.lookup;
  dns.lookup = lookup as unknown as typeof dns.lookup;
  try {
    await play();
  } finally {
    dns.lookup = real;
  }
}
