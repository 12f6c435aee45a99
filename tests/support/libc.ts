/** The system calls of `src/runtimes/libc` on the runtime that runs the test, and a second binding of the kernel. */
import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import type { AddressInfo, Datagram, Family } from "../../src/core/backend.ts";
import type { Absent } from "../../src/runtimes/libc/calls.ts";
import { Descriptor } from "../../src/runtimes/libc/descriptor.ts";
import type { Libc } from "../../src/runtimes/libc/libc.ts";
import { isLibc } from "../../src/runtimes/libc/load.ts";
import { openSocket } from "../../src/runtimes/libc/open_socket.ts";
import type { JsonProcess } from "./json_process.ts";
import { ownLibc } from "./own_libc.ts";
import { peersSkip, python, startPeer } from "./python.ts";

const loaded: Libc | Absent = ownLibc();

/** For a test's `skip` option: false where there are system calls, of which these tests know Linux's; else the reason. */
export const libcSkip: string | false = !isLibc(loaded)
  ? `no system calls: ${loaded.absent}`
  : loaded.layout.linux === null &&
    "it is about Linux's system calls; those of macOS are tests/runtimes/macos.test.ts's";

/** The same for a test that needs the second binding too. */
export const peerSkip: string | false = libcSkip || peersSkip;

const PROBE = `
import ctypes, os, sys
libc = ctypes.CDLL(None)
sys.exit(0 if libc.syscall(438, libc.syscall(434, os.getppid(), 0), 0, 0) >= 0 else 1)`;

/** The same for a test that has the second binding read this process's own sockets. */
export const inspectSkip: string | false = peerSkip ||
  (spawnSync(python, ["-c", PROBE]).status === 0 ? false : "another process may not look at this one's sockets");

/** The system calls. */
export function libc(): Libc {
  if (!isLibc(loaded)) throw new Error(loaded.absent);
  return loaded;
}

/** How to open a socket other than bound to a random port of the loopback address. */
export interface Options {
  readonly address?: string;
  readonly port?: number;
  readonly reuseAddr?: boolean;
  readonly reusePort?: boolean;
  readonly ipv6Only?: boolean;
}

/** A descriptor of the test's own, or an errno. */
export function open(family: Family, options: Options = {}): number {
  return openSocket(libc(), {
    family,
    address: family === 4 ? "127.0.0.1" : "::1",
    port: 0,
    reuseAddr: false,
    reusePort: false,
    ipv6Only: false,
    ...options,
  });
}

/** A socket that a test may use; it is closed in the end. */
export function withSocket<T>(family: Family, use: (socket: Descriptor, port: number) => T, options?: Options): T {
  const socket = new Descriptor(libc(), open(family, options), family, true);
  const close = (): void => socket.close();
  let result: T;
  try {
    result = use(socket, (socket.address() as AddressInfo).port);
  } catch (error) {
    close();
    throw error;
  }
  if (result instanceof Promise) return result.finally(close) as T;
  close();
  return result;
}

/** A datagram as the core gives it. */
export function datagram(text: string | Uint8Array, address: string | null, port = 0): Datagram {
  return { data: typeof text === "string" ? Buffer.from(text) : text, address, port, watched: false, segmentSize: 0 };
}

/** What the second binding received. */
export interface Heard {
  readonly text: string;
  readonly address: string;
  readonly port: number;
  readonly ttl?: number;
  readonly trafficClass?: number;
}

/** A process with sockets of its own: tests/peers/libc.py. */
export class Peer {
  readonly #process: JsonProcess = startPeer("libc");

  async ask<T>(operation: string, request: object = {}): Promise<T> {
    this.#process.send({ operation, ...request });
    const answer = await this.#process.next<T & { error?: number }>();
    if (answer.error !== undefined) throw new Error(`the peer's ${operation} failed with errno ${answer.error}`);
    return answer;
  }

  async open(family: Family, request: object = {}): Promise<number> {
    return (await this.ask<{ port: number }>("open", { family, ...request })).port;
  }

  async receive(port: number, count: number): Promise<Heard[]> {
    const entries = await this.ask<(Heard & { data: string })[]>("receive", { port, count });
    return entries.map(({ data, ...rest }) => ({ ...rest, text: Buffer.from(data, "base64").toString() }));
  }

  async send(port: number, to: string, toPort: number, texts: readonly string[], request: object = {}): Promise<void> {
    const data = texts.map((text) => Buffer.from(text).toString("base64"));
    await this.ask("send", { port, to, toPort, data, ...request });
  }

  async end(): Promise<void> {
    this.#process.end();
    await this.#process.result;
  }
}

/** Gives a test a peer, which is ended with it. */
export async function withPeer(use: (peer: Peer) => Promise<void>): Promise<void> {
  const peer = new Peer();
  try {
    await use(peer);
  } finally {
    await peer.end();
  }
}
