/** Sockets that hear what a program sends, and a port that refuses it. */
import { assert } from "@std/assert";
import type { Buffer } from "node:buffer";
import type { Socket } from "@x/dgram";
import process from "node:process";
import { close } from "../../support/close.ts";
import { bound, LOOPBACK, unique } from "../../support/wire.ts";
import { within } from "../../support/within.ts";

/** This process's own, so that what others send to a port that has been closed does not come here. */
export const HOST: string = process.platform === "linux" ? `127.77.${unique >> 8}.${unique & 255}` : LOOPBACK[4];

/**
 * A datagram to one of them: `surely sent` if the sender was told so, `sent` if nobody was told and nothing can have
 * gone wrong, `perhaps sent` if something can.
 */
export interface Expected {
  readonly data: Buffer;
  readonly peer: number;
  fate: "surely sent" | "sent" | "perhaps sent" | "failed";
}

/** One run's. */
export class Receivers {
  readonly ports: readonly number[];
  readonly #live: readonly Socket[];
  readonly #dead: Socket;
  readonly #heard: Buffer[][];
  readonly #marker: Socket = bound(4);
  readonly #arrived: (() => void)[] = [];

  private constructor(live: readonly Socket[], dead: Socket) {
    this.#live = live;
    this.#dead = dead;
    this.#heard = live.map(() => []);
    this.ports = [...live.map((socket) => socket.address().port), dead.address().port];
    const { port: marker } = this.#marker.address();
    live.forEach((socket, i) =>
      socket.on(
        "message",
        (data, { port }) => port === marker ? this.#arrived[i]() : this.#heard[i].push(data),
      )
    );
  }

  /** `count` sockets, and behind them the port of one that is connected elsewhere: nobody else can get it meanwhile. */
  static open(count: number): Receivers {
    const sockets = Array.from({ length: count }, () => bound(4, {}, HOST));
    const dead = bound(4, {}, HOST);
    dead.connectSync(9, HOST);
    return new Receivers(sockets, dead);
  }

  isLive(peer: number): boolean {
    return peer < this.#live.length;
  }

  /** To be called when all has left: what was sent before this arrives before the marker does. */
  async compare(expected: readonly Expected[]): Promise<void> {
    const marked = this.#live.map((_, i) => new Promise<void>((resolve) => this.#arrived[i] = resolve));
    for (let i = 0; i < this.#live.length; i++) this.#marker.send("marker", this.ports[i], HOST);
    await within(Promise.all(marked), "the markers", 15_000);
    this.#live.forEach((_, i) => {
      const heard = this.#heard[i].splice(0);
      const own = expected.filter(({ peer }) => peer === i);
      assert(matches(own, heard), `peer ${i}: ${describe(own, heard)}`);
    });
  }

  async close(): Promise<void> {
    await close(this.#marker, this.#dead, ...this.#live);
  }
}

/** In order, each that was sent once, and no other. */
function matches(expected: readonly Expected[], heard: readonly Buffer[]): boolean {
  // How much of what was heard can be accounted for by what was sent until there.
  let heads = new Set([0]);
  for (const { data, fate } of expected) {
    if (fate === "failed") continue;
    const next = new Set([...heads].filter((head) => heard[head]?.equals(data)).map((head) => head + 1));
    heads = fate === "perhaps sent" ? new Set([...heads, ...next]) : next;
  }
  return heads.has(heard.length);
}

const short = (data: Buffer): string => `${data.subarray(0, 8)}(${data.length})`;

function describe(expected: readonly Expected[], heard: readonly Buffer[]): string {
  const sent = expected.map(({ data, fate }) => `${short(data)} ${fate}`).join(", ");
  return `expected ${sent}; heard ${heard.map(short).join(", ")}`;
}
