/** What becomes of datagrams that a link has no room for: in a namespace, where token buckets make one slow. */
import { assertEquals } from "@std/assert";
import { resolve } from "node:path";
import { after, test } from "node:test";
import { root, selfCommand } from "../support/child.ts";
import { type JsonProcess, LIFETIME, startProcess } from "../support/json_process.ts";
import { python, pythonSkip } from "../support/python.ts";
import { within } from "../support/within.ts";
import { ADDRESS, Namespaces, SLOW, slowLinkSkip, STUCK } from "./namespaces.ts";
import { lacking } from "./needs.ts";
import { COUNT, type Ends, textOf } from "./slow_link.ts";

const skip = pythonSkip || slowLinkSkip();

/** Outer bound of one case: it only ends what hangs. */
const PATIENCE = 120_000;

/** Half as fast as `SLOW`: hundreds wait still when a slow machine looks. */
const SLOWER = "rate 2mbit burst 3000 limit 3000000";

interface SlowLink {
  readonly namespaces: Namespaces;
  readonly receivers: Receivers;
}

let shared: Promise<SlowLink> | undefined;

async function end(): Promise<void> {
  const made = await shared;
  shared = undefined;
  await made?.receivers.end();
  await made?.namespaces.end();
}

after(end);

async function prepare(): Promise<SlowLink> {
  const namespaces = await Namespaces.make();
  // No question for the neighbour has to pass the link before the datagrams.
  const lladdr = "02:00:00:00:00:03";
  namespaces.ip("b", `link set dev eth0 address ${lladdr}`);
  namespaces.ip("a", `neighbour replace ${ADDRESS.b[4]} lladdr ${lladdr} nud permanent dev eth0`);
  return { namespaces, receivers: new Receivers(namespaces) };
}

interface Receiver {
  readonly port: number;
  texts(count: number): Promise<string[]>;
}

interface Arrived {
  readonly port: number;
  readonly text: string;
}

/** A process of Python's with sockets on the other side of the link: one for all tests, since each start takes its time. */
class Receivers {
  readonly #peer: JsonProcess;
  #ports: readonly number[] = [];
  readonly #arrived: Arrived[] = [];

  constructor(namespaces: Namespaces) {
    const script = resolve(root, "tests", "network", "receivers.py");
    const command = namespaces.command("b", python, ["-u", script, ADDRESS.b[4]]);
    this.#peer = startProcess(...command, { timeout: LIFETIME });
  }

  /** Two sockets that nothing was sent to, in the place of those before. */
  async open(): Promise<readonly [Receiver, Receiver]> {
    this.#peer.send({ count: 2 });
    let answer: { readonly ports?: readonly number[] };
    // What came to the sockets before is told until they are closed.
    do answer = await within(this.#peer.next<{ ports?: number[] }>(), "the receivers' ports"); while (
      answer.ports === undefined
    );
    this.#ports = answer.ports;
    this.#arrived.length = 0;
    const [a, b] = this.#ports;
    return [this.#at(a), this.#at(b)];
  }

  #at(port: number): Receiver {
    return {
      port,
      texts: async (count) => {
        const texts: string[] = [];
        while (texts.length < count) {
          const at = this.#arrived.findIndex((each) => each.port === port);
          if (at >= 0) texts.push(this.#arrived.splice(at, 1)[0].text);
          else this.#arrived.push(await within(this.#peer.next<Arrived>(), `datagram ${texts.length}`));
        }
        return texts;
      },
    };
  }

  async end(): Promise<void> {
    this.#peer.end();
    await within(this.#peer.result, "the receivers' end");
  }
}

/** Plays a case of slow_link.child.ts at the slow link; `look` sees what arrives. */
async function play<Seen>(
  name: string,
  how: string,
  rate: string,
  look?: (a: Receiver, b: Receiver) => Promise<void>,
): Promise<Seen & { readonly uncaught: readonly string[] }> {
  const { namespaces, receivers } = await (shared ??= prepare());
  const [a, b] = await receivers.open();
  namespaces.limitLink("a", rate);
  try {
    const [command, args] = selfCommand("network/slow_link", [name, how, String(a.port), String(b.port)]);
    const child = startProcess(...namespaces.command("a", command, args), { timeout: PATIENCE });
    const seen = within(child.next<Seen & { uncaught: string[] }>(), `${name} ${how}`, PATIENCE);
    // What fails here is told once the child has said what it saw.
    const arrived = look?.(a, b) ?? Promise.resolve();
    arrived.catch(() => {});
    const told = await seen;
    child.end();
    const { code, signal, stderr } = await within(child.result, "the child's end", PATIENCE);
    assertEquals({ code, signal, stderr, uncaught: told.uncaught }, {
      code: 0,
      signal: null,
      stderr: "",
      uncaught: [],
    });
    await arrived;
    return told;
  } finally {
    namespaces.freeLink("a");
  }
}

const EVERY = Array.from({ length: COUNT }, (_, index) => index);
const ALL_SENT: Ends = { order: EVERY, sent: COUNT, failures: [] };

async function arrive(who: Receiver): Promise<void> {
  assertEquals(await who.texts(COUNT), EVERY.map(textOf));
}

test("a burst that a link has no room for is called back in order, and arrives as it was sent", {
  skip,
}, async () => {
  const { order, sent, failures, ...rest } = await play<Ends>("burst", "", SLOW, arrive);
  assertEquals({ order, sent, failures }, ALL_SENT);
  assertEquals(rest as object, { drained: 1, waited: true, left: [0, 0], uncaught: [] });
});

interface Ending extends Ends {
  readonly endedBefore: number;
  readonly soon: boolean;
  readonly timers: number;
}

for (
  const [how, what] of [
    ["close", "close() of a congested socket"],
    ["abort", "an abort of a congested socket"],
    ["dispose", "asyncDispose of a congested socket"],
  ]
) {
  test(`${what} ends though nothing moves, after each callback has come once`, { skip }, async () => {
    const { order, sent, failures, endedBefore, soon, timers } = await play<Ending>("ending", how, STUCK);
    assertEquals([...order].sort((one, other) => one - other), EVERY);
    assertEquals({ some: sent < COUNT, failures, endedBefore, timers }, {
      some: true,
      failures: ["ECANCELED"],
      endedBefore: COUNT,
      timers: 0,
    });
    // An abort waits for nothing.
    if (how === "abort") assertEquals(soon, true);
  });
}

for (const how of ["close", "dispose"]) {
  test(
    `what waits for a link that moves leaves before 'close', after ${how === "close" ? "close()" : "asyncDispose"}`,
    {
      skip,
    },
    async () => {
      const { order, sent, failures, endedBefore, timers } = await play<Ending>("ending", how, SLOW, arrive);
      assertEquals({ order, sent, failures }, ALL_SENT);
      assertEquals({ endedBefore, timers }, { endedBefore: COUNT, timers: 0 });
    },
  );
}

for (const how of ["unconnected", "connected", "reconnected"]) {
  test(`timers don't add up while hundreds of datagrams wait on a socket that is ${how}, and none after 'close'`, {
    skip: skip || how !== "unconnected" && lacking("connect"),
  }, async () => {
    const { waited, most, left } = await play<{ waited: boolean; most: number; left: number }>("timers", how, SLOWER);
    // A connected socket of libc's asks for ICMP errors by a timer of its own, some times after a send.
    const allowed = how === "unconnected" ? 1 : 2;
    assertEquals({ waited, many: most > allowed, left }, { waited: true, many: false, left: 0 });
  });
}

async function arriveAt(a: Receiver, b: Receiver): Promise<void> {
  await arrive(a);
  assertEquals(await b.texts(1), ["the end"]);
}

test("what waits arrives where it was sent to though the socket is connected elsewhere a turn later", {
  skip: skip || lacking("connect"),
}, async () => {
  const { order, sent, failures, ...rest } = await play<Ends>("connectLater", "", SLOW, arriveAt);
  assertEquals({ order, sent, failures }, ALL_SENT);
  assertEquals(rest as object, { waited: true, uncaught: [] });
});

const AFTERWARDS = {
  "stay": "stays so",
  "at once": "is connected elsewhere",
  "turn later": "is connected elsewhere later",
  "unheard": "is connected elsewhere, and nobody asks for callbacks",
};

for (const [how, then] of Object.entries(AFTERWARDS)) {
  test(`what waits for a peer arrives there though the socket is disconnected and ${then}`, {
    skip: skip || lacking("connect"),
  }, async () => {
    const { order, sent, failures, ...rest } = await play<Ends>("disconnectAndConnect", how, SLOW, arriveAt);
    const ended = how === "unheard" ? { ...ALL_SENT, order: ALL_SENT.order.slice(-1), sent: 1 } : ALL_SENT;
    assertEquals({ order, sent, failures }, ended);
    assertEquals(rest as object, { waited: true, uncaught: [] });
  });
}

test("what is sent while others wait is called back in order, and each in its own asynchronous context", {
  skip,
}, async () => {
  const seen: unknown = await play("contexts", "", SLOW, arrive);
  assertEquals(seen, { order: EVERY, strange: [], waited: true, uncaught: [] });
});

test("nothing is left of the slow link's network", { skip }, end);
