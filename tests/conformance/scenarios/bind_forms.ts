/** bind(): its forms and how it reads its arguments. */
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { AnySocket, Stage } from "../stage.ts";
import { named } from "./odd_values.ts";

/** Binds `a` as told, to a free port where that is asked for, and shows where it is bound then. */
async function bindAndShow(
  stage: Stage,
  bind: (socket: AnySocket, port: number) => unknown,
  type: "udp4" | "udp6" = "udp4",
): Promise<void> {
  const port = bind.length > 1 ? await stage.freePort("given", type) : 0;
  const a = stage.socket("a", type);
  stage.call("bind", () => bind(a, port));
  await stage.seen("a '");
  await stage.settle();
  stage.call("address", () => a.address());
}

export const bindFormScenarios: readonly Scenario[] = [
  scenario("bind() without arguments binds to every address and a random port", { rows: [28, 33] }, (stage) => {
    return bindAndShow(stage, (a) => a.bind());
  }),

  scenario("bind() takes a callback alone", { rows: [28, 30] }, (stage) => {
    return bindAndShow(stage, (a) => a.bind(stage.callback("cb")));
  }),

  scenario("bind() takes a port", { rows: [28] }, (stage) => bindAndShow(stage, (a, port) => a.bind(port))),

  scenario("bind() takes a port and a callback", { rows: [28] }, (stage) => {
    return bindAndShow(stage, (a, port) => a.bind(port, stage.callback("cb")));
  }),

  scenario("bind() takes a port and an address", { rows: [28] }, (stage) => {
    return bindAndShow(stage, (a, port) => a.bind(port, "127.0.0.1"));
  }),

  scenario("bind() takes a port, an address and a callback", { rows: [28] }, (stage) => {
    return bindAndShow(stage, (a, port) => a.bind(port, "127.0.0.1", stage.callback("cb")));
  }),

  scenario("bind()'s callback is its last argument, wherever that is", { rows: [28] }, (stage) => {
    return bindAndShow(stage, (a, port) => a.bind(port, "127.0.0.1", undefined, "x", stage.callback("cb")));
  }),

  scenario("a function that is not bind()'s last argument is no callback", { rows: [28] }, (stage) => {
    return bindAndShow(stage, (a, port) => a.bind(port, stage.callback("cb"), undefined));
  }),

  scenario("bind() takes options", { rows: [28] }, (stage) => {
    return bindAndShow(stage, (a, port) => a.bind({ port, address: "127.0.0.1", exclusive: true }));
  }),

  scenario("bind() takes options and a callback", { rows: [28] }, (stage) => {
    return bindAndShow(stage, (a) => a.bind({ port: 0, address: "127.0.0.1" }, stage.callback("cb")));
  }),

  scenario("bind() takes options without an address or a port", { rows: [28, 33] }, (stage) => {
    return bindAndShow(stage, (a) => a.bind({}, stage.callback("cb")));
  }),

  scenario("bind() with null binds to every address", { rows: [28, 32] }, (stage) => {
    return bindAndShow(stage, (a) => a.bind(null, stage.callback("cb")));
  }),

  scenario("udp6 binds to every address by default", { rows: [33], ipv6: true }, (stage) => {
    return bindAndShow(stage, (a) => a.bind(0), "udp6");
  }),

  scenario("udp6 binds to ::1", { rows: [28], ipv6: true }, (stage) => {
    return bindAndShow(stage, (a) => a.bind(0, "::1"), "udp6");
  }),

  ...["", null, undefined, false, 0].map((address) =>
    scenario(`the address ${named(address)} means every address`, { rows: [33] }, (stage) => {
      return bindAndShow(stage, (a) => a.bind(0, address));
    })
  ),

  ...[
    { shown: "more than 65535", alter: (port: number) => port + 65_536 },
    { shown: "negative", alter: (port: number) => port - 65_536 },
    { shown: "a fraction", alter: (port: number) => port + 0.9 },
    { shown: "a string of digits", alter: (port: number) => String(port) },
    { shown: "an object with a value", alter: (port: number) => ({ valueOf: () => port }) },
  ].map(({ shown, alter }) =>
    scenario(`bind() reads a port that is ${shown} as C would`, { rows: [32] }, (stage) => {
      return bindAndShow(stage, (a, port) => a.bind({ port: alter(port), address: "127.0.0.1" }));
    })
  ),

  ...[5n, Symbol("s")].map((port) =>
    scenario(`bind() reads the port ${named(port)} as a random one, too`, {
      rows: [32],
      deviates: {
        row: 32,
        expected: ["bind returned <socket a>", "a 'listening'", "above 1024 returned true"],
      },
    }, async (stage) => {
      const a = stage.socket("a");
      stage.call("bind", () => a.bind({ port, address: "127.0.0.1" }));
      await stage.quiet();
      stage.call("above 1024", () => a.address().port > 1024);
    })
  ),

  ...["abc", NaN, undefined, null, {}, Infinity, ""].map((port) =>
    scenario(`bind() reads the port ${named(port)} as a random one`, { rows: [32] }, async (stage) => {
      const a = stage.socket("a");
      a.bind({ port, address: "127.0.0.1" });
      await stage.seen("a 'listening'");
      stage.note("random", a.address().port > 1024);
    })
  ),

  ...[5, true, {}, 1n].map((address) =>
    scenario(`bind() throws for an address that is ${named(address)}`, { rows: [34] }, (stage) => {
      const a = stage.socket("a");
      stage.call("bind", () => a.bind(0, address));
    })
  ),

  scenario("a handle of Node's own is no socket to adopt: bind() reads it as options", {
    rows: [45],
    deviates: {
      row: 45,
      expected: [
        "bind returned <socket a>",
        "a 'listening'",
        "cb called with () on <socket a>",
        "address returned { address: '127.0.0.1', family: 'IPv4', port: <port a> }",
        "a 'close'",
      ],
    },
  }, async (stage) => {
    const call = (name: string): () => number => () => {
      stage.note(`the handle's ${name}()`);
      return 0;
    };
    const handle = {
      recvStart: call("recvStart"),
      recvStop: call("recvStop"),
      close: call("close"),
      getAsyncId: () => 1,
      getsockname: (out: object) => void Object.assign(out, { address: "192.0.2.45", family: "IPv4", port: 45 }),
      address: "127.0.0.1",
    };
    const a = stage.socket("a");
    stage.call("bind", () => a.bind(handle, stage.callback("cb")));
    await stage.seen("cb called");
    stage.call("address", () => a.address());
    a.close();
    await stage.seen("a 'close'");
  }),
];
