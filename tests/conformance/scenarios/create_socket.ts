/** createSocket(): its arguments, its options and their checks. */
import { BlockList } from "node:net";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { AnySocket, Stage } from "../stage.ts";
import { named } from "./odd_values.ts";

/** Creates a socket and closes it. */
function create(stage: Stage, label: string, ...args: unknown[]): void {
  const socket = stage.call(label, () => stage.dgram.createSocket(...args), { as: (made: AnySocket) => made.type });
  socket?.close();
}

/** Creates one socket for each value of an option. */
function createWithEach(stage: Stage, option: string, values: readonly unknown[]): void {
  for (const value of values) create(stage, `${named(value)}`, { type: "udp4", [option]: value });
}

const ODD_VALUES = [null, undefined, false, true, 0, 1, "", "x", 1n, Symbol("s")] as const;

export const createSocketScenarios: readonly Scenario[] = [
  scenario("a type is udp4 or udp6 and nothing else", { rows: [4, 12, 126] }, (stage) => {
    for (
      const type of ["udp4", "udp6", "UDP4", "udp", "", "tcp4", 4, true, Symbol("s"), () => {}, [], null, undefined]
    ) {
      create(stage, `type ${named(type)}`, type);
    }
    create(stage, "nothing");
    for (const type of ["udp6", "UDP6", 6, null, undefined]) create(stage, `option ${named(type)}`, { type });
    create(stage, "no option", {});
  }),

  scenario("an object's type can be inherited", { rows: [4] }, (stage) => {
    create(stage, "inherited", Object.create({ type: "udp4" }));
    create(stage, "null prototype", Object.assign(Object.create(null), { type: "udp6" }));
  }),

  scenario("a listener is attached only if it is a function", { rows: [3] }, (stage) => {
    for (const listener of [() => {}, undefined, null, "x", 1, {}, true]) {
      const made = stage.call(
        `listener ${named(listener)}`,
        () => stage.dgram.createSocket("udp4", listener),
        { as: (socket: AnySocket) => socket.listenerCount("message") },
      );
      made?.close();
    }
  }),

  scenario("a listener hears messages on the socket", { rows: [3, 94] }, async (stage) => {
    const a = stage.socket("a", "udp4", stage.callback("listener"));
    a.bind(0, "127.0.0.1", () => a.send("hello", a.address().port, "127.0.0.1"));
    await stage.seen("listener called");
  }),

  scenario("the type of a socket can be overwritten", { rows: [5] }, (stage) => {
    const a = stage.socket("a");
    stage.note("type", a.type);
    a.type = "other";
    stage.note("type", a.type);
  }),

  scenario("creating a socket does nothing that the system could refuse", { rows: [9] }, async (stage) => {
    const a = stage.socket("a", { type: "udp4", reuseAddr: true, recvBufferSize: 4096, sendBufferSize: 4096 });
    stage.call("address", () => a.address());
    a.close();
    await stage.seen("a 'close'");
  }),

  scenario("reuseAddr takes any value", { rows: [13] }, (stage) => {
    createWithEach(stage, "reuseAddr", ODD_VALUES);
  }),

  scenario("reusePort takes any value", { rows: [14] }, (stage) => createWithEach(stage, "reusePort", ODD_VALUES)),

  scenario("ipv6Only takes any value", { rows: [15] }, (stage) => createWithEach(stage, "ipv6Only", ODD_VALUES)),

  ...(["recvBufferSize", "sendBufferSize"] as const).map((option) =>
    scenario(`${option} is an unsigned integer of 32 bits`, { rows: [16, 140] }, (stage) => {
      const values = [undefined, null, 0, "", false, NaN, 1, 4096, 4_294_967_295, 4_294_967_296, 1.5, -1, Infinity];
      createWithEach(stage, option, [...values, "4096", true, 5n, 2 ** 53, 123_456_789_012]);
      create(stage, "an object", { type: "udp4", [option]: {} });
      create(stage, "an array", { type: "udp4", [option]: [1] });
    })
  ),

  scenario("a look-up is a function or undefined", { rows: [18] }, (stage) => {
    createWithEach(stage, "lookup", [undefined, () => {}, null, 0, 5, "", "x", true]);
    create(stage, "an object", { type: "udp4", lookup: {} });
  }),

  scenario("a signal is an AbortSignal or undefined", { rows: [19] }, (stage) => {
    createWithEach(stage, "signal", [undefined, null, 0, 5, "", "x", true]);
    create(stage, "an AbortSignal", { type: "udp4", signal: new AbortController().signal });
    create(stage, "an object", { type: "udp4", signal: {} });
    create(stage, "an object with aborted", {
      type: "udp4",
      signal: { aborted: false, addEventListener() {}, removeEventListener() {} },
    });
    create(stage, "an AbortController", { type: "udp4", signal: new AbortController() });
  }),

  ...(["receiveBlockList", "sendBlockList"] as const).map((option) =>
    scenario(`${option} is a BlockList`, { rows: [20] }, (stage) => {
      createWithEach(stage, option, [undefined, null, 0, "", false, 5, "x", true]);
      create(stage, "a BlockList", { type: "udp4", [option]: new BlockList() });
      create(stage, "an object", { type: "udp4", [option]: {} });
      create(stage, "an array", { type: "udp4", [option]: [] });
    })
  ),

  scenario("the options are checked in one order", { rows: [21] }, (stage) => {
    const wrong = {
      type: "x",
      lookup: 5,
      recvBufferSize: "a",
      sendBufferSize: "b",
      receiveBlockList: 1,
      sendBlockList: 2,
      signal: 3,
    };
    const steps = ["recvBufferSize", "sendBufferSize", "receiveBlockList", "sendBlockList", "type", "lookup", "signal"];
    const options: Record<string, unknown> = { ...wrong };
    for (const step of steps) {
      create(stage, `up to ${step}`, options);
      options[step] = step === "type" ? "udp4" : undefined;
    }
    create(stage, "nothing wrong", options);
  }),

  scenario("an already aborted signal closes the socket in its constructor", { rows: [112] }, async (stage) => {
    const a = stage.socket("a", { type: "udp4", signal: AbortSignal.abort() });
    stage.call("bind", () => a.bind(0));
    stage.call("close", () => a.close());
    await stage.seen("a 'close'");
  }),

  scenario("a signal listener is gone after 'close'", { rows: [112] }, async (stage) => {
    const signal = new AbortController().signal;
    const seen: string[] = [];
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: unknown[]) => {
      seen.push(`add ${String(args[0])}`);
      addEventListener.apply(signal, args as Parameters<typeof addEventListener>);
    };
    signal.removeEventListener = (...args: unknown[]) => {
      seen.push(`remove ${String(args[0])}`);
      removeEventListener.apply(signal, args as Parameters<typeof removeEventListener>);
    };
    const a = stage.socket("a", { type: "udp4", signal });
    a.close();
    await stage.seen("a 'close'");
    stage.note("the same number of additions and removals", count(seen, "add") === count(seen, "remove"));
  }),

  scenario("the sizes that were asked for are set before 'listening'", {
    rows: [17, 41, 124],
    native: ["recvBufferSize", "sendBufferSize"],
  }, async (stage) => {
    const a = stage.socket("a", { type: "udp4", recvBufferSize: 8192, sendBufferSize: 16_384 });
    const plain = await stage.bound("plain");
    plain.setRecvBufferSize(8192);
    plain.setSendBufferSize(16_384);
    a.on("listening", () => {
      stage.note("receive size as set", a.getRecvBufferSize() === plain.getRecvBufferSize());
      stage.note("send size as set", a.getSendBufferSize() === plain.getSendBufferSize());
    });
    a.bind(0, "127.0.0.1");
    await stage.seen("a 'listening'");
    await stage.settle();
  }),

  ...(["recvBufferSize", "sendBufferSize"] as const).map((option) => {
    const syscall = option === "recvBufferSize" ? "uv_recv_buffer_size" : "uv_send_buffer_size";
    const info = `{ errno: -EINVAL, code: 'EINVAL', message: 'invalid argument', syscall: '${syscall}' }`;
    const message = `Could not get or set buffer size: ${syscall} returned EINVAL (invalid argument)`;
    return scenario(`a ${option} that the system refuses fails the bind`, {
      rows: [17],
      needs: [option],
      deviates: {
        row: 17,
        expected: [
          "bind returned <socket a>",
          `a 'error' SystemError [ERR_SOCKET_BUFFER_SIZE]: ${message} { errno: -EINVAL, syscall: '${syscall}', info: ${info} }`,
          "address threw Error [EBADF]: getsockname EBADF { errno: -EBADF, syscall: 'getsockname' }",
          "close returned <socket a>",
          "a 'close'",
        ],
      },
    }, async (stage) => {
      const a = stage.socket("a", { type: "udp4", [option]: 2 ** 31 + 5 });
      stage.call("bind", () => a.bind(0, "127.0.0.1", stage.callback("cb")));
      await stage.settle();
      stage.call("address", () => a.address(), { as: (found) => typeof found });
      stage.call("close", () => a.close());
      await stage.seen("a 'close'");
    });
  }),
];

function count(list: readonly string[], start: string): number {
  return list.filter((line) => line.startsWith(start)).length;
}
