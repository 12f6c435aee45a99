/** bind({ fd }). */
import { takeDescriptor } from "../descriptors.ts";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import { named } from "./odd_values.ts";

export const bindFdScenarios: readonly Scenario[] = [
  scenario("an fd that is not a positive integer of 32 bits is none", { rows: [43] }, async (stage) => {
    for (
      const fd of [0, -1, 1.5, "1", null, undefined, NaN, 2 ** 31, 2 ** 32 + 1, {}, true, [1], { valueOf: () => 1 }]
    ) {
      const a = stage.dgram.createSocket("udp4");
      a.on("listening", () => {
        stage.note(`fd ${named(fd)}`, a.address().address, a.address().port > 0);
        a.close();
      });
      a.bind({ fd, address: "127.0.0.1" });
    }
    await stage.settle();
  }),

  scenario("an fd that no number can be made of is refused, and the socket may be bound", {
    rows: [43],
    deviates: {
      row: 150,
      expected: [
        'bigint threw TypeError [ERR_INVALID_ARG_TYPE]: The "options.fd" property must be of type number. Received type bigint (5n)',
        'symbol threw TypeError [ERR_INVALID_ARG_TYPE]: The "options.fd" property must be of type number. Received type symbol (Symbol(s))',
        "again returned <socket a>",
        "a 'listening'",
      ],
    },
  }, async (stage) => {
    const a = stage.socket("a");
    stage.call("bigint", () => a.bind({ fd: 5n }));
    stage.call("symbol", () => a.bind({ fd: Symbol("s") }));
    stage.call("again", () => a.bind(0, "127.0.0.1"));
    await stage.settle();
  }),

  scenario("a bound descriptor is adopted in the call, whatever else is given", {
    rows: [43, 44],
    needs: ["fd"],
    descriptors: true,
  }, async (stage) => {
    const fd = takeDescriptor("bound");
    const a = stage.socket("a");
    stage.call("bind", () => a.bind({ fd, port: 5, address: "192.0.2.77" }, stage.callback("cb")));
    stage.call("address", () => a.address());
    stage.call("remoteAddress", () => a.remoteAddress());
    stage.call("again", () => a.bind(0));
    const b = await stage.bound("b");
    b.send("to the descriptor", a.address().port, "127.0.0.1", stage.callback("sent to it"));
    await stage.seen("a 'message'");
    a.send("from the descriptor", b.address().port, "127.0.0.1", stage.callback("sent from it"));
    await stage.seen("b 'message'");
    await stage.seen("sent from it called");
    a.close();
    await stage.seen("a 'close'");
  }),

  scenario(
    "a bound descriptor of IPv6 is adopted",
    { rows: [44], needs: ["fd"], ipv6: true, descriptors: true },
    async (
      stage,
    ) => {
      const a = stage.socket("a", "udp6");
      stage.call("bind", () => a.bind({ fd: takeDescriptor("bound6") }));
      stage.call("address", () => a.address());
      a.send("hello", a.address().port, "::1");
      await stage.seen("a 'message'");
    },
  ),

  scenario(
    "an unbound descriptor has the port 0 until it sends",
    { rows: [44], needs: ["fd"], descriptors: true },
    async (
      stage,
    ) => {
      const b = await stage.bound("b");
      const a = stage.socket("a");
      stage.call("bind", () => a.bind({ fd: takeDescriptor("unbound") }, stage.callback("cb")));
      stage.call("address", () => a.address());
      a.send("hello", b.address().port, "127.0.0.1", stage.callback("sent"));
      await stage.seen("sent called");
      stage.note("a port now", a.address().port > 0);
    },
  ),

  scenario("a descriptor can be adopted once", {
    rows: [25, 43],
    needs: ["fd"],
    descriptors: true,
    deviates: {
      row: 25,
      expected: [
        "a 'listening'",
        "bind threw Error [EEXIST]: open EEXIST { errno: -EEXIST, syscall: 'open' }",
        "again returned <socket b>",
        "b 'listening'",
      ],
    },
  }, async (stage) => {
    const fd = takeDescriptor("bound");
    const a = stage.socket("a");
    a.bind({ fd });
    const b = stage.socket("b");
    stage.call("bind", () => b.bind({ fd }, stage.callback("cb")));
    stage.call("again", () => b.bind(0, "127.0.0.1"));
    await stage.settle();
  }),

  scenario("an adoption that is refused leaves the descriptor to who has it", {
    rows: [25, 43],
    needs: ["fd"],
    descriptors: true,
  }, async (stage) => {
    const fd = takeDescriptor("bound");
    const a = stage.socket("a");
    a.bind({ fd });
    const b = stage.dgram.createSocket("udp4");
    b.on("error", () => {});
    stage.call("bind", () => b.bind({ fd, exclusive: true }));
    try {
      b.close();
    } catch {
      // Node's own can't be closed any more.
    }
    await stage.settle();
    // It would get the number, had that been closed.
    const c = await stage.bound("c");
    a.send("from a", c.address().port, "127.0.0.1", stage.callback("sent"));
    await stage.seen("c 'message'");
    c.send("to a", a.address().port, "127.0.0.1");
    await stage.seen("a 'message'");
  }),

  scenario("a closed socket has closed its descriptor", { rows: [43, 44], needs: ["fd"], descriptors: true }, async (
    stage,
  ) => {
    const fd = takeDescriptor("bound");
    const a = stage.socket("a");
    a.bind({ fd });
    stage.call("close", () => a.close());
    await stage.seen("a 'close'");
    await stage.settle();
    const b = stage.socket("b");
    stage.call("bind", () => b.bind({ fd }));
  }),

  ...["tcp", "file"].map((kind) =>
    scenario(`a descriptor of the kind ${kind} is refused`, {
      rows: [25, 43, 138],
      needs: ["fd"],
      descriptors: true,
      deviates: {
        row: 25,
        expected: [
          `bind threw TypeError [ERR_INVALID_FD_TYPE]: Unsupported fd type: ${kind.toUpperCase()}`,
          "again returned <socket a>",
          "a 'listening'",
          "second called with () on <socket a>",
        ],
      },
    }, async (stage) => {
      const a = stage.socket("a");
      stage.call("bind", () => a.bind({ fd: takeDescriptor(kind) }, stage.callback("first")));
      await stage.settle();
      stage.call("again", () => a.bind(0, "127.0.0.1", stage.callback("second")));
      await stage.settle();
    })
  ),

  // Standard output is a pipe here.
  scenario("a descriptor that is a pipe is refused", { rows: [43, 138], needs: ["fd"] }, async (stage) => {
    const a = stage.socket("a");
    stage.call("bind", () => a.bind({ fd: 1 }));
    await stage.settle();
  }),

  scenario("a descriptor that is not open is refused", { rows: [43, 138], needs: ["fd"] }, async (stage) => {
    const a = stage.socket("a");
    stage.call("bind", () => a.bind({ fd: 900 }));
    await stage.settle();
  }),

  scenario("a bound socket and a closed one refuse a descriptor before they look at it", { rows: [29, 43] }, async (
    stage,
  ) => {
    const bound = await stage.bound("bound");
    stage.call("bound", () => bound.bind({ fd: 1 }));
    bound.close();
    stage.call("closed", () => bound.bind({ fd: 1 }));
    await stage.settle();
  }),
];
