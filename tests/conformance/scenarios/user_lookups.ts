/** Look-ups of users that do not do what a look-up should. */
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { AnySocket, Stage } from "../stage.ts";

type Done = (error: Error | null, address?: unknown, family?: number) => void;

const HOST = "127.0.0.1";

/** A bound socket whose look-up does `act` for the name "x", and answers all others. */
async function asking(stage: Stage, act: (done: Done) => void): Promise<AnySocket> {
  const lookup = (name: string, family: number, done: Done): void => {
    if (name === "x") act(done);
    else done(null, name, family);
  };
  return await stage.bound("a", { type: "udp4", lookup });
}

/** Sends to "x", and shows that the socket goes on and closes. */
async function sendAndClose(stage: Stage, act: (done: Done) => void): Promise<void> {
  const peer = await stage.bound("peer");
  const a = await asking(stage, act);
  stage.call("send", () => a.send("to x", peer.address().port, "x", stage.callback("cb")));
  await stage.settle();
  stage.call("send", () => a.send("to the peer", peer.address().port, HOST, stage.callback("next")));
  await stage.seen("next called");
  await stage.seen("Buffer 'to the peer'");
  a.close();
  await stage.seen("a 'close'");
}

const answers: readonly [name: string, address: unknown][] = [
  ["an empty string", ""],
  ["nothing", undefined],
  ["null", null],
  ["a number", 127],
  ["a name", "not.numeric"],
];

export const userLookupScenarios: readonly Scenario[] = [
  scenario("a look-up that answers and then throws sends, and its caller gets what it threw", {
    rows: [84],
    needs: ["sendInTurn"],
  }, (stage) =>
    sendAndClose(stage, (done) => {
      done(null, HOST, 4);
      throw new Error("after the answer");
    })),

  scenario(
    "a look-up that throws in place of an answer leaves nothing that waits",
    { rows: [84] },
    (stage) =>
      sendAndClose(stage, () => {
        throw new Error("no answer");
      }),
  ),

  scenario("a bind whose look-up answers at once throws what a listener of 'listening' throws, and is done", {
    rows: [37],
  }, async (stage) => {
    const lookup = (name: string, family: number, done: Done): void => done(null, name, family);
    const a = stage.socket("a", { type: "udp4", lookup });
    a.on("listening", () => {
      throw new Error("in the listener");
    });
    stage.call("bind", () => a.bind(0, HOST, stage.callback("cb")));
    stage.call("address", () => a.address());
    stage.call("bind", () => a.bind(0, HOST));
    await stage.settle();
  }),

  scenario("a look-up that answers twice sends once", {
    rows: [78],
    needs: ["sendInTurn"],
    deviates: {
      row: 84,
      expected: [
        "send returned undefined",
        "cb called with (null, 4) on undefined",
        "send returned undefined",
        "next called with (null, 11) on undefined",
        "a 'close'",
        "peer 'message' Buffer 'to x', { address: '127.0.0.1', family: 'IPv4', port: <port a>, size: 4 }",
        "peer 'message' Buffer 'to the peer', { address: '127.0.0.1', family: 'IPv4', port: <port a>, size: 11 }",
      ],
    },
  }, (stage) =>
    sendAndClose(stage, (done) => {
      done(null, HOST, 4);
      done(null, HOST, 4);
    })),

  // What is no string ends the process on Node 26, by an assertion: tests/core/user_lookups.test.ts.
  ...answers.filter(([, address]) => typeof address === "string").map(([name, address]) =>
    scenario(
      `a look-up that answers ${name} ends the send with EINVAL`,
      { rows: [82, 85] },
      (stage) => sendAndClose(stage, (done) => done(null, address, 4)),
    )
  ),

  ...answers.map(([name, address]) =>
    scenario(`a look-up that answers ${name} fails the bind with EINVAL`, { rows: [37] }, async (stage) => {
      const a = stage.socket("a", { type: "udp4", lookup: (_: string, __: number, done: Done) => done(null, address) });
      stage.call("bind", () => a.bind(0, "x"));
      await stage.settle();
    })
  ),

  scenario("a look-up that never answers keeps close() for a second, and then its send ends with ECANCELED", {
    rows: [88],
    deviates: {
      row: 88,
      expected: [
        "send returned undefined",
        "cb called with (Error [ECANCELED]: send ECANCELED x:9 { errno: -ECANCELED, syscall: 'send', address: 'x', port: 9 }) on undefined",
        "a 'close'",
      ],
    },
  }, async (stage) => {
    const a = await asking(stage, () => {});
    stage.call("send", () => a.send("to x", 9, "x", stage.callback("cb")));
    await stage.settle();
    a.close();
    await stage.seen("a 'close'");
  }),

  scenario("a look-up that answers after close() has given up changes nothing", { rows: [88, 158] }, async (stage) => {
    let answer: Done | undefined;
    const a = await asking(stage, (done) => answer = done);
    a.send("to x", 9, "x");
    await stage.settle();
    a.close();
    await stage.seen("a 'close'");
    stage.call("answer", () => answer!(null, HOST, 4));
    await stage.settle();
  }),

  scenario("an abort does not wait for a look-up", { rows: [112] }, async (stage) => {
    const controller = new AbortController();
    const lookup = (name: string, family: number, done: Done): void => {
      if (name !== "x") done(null, name, family);
    };
    const a = await stage.bound("a", { type: "udp4", lookup, signal: controller.signal });
    a.send("to x", 9, "x");
    await stage.settle();
    controller.abort();
    await stage.settle();
    stage.note("some turns later");
  }),
];
