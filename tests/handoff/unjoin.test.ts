/** Sockets of which the kernel joins what they receive, on their way to who can't tell that apart, and to who can. */
import { assertEquals, assertRejects } from "@std/assert";
import { capabilities, createSocket, type Socket } from "@x/dgram/ffi";
import { receiveSockets, sendSocket } from "@x/dgram/handoff";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { MessageChannel } from "node:worker_threads";
import { socketMemory } from "../../src/core/socket_memory.ts";
import { type Channel, channelOf } from "../../src/handoff/channel.ts";
import { kernelOf } from "../../src/handoff/kernel.ts";
import type { Step } from "../../src/handoff/steps.ts";
import { Descriptor } from "../../src/runtimes/libc/descriptor.ts";
import { libc, libcSkip } from "../support/libc.ts";
import { within } from "../support/within.ts";

const { features, notes } = capabilities;
const skip = libcSkip || (features.receiveOffload !== "native" && (notes.receiveOffload ?? "nothing is joined"));

const HOST = "127.0.0.1";
const SIZE = 100;
/** As many as leave as one message. */
const ROW = 40;

/** A socket that the kernel joins datagrams for, and one that sends it rows. */
class Played {
  readonly socket: Socket;
  readonly port: number;
  readonly heard: number[] = [];
  readonly #from = createSocket("udp4");
  readonly #channel = new MessageChannel();
  sent = 0;

  private constructor(receiveOffload: boolean) {
    this.socket = createSocket({ type: "udp4", receiveOffload, recvBufferSize: 1 << 20 });
    this.port = this.socket.bindSync({ address: HOST }).port;
    this.hear(this.socket);
  }

  /** Its datagrams are joined, as was asked for or since they came in runs. */
  static async begin(receiveOffload: boolean): Promise<Played> {
    const played = new Played(receiveOffload);
    for (let i = 0; i < 2000 && !played.isJoined(); i++) {
      await played.send();
      await played.all();
    }
    assertEquals(played.isJoined(), true);
    return played;
  }

  isJoined(): boolean {
    return kernelOf(this.socket as never)!.get("receiveOffload") === 1;
  }

  hear(socket: Socket): void {
    socket.on("message", (message) => void this.heard.push(message.length === SIZE ? message.readUInt32LE() : NaN));
  }

  async send(): Promise<void> {
    const data = Buffer.alloc(ROW * SIZE);
    for (let i = 0; i < ROW; i++) data.writeUInt32LE(this.sent++, i * SIZE);
    await this.#from.sendMany([{ data, segmentSize: SIZE, port: this.port, address: HOST }]);
  }

  /** Gives the socket; `other` is the end of the channel at which it arrives. */
  give(): { readonly given: Promise<void>; readonly other: MessagePort } {
    const { port1, port2 } = this.#channel;
    return { given: sendSocket(this.socket, port1 as never), other: port2 as never };
  }

  /** Each datagram was heard once, in its order and as it was sent. */
  async all(): Promise<void> {
    const complete = async (): Promise<void> => {
      while (this.heard.length < this.sent) await turn();
    };
    await within(complete(), "all datagrams");
    assertEquals(this.heard, Array.from({ length: this.sent }, (_, place) => place));
  }

  async end(...others: Socket[]): Promise<void> {
    this.#channel.port1.close();
    const left = [this.#from, ...others];
    const closed = left.map((each) => once(each, "close"));
    for (const each of left) each.close();
    await within(Promise.all(closed), "'close'");
  }
}

/** A receiver of an older version: it says nothing of what it can tell apart. What it is told is asked for step by step. */
class Stranger {
  readonly #channel: Channel;
  readonly #told: Step[] = [];
  #wake = (): void => {};

  constructor(port: MessagePort) {
    this.#channel = channelOf(port, "port");
    this.#channel.listen((step) => {
      this.#told.push(step);
      this.#wake();
    }, () => {});
  }

  async next<T extends Step["step"]>(step: T): Promise<Step & { step: T }> {
    while (this.#told.length === 0) await within(new Promise<void>((told) => this.#wake = told), `the step "${step}"`);
    const told = this.#told.shift()!;
    assertEquals(told.step, step);
    return told as Step & { step: T };
  }

  post(step: Step): void {
    this.#channel.post(step);
  }
}

/** Whether the kernel joins what the socket receives, and how many bytes wait. */
function kernelAt(fd: number): [joins: number, waiting: number | undefined] {
  const kernel = new Descriptor(libc(), fd, 4, false);
  const found: [number, number | undefined] = [kernel.get("receiveOffload"), socketMemory(kernel)?.receiveBuffer.used];
  kernel.close();
  return found;
}

for (const [asked, how] of [[true, "as it was asked for"], [false, "by itself"]] as const) {
  const lacks = skip || (!asked && capabilities.runtime === "deno" && "on Deno it does not pay");

  test(
    `a socket's datagrams are joined no more when it goes to who can't tell them apart, and are again if it stays, ${how}`,
    {
      skip: lacks,
    },
    async () => {
      const played = await Played.begin(asked);
      const { given, other } = played.give();
      const stranger = new Stranger(other);
      const { id } = await stranger.next("offer");
      for (let i = 0; i < 5; i++) await played.send();
      stranger.post({ step: "ready", id, runtime: "node" });
      const { fd } = await stranger.next("coming");
      // What had been joined was read before, by the one who could tell it apart.
      assertEquals(kernelAt(fd!), [0, 0]);
      stranger.post({ step: "refused", id, reason: "not here" });
      await assertRejects(() => given, Error, "the other side refused it: not here");
      assertEquals([played.socket.isPaused(), played.isJoined()], [false, true]);
      for (let i = 0; i < 5; i++) await played.send();
      await played.all();
      await played.end(played.socket);
    },
  );

  test(
    `a paused socket for which joined datagrams wait stays with who can tell them apart, ${how}`,
    { skip: lacks },
    async () => {
      const played = await Played.begin(asked);
      played.socket.pause();
      await played.send();
      const { given, other } = played.give();
      const stranger = new Stranger(other);
      const { id } = await stranger.next("offer");
      stranger.post({ step: "ready", id, runtime: "node" });
      const rejected = assertRejects(() => given, Error, "the kernel has joined datagrams that wait (UDP_GRO)");
      await stranger.next("withdrawn");
      assertEquals((await rejected as Error & { code: string }).code, "ERR_SOCKET_DGRAM_HANDOFF");
      played.socket.resume();
      await played.all();
      await played.end(played.socket);
    },
  );

  test(`a socket goes with what the kernel has joined for it to who can tell that apart, ${how}`, {
    skip: lacks || (features.fd !== "native" && notes.fd!),
  }, async () => {
    const played = await Played.begin(asked);
    played.socket.pause();
    await played.send();
    const { given, other } = played.give();
    const stop = receiveSockets(other as never, (socket) => {
      played.hear(socket);
      stop();
      arrived(socket);
    }, { createSocket });
    let arrived = (_: Socket): void => {};
    const arrival = new Promise<Socket>((resolve) => arrived = resolve);
    await within(given, "the handoff");
    const socket = await within(arrival, "the socket");
    await played.send();
    await played.all();
    await played.end(socket);
  });
}
