/** The look-up option and the names that go through it. */
import dns from "node:dns";
import process from "node:process";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

type Done = (error: Error | null, address?: unknown, family?: number) => void;

/** A look-up that answers in the same call, later, or when told to. */
function answering(stage: Stage, when: "at once" | "later", answer: (name: string) => string | Error): unknown {
  return (name: string, family: number, done: Done): void => {
    stage.note("lookup", name, family);
    const found = answer(name);
    const tell = (): void => found instanceof Error ? done(found) : done(null, found, family);
    if (when === "at once") tell();
    else setImmediate(tell);
  };
}

const failure = (): Error => Object.assign(new Error("no such host here"), { code: "ENOHOST", hostname: "here" });

export const lookupScenarios: readonly Scenario[] = [
  scenario("a look-up is called with a name, a family and a callback", { rows: [18] }, async (stage) => {
    const a = stage.socket("a", {
      type: "udp4",
      lookup(this: unknown, ...args: unknown[]) {
        stage.note("arguments", args.length, args[0], args[1], typeof args[2], this);
        (args[2] as Done)(null, "127.0.0.1");
      },
    });
    stage.call("bind", () => a.bind(0, "some.host"));
    await stage.settle();
  }),

  scenario("a look-up that answers at once makes bind() complete in its call", { rows: [36] }, async (stage) => {
    const a = stage.socket("a", { type: "udp4", lookup: answering(stage, "at once", () => "127.0.0.1") });
    stage.call("bind", () => a.bind(0, "some.host", stage.callback("cb")));
    stage.call("address", () => a.address());
    await stage.settle();
  }),

  scenario("a look-up that answers at once with an error makes bind() fail in its call", { rows: [36, 38] }, async (
    stage,
  ) => {
    const a = stage.socket("a", { type: "udp4", lookup: answering(stage, "at once", failure) });
    a.on("error", (error: Error) => stage.keys("error", error));
    stage.call("bind", () => a.bind(0, "some.host", stage.callback("cb")));
    await stage.settle();
  }),

  scenario("a look-up that answers later delays 'listening' to then", { rows: [35] }, async (stage) => {
    const a = stage.socket("a", { type: "udp4", lookup: answering(stage, "later", () => "127.0.0.1") });
    stage.call("bind", () => a.bind(0, "some.host", stage.callback("cb")));
    setImmediate(() => stage.note("immediate"));
    await stage.seen("cb called");
    stage.call("address", () => a.address());
  }),

  scenario("a look-up is asked for literals and for the default address, too", { rows: [35] }, async (stage) => {
    const lookup = answering(stage, "at once", (name) => name);
    stage.socket("a", { type: "udp4", lookup }).bind(0, "127.0.0.1");
    stage.socket("b", { type: "udp4", lookup }).bind(0);
    await stage.settle();
  }),

  scenario("a look-up of udp6 is asked for family 6", { rows: [18, 35], ipv6: true }, async (stage) => {
    const lookup = answering(stage, "at once", () => "::1");
    stage.socket("a", { type: "udp6", lookup }).bind(0);
    await stage.settle();
  }),

  scenario("what dns.lookup() answers is told after the ticks of the turn, also where it is given", {
    rows: [18],
  }, async (stage) => {
    const options = { "left out": "udp4", given: { type: "udp4", lookup: dns.lookup } };
    for (const [how, option] of Object.entries(options)) {
      let tooEarly = 0;
      for (let tries = 0; tries < 50; tries++) {
        const socket = stage.dgram.createSocket(option);
        let ticked = false;
        await new Promise<void>((done) => {
          socket.on("listening", () => {
            if (!ticked) tooEarly++;
            socket.close(done);
          });
          socket.bind(0, "localhost");
          process.nextTick(() => ticked = true);
        });
      }
      stage.note(`${how}, told too early`, tooEarly);
    }
  }),

  scenario("what takes the place of dns.lookup, made of it, answers when it wants", { rows: [18] }, async (stage) => {
    const own = dns.lookup;
    const answer = (_: string, __: number, done: Done): void => done(null, "127.0.0.1", 4);
    const copy = Object.defineProperties(answer, Object.getOwnPropertyDescriptors(own));
    const proxy = new Proxy(own, { apply: (_, __, values) => answer(...values as Parameters<typeof answer>) });
    for (const [label, lookup] of Object.entries({ copy, proxy })) {
      dns.lookup = lookup as typeof own;
      try {
        const socket = stage.socket(label);
        stage.call("bind", () => socket.bind(0, "some.host"));
        stage.note("bound", socket.address().address);
      } finally {
        dns.lookup = own;
      }
    }
    await stage.settle();
  }),

  scenario("a look-up's own error is the one that is told", { rows: [38] }, async (stage) => {
    const error = failure();
    const a = stage.socket("a", { type: "udp4", lookup: (_: string, __: number, done: Done) => done(error) });
    a.on("error", (told: unknown) => stage.note("the same object", told === error));
    a.bind(0, "some.host");
    await stage.seen("the same object");
  }),

  scenario("a look-up's error is told as what it is, also where it is a number or a text", { rows: [38] }, async (
    stage,
  ) => {
    for (const error of [5, -11, "text", true]) {
      const name = `${typeof error} ${error}`;
      const lookup = (host: string, _: number, done: (error: unknown, address?: string) => void): void =>
        host === "127.0.0.1" ? done(null, host) : done(error);
      const a = stage.socket(name, { type: "udp4", lookup });
      a.on("error", (told: unknown) => stage.note(`${name}: 'error'`, told === error));
      a.bind(0, "127.0.0.1");
      await stage.seen(`${name} 'listening'`);
      a.send("x", 9, "some.host", (told: unknown) => stage.note(`${name}: a callback`, told === error));
      a.send("x", 9, "some.host");
      a.connect(9, "some.host", (told: unknown) => stage.note(`${name}: connect()`, told === error));
      await stage.settle();
      a.close();
      await stage.seen(`${name} 'close'`);
    }
  }),

  scenario("a look-up that throws throws out of bind()", { rows: [35] }, async (stage) => {
    const lookup = (): void => {
      throw new Error("from the look-up");
    };
    const a = stage.socket("a", { type: "udp4", lookup });
    stage.call("bind", () => a.bind(0, "some.host"));
    await stage.settle();
  }),

  scenario("a look-up that answers with an address of the other family fails in bind(2)", { rows: [37] }, async (
    stage,
  ) => {
    const a = stage.socket("a", { type: "udp4", lookup: answering(stage, "at once", () => "::1") });
    a.bind(0, "some.host");
    await stage.settle();
  }),

  scenario("a look-up that answers after close() is not listened to", { rows: [158] }, async (stage) => {
    let answer: Done = () => {};
    const a = stage.socket("a", { type: "udp4", lookup: (_: string, __: number, done: Done) => answer = done });
    a.bind(0, "some.host", stage.callback("cb"));
    a.close();
    await stage.seen("a 'close'");
    answer(null, "127.0.0.1");
    await stage.settle();
    answer(failure());
    await stage.settle();
  }),

  scenario("a look-up's error after close() is not told", { rows: [158] }, async (stage) => {
    let answer: Done = () => {};
    const a = stage.socket("a", { type: "udp4", lookup: (_: string, __: number, done: Done) => answer = done });
    a.bind(0, "some.host", stage.callback("cb"));
    a.close();
    answer(failure());
    await stage.settle();
  }),

  scenario(
    "a connect() asks the look-up for its address and for the default one",
    { rows: [51, 53] },
    async (stage) => {
      const lookup = answering(stage, "at once", (name) => name === "peer.host" ? "127.0.0.1" : name);
      const peer = await stage.bound("peer");
      const a = stage.socket("a", { type: "udp4", lookup });
      a.connect(peer.address().port, "peer.host", stage.callback("first"));
      await stage.settle();
      stage.call("remote", () => a.remoteAddress());
      const b = stage.socket("b", { type: "udp4", lookup });
      b.connect(peer.address().port, stage.callback("second"));
      await stage.settle();
    },
  ),

  scenario("a connect() whose look-up fails tells its callback", { rows: [23, 54, 151] }, async (stage) => {
    const lookup = answering(stage, "later", (name) => name === "peer.host" ? failure() : name);
    const peer = await stage.bound("peer");
    const a = stage.socket("a", { type: "udp4", lookup });
    stage.call("connect", () => a.connect(peer.address().port, "peer.host", stage.callback("cb")));
    await stage.seen("cb called");
    stage.note("listeners", a.listenerCount("connect"));
    stage.call("again", () => a.connect(peer.address().port, "127.0.0.1", stage.callback("cb again")));
    await stage.seen("cb again called");
  }),

  scenario("a connect() whose look-up fails tells 'error' where there is no callback", { rows: [23, 54, 152] }, async (
    stage,
  ) => {
    const lookup = answering(stage, "later", (name) => name === "peer.host" ? failure() : name);
    const peer = await stage.bound("peer");
    const a = stage.socket("a", { type: "udp4", lookup });
    stage.call("connect", () => a.connect(peer.address().port, "peer.host"));
    await stage.seen("a 'error'");
    stage.call("again", () => a.connect(peer.address().port, "127.0.0.1"));
    await stage.seen("a 'connect'");
  }),

  scenario("a send whose look-up fails tells its callback, or 'error'", { rows: [84, 153] }, async (stage) => {
    const lookup = answering(stage, "later", (name) => name === "peer.host" ? failure() : name);
    const peer = await stage.bound("peer");
    const a = stage.socket("a", { type: "udp4", lookup });
    a.bind(0, "127.0.0.1");
    await stage.seen("a 'listening'");
    stage.call("send", () => a.send("x", peer.address().port, "peer.host", stage.callback("cb")));
    await stage.seen("cb called");
    stage.call("send", () => a.send("x", peer.address().port, "peer.host"));
    await stage.seen("a 'error'");
  }),
];
