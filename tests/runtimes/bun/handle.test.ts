/** The handle of Bun's adapter over a socket that a test plays, on every runtime. */
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import * as util from "node:util";
import type { Datagram } from "../../../src/core/backend.ts";
import { provideBuiltins } from "../../../src/core/builtins.ts";
import { getErrno } from "../../../src/core/errors.ts";
import { BunHandle } from "../../../src/runtimes/bun/handle.ts";
import { BunOptions } from "../../../src/runtimes/bun/options.ts";
import type { BunHandlers, BunNamespace, BunSocket } from "../../../src/runtimes/bun/types.ts";
import { timeouts } from "../../../src/runtimes/common/timers.ts";
import { builtinWithSystemErrors } from "../../../src/runtimes/common/system_errors.ts";

// As the adapter's choice does it on Bun.
provideBuiltins({ util: "getSystemErrorMap" in util ? util : builtinWithSystemErrors("node:util") as typeof util });

const DATAGRAM: Datagram = { data: new Uint8Array(1), address: "127.0.0.1", port: 9, watched: true, segmentSize: 0 };

interface Played {
  readonly handle: BunHandle;
  readonly handlers: BunHandlers;
  readonly told: string[];
  /** The calls of setTimeout that are still to come. */
  readonly timers: Map<unknown, () => void>;
}

/** Calls `play` with a handle whose socket answers each send with that errno, and with timers that it runs itself. */
function withHandle(code: string, play: (played: Played) => void): void {
  const told: string[] = [];
  const refuse = (): never => {
    throw Object.assign(new Error(code), { code });
  };
  const socket = {
    address: { address: "127.0.0.1", family: "IPv4", port: 1 },
    port: 1,
    fd: -1,
    send: refuse,
    sendMany: refuse,
    ref: () => {},
    unref: () => {},
    close: () => told.push("close"),
  } as unknown as BunSocket;
  const handle = new BunHandle({ bun: {} as BunNamespace, libc: null, adopts: true, connects: false }, {
    message: () => told.push("message"),
    sent: () => told.push("sent"),
    drained: () => told.push("drained"),
    receiveError: () => told.push("receiveError"),
    closed: () => told.push("closed"),
  }, {});
  const { socket: handlers } = handle.receiving;
  const real = { ...timeouts };
  const timers = new Map<unknown, () => void>();
  try {
    timeouts.setTimeout = ((callback: () => void) => {
      const timer = {};
      timers.set(timer, callback);
      return timer;
    }) as unknown as typeof timeouts.setTimeout;
    timeouts.clearTimeout = (timer: unknown) => void timers.delete(timer);
    play({ handle: handle.start(socket, "127.0.0.1"), handlers, told, timers });
  } finally {
    Object.assign(timeouts, real);
  }
}

/** The memberships of a socket whose methods do what their names say, or on a Bun up to 1.3.0 what the other's says. */
class Memberships {
  readonly joined: string[] = [];
  readonly #isSwapped: boolean;

  constructor(isSwapped: boolean) {
    this.#isSwapped = isSwapped;
  }

  addSourceSpecificMembership(...membership: unknown[]): void {
    this.#change(!this.#isSwapped, membership);
  }

  dropSourceSpecificMembership(...membership: unknown[]): void {
    this.#change(this.#isSwapped, membership);
  }

  #change(joins: boolean, membership: unknown[]): void {
    const [name, code] = [membership.join(), joins ? "EADDRNOTAVAIL" : "EINVAL"];
    const at = this.joined.indexOf(name);
    if (membership.includes(undefined) || at >= 0 === joins) throw Object.assign(new Error(code), { code });
    if (joins) this.joined.push(name);
    else this.joined.splice(at, 1);
  }
}

const MEMBERSHIPS = [
  { group: "232.0.0.1", interface: undefined, source: "192.0.2.1" },
  { group: "232.0.0.1", interface: "127.0.0.1", source: "192.0.2.2" },
  { group: "ff35::1", interface: undefined, source: "2001:db8::1" },
];

// First, since what is shown of this Bun is kept.
test("a source is not left by a method that may join it", () => {
  const played = new Memberships(true);
  const options = new BunOptions(played as unknown as BunSocket, false);
  assertEquals([options.leave(MEMBERSHIPS[0]), played.joined], [getErrno("EINVAL"), []]);
});

for (const isSwapped of [false, true]) {
  test(`a source is joined and left where Bun ${isSwapped ? "does the one for the other" : "does what it says"}`, () => {
    const played = new Memberships(isSwapped);
    const options = new BunOptions(played as unknown as BunSocket, false);
    for (let i = 0; i < 2; i++) {
      assertEquals(MEMBERSHIPS.map((membership) => options.join(membership)), [0, 0, 0]);
      assertEquals(played.joined, [
        "192.0.2.1,232.0.0.1,0.0.0.0",
        "192.0.2.2,232.0.0.1,127.0.0.1",
        "2001:db8::1,ff35::1,::",
      ]);
      assertEquals(options.join(MEMBERSHIPS[0]), getErrno("EADDRNOTAVAIL"));
      assertEquals(MEMBERSHIPS.map((membership) => options.leave(membership)), [0, 0, 0]);
      assertEquals([played.joined, options.leave(MEMBERSHIPS[0])], [[], getErrno("EINVAL")]);
    }
  });
}

test("a source that somebody else has joined is left where Bun adopts descriptors", () => {
  const played = new Memberships(false);
  played.joined.push("192.0.2.1,232.0.0.1,0.0.0.0");
  const options = new BunOptions(played as unknown as BunSocket, true);
  assertEquals([options.leave(MEMBERSHIPS[0]), played.joined], [0, []]);
});

test("a handle of Bun's that finds no room again and again has one timer", () => {
  withHandle("ENOBUFS", ({ handle, told, timers }) => {
    for (let i = 0; i < 100; i++) {
      assertEquals(handle.send(DATAGRAM), 0);
      assertEquals(handle.sendBatch([DATAGRAM, DATAGRAM], 0, 2), 0);
    }
    assertEquals(timers.size, 1);
    for (const [timer, run] of timers) {
      timers.delete(timer);
      run();
    }
    assertEquals([told, timers.size], [["drained"], 0]);
  });
});

for (const how of ["close", "closedBelow"] as const) {
  test(`a handle of Bun's has no timer and tells nothing after ${how}()`, () => {
    withHandle("ENOBUFS", ({ handle, handlers, told, timers }) => {
      handle.send(DATAGRAM);
      if (how === "close") handle.close(() => told.push("done"));
      else handle.closedBelow();
      assertEquals([timers.size, told], [0, how === "close" ? ["close", "done"] : ["closed"]]);
      told.length = 0;
      handlers.drain!(undefined as never);
      handlers.error!({ code: "ECONNREFUSED" });
      handlers.data!(undefined as never, undefined as never, 9, "127.0.0.1");
      handle.closedBelow();
      assertEquals(told, []);
    });
  });
}
