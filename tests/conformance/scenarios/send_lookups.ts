/** send() to names: how the look-up is asked, and what becomes of its answers. */
import { Buffer } from "node:buffer";
import process from "node:process";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { AnySocket, Stage } from "../stage.ts";

const HOST = "127.0.0.1";

type Done = (error: unknown, address?: unknown, family?: number) => void;

const failure = (): Error => Object.assign(new Error("no such host here"), { code: "ENOHOST", hostname: "here" });

/** A bound socket with a look-up that is quiet about the bind. */
async function withLookup(
  stage: Stage,
  answer: (name: string, done: Done) => void,
  type: "udp4" | "udp6" = "udp4",
): Promise<AnySocket> {
  let bound = false;
  const lookup = (name: string, family: number, done: Done): void => {
    if (!bound) return done(null, name);
    stage.note("lookup", name, family);
    answer(name, done);
  };
  const a = await stage.bound("a", { type, lookup });
  bound = true;
  return a;
}

export const sendLookupScenarios: readonly Scenario[] = [
  scenario("every send() asks the look-up, for names, literals and the default", { rows: [78, 84] }, async (stage) => {
    const peer = await stage.bound("peer");
    const { port } = peer.address();
    const a = await withLookup(stage, (_, done) => done(null, HOST));
    for (const name of ["a.name", "a.name", HOST, "10.1.2.3", "::1"]) a.send(name, port, name, stage.callback(name));
    a.send("default", port, stage.callback("default"));
    await stage.seen("peer 'message'", 6);
  }),

  scenario("a look-up of udp6 is asked for ::1 where send() has no address", { rows: [72, 78], ipv6: true }, async (
    stage,
  ) => {
    const peer = await stage.bound("peer", "udp6");
    const a = await withLookup(stage, (_, done) => done(null, "::1"), "udp6");
    a.send("x", peer.address().port, stage.callback("cb"));
    await stage.seen("peer 'message'");
  }),

  scenario(
    "a datagram whose look-up answers at once leaves within send()",
    { rows: [78, 80], needs: ["sendInTurn"] },
    async (stage) => {
      const peer = await stage.bound("peer");
      const a = await withLookup(stage, (_, done) => {
        done(null, HOST);
        stage.note("answered");
      });
      const buffer = Buffer.from("x");
      stage.call("send", () => a.send(buffer, peer.address().port, "a.name", stage.callback("cb")));
      buffer.fill("y");
      await stage.seen("cb called");
      await stage.seen("peer 'message'");
    },
  ),

  scenario(
    "a datagram leaves within its look-up's answer",
    { rows: [78, 80], needs: ["sendInTurn"] },
    async (stage) => {
      const peer = await stage.bound("peer");
      const buffer = Buffer.from("x");
      const a = await withLookup(stage, (_, done) => {
        setImmediate(() => {
          done(null, HOST);
          buffer.fill("y");
          process.nextTick(() => stage.note("tick after"));
        });
      });
      a.send(buffer, peer.address().port, "a.name", stage.callback("cb"));
      await stage.seen("cb called");
      await stage.seen("peer 'message'");
    },
  ),

  scenario("datagrams to one name leave in their order where the look-up answers in another", {
    rows: [78],
    deviates: {
      row: 78,
      expected: [
        "note lookup 'a.name', 4",
        "note lookup 'a.name', 4",
        "note lookup 'a.name', 4",
        "m0 called with (null, 2) on undefined",
        "m1 called with (null, 2) on undefined",
        "m2 called with (null, 2) on undefined",
        ...[0, 1, 2].map((i) =>
          `peer 'message' Buffer 'm${i}', { address: '127.0.0.1', family: 'IPv4', port: <port a>, size: 2 }`
        ),
      ],
    },
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const asked: Done[] = [];
    const a = await withLookup(stage, (_, done) => asked.push(done));
    for (let i = 0; i < 3; i++) a.send(`m${i}`, peer.address().port, "a.name", stage.callback(`m${i}`));
    for (const done of asked.reverse()) {
      done(null, HOST);
      await stage.settle();
    }
    await stage.seen("peer 'message'", 3);
  }),

  scenario("a slow look-up of one name does not hold up another", { rows: [78] }, async (stage) => {
    const peer = await stage.bound("peer");
    let answerSlowly: Done = () => {};
    const a = await withLookup(stage, (name, done) => {
      if (name === "slow.name") answerSlowly = done;
      else setImmediate(done, null, HOST);
    });
    a.send("slow", peer.address().port, "slow.name", stage.callback("slow"));
    a.send("quick", peer.address().port, "quick.name", stage.callback("quick"));
    await stage.seen("quick called");
    await stage.seen("peer 'message'");
    answerSlowly(null, HOST);
    await stage.seen("slow called");
    await stage.seen("peer 'message'", 2);
  }),

  scenario("a look-up's error is the one that send()'s callback gets", { rows: [84] }, async (stage) => {
    const error = failure();
    const a = await withLookup(stage, (_, done) => setImmediate(done, error));
    a.send("x", 9, "a.name", (...args: unknown[]) => stage.note("arguments", args.length, args[0] === error));
    await stage.seen("arguments");
  }),

  scenario("a look-up that fails at once calls back on a later tick", { rows: [84] }, async (stage) => {
    const a = await withLookup(stage, (_, done) => done(failure()));
    stage.call("send", () => a.send("x", 9, "a.name", stage.callback("cb")));
    queueMicrotask(() => stage.note("microtask"));
    await stage.seen("cb called");
    stage.call("send", () => a.send("x", 9, "a.name"));
    await stage.seen("a 'error'");
  }),

  scenario("a look-up's error without a callback and without a listener reaches the process", { rows: [84] }, async (
    stage,
  ) => {
    const lookup = (name: string, _: number, done: Done): void => name === HOST ? done(null, name) : done(failure());
    const a = await stage.bound("a", { type: "udp4", lookup }, undefined, { unheard: ["error"] });
    stage.call("send", () => a.send("x", 9, "a.name"));
    await stage.seen("uncaughtException");
    stage.call("address", () => a.address().family);
  }),

  scenario("a look-up that throws throws out of send()", { rows: [84] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await withLookup(stage, (name, done) => {
      if (name === "bad.name") throw new Error("from the look-up");
      done(null, HOST);
    });
    stage.call("send", () => a.send("lost", peer.address().port, "bad.name", stage.callback("lost")));
    stage.call("send", () => a.send("kept", peer.address().port, "good.name", stage.callback("kept")));
    await stage.seen("peer 'message'");
    await stage.quiet();
    a.close();
    await stage.seen("a 'close'");
  }),

  scenario("a look-up's answer of the other family fails in the send", { rows: [85] }, async (stage) => {
    const a = await withLookup(stage, (_, done) => done(null, "::1"));
    a.send("x", 9, "a.name", stage.callback("cb"));
    await stage.seen("cb called");
  }),

  scenario("a look-up's answer that is no address fails in the send", { rows: [85] }, async (stage) => {
    const a = await withLookup(stage, (_, done) => done(null, "no address"));
    a.send("x", 9, "a.name", stage.callback("cb"));
    await stage.seen("cb called");
  }),

  scenario("errors of a send repeat the name, not the address", { rows: [82] }, async (stage) => {
    const a = await withLookup(stage, (_, done) => done(null, HOST));
    a.send(new Uint8Array(65_508), 9, "a.name", stage.callback("name"));
    await stage.seen("name called");
    a.send(new Uint8Array(65_508), 9, undefined, stage.callback("no name"));
    await stage.seen("no name called");
    a.send(new Uint8Array(65_508), "9", "", stage.callback("empty name"));
    await stage.seen("empty name called");
  }),

  scenario("a name that has no address is the callback's error, or an 'error'", { rows: [84, 145] }, async (stage) => {
    const a = await stage.bound("a");
    a.on("error", (error: Error) => stage.keys("error", error));
    a.send("x", 9, "a..b", stage.callback("cb"));
    await stage.seen("cb called");
    a.send("x", 9, "a..b");
    await stage.seen("a 'error'");
  }),

  ...["a b", "exa mple%", "a..b", "a/b"].map((name) =>
    scenario(`what is no name is not found: ${name}`, { rows: [54, 84], needs: ["connect"] }, async (stage) => {
      const peer = await stage.bound("peer");
      const a = await stage.bound("a");
      a.send("x", 9, name, stage.callback("send"));
      await stage.seen("send called");
      a.connect(9, name, stage.callback("connect"));
      await stage.seen("connect called");
      a.connect(9, name);
      await stage.seen("a 'error'");
      a.connect(peer.address().port, stage.callback("again"));
      await stage.seen("again called");
    })
  ),

  scenario("send() to localhost arrives at the address of the socket's family", { rows: [78] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    a.send("x", peer.address().port, "localhost", stage.callback("cb"));
    await stage.seen("peer 'message'");
    await stage.seen("cb called");
  }),

  scenario("close() waits for the look-up of a datagram that was accepted before it", {
    rows: [88],
    deviates: {
      row: 88,
      expected: [
        "note lookup 'a.name', 4",
        "cb called with (null, 1) on undefined",
        "a 'close'",
        "peer 'message' Buffer 'x', { address: '127.0.0.1', family: 'IPv4', port: <port a>, size: 1 }",
      ],
    },
  }, async (stage) => {
    const peer = await stage.bound("peer");
    let answer: Done = () => {};
    const a = await withLookup(stage, (_, done) => answer = done);
    a.send("x", peer.address().port, "a.name", stage.callback("cb"));
    a.close();
    await stage.settle();
    answer(null, HOST);
    await stage.seen("a 'close'");
    await stage.quiet();
  }),
];
