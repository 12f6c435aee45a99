/** The sizes of the system's buffers. */
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import { likeLinux } from "../sizes.ts";
import type { AnySocket, Stage } from "../stage.ts";

const sides = ["Recv", "Send"] as const;

/** Sizes that are refused before the system is asked. */
const bad: readonly (readonly [string, unknown])[] = [
  ["undefined", undefined],
  ["null", null],
  ["-1", -1],
  ["-0.5", -0.5],
  ["1.5", 1.5],
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["2^32", 2 ** 32],
  ["a string", "8192"],
  ["true", true],
  ["an object", {}],
  ["a list", [8192]],
  ["a function", () => {}],
];

/** Sizes that are asked of the system; the kernel's own limits lie between the last ones. */
const good = [1, 1024, 8192, 10_000, 65_536, 100_000];
/** Of less Linux's kernel makes what it needs itself. */
const SMALLEST = 8192;

function sizeOf(side: "Recv" | "Send"): "recvBufferSize" | "sendBufferSize" {
  return side === "Recv" ? "recvBufferSize" : "sendBufferSize";
}

function callBad(stage: Stage, socket: AnySocket, side: "Recv" | "Send"): void {
  for (const [shown, value] of bad) {
    stage.call(`set${side}BufferSize(${shown})`, () => socket[`set${side}BufferSize`](value));
  }
}

const NOT_RUNNING = "threw Error [ERR_SOCKET_DGRAM_NOT_RUNNING]: Not running";

export const bufferSizeScenarios: readonly Scenario[] = sides.flatMap((side) => {
  const setter = `set${side}BufferSize`;
  const getter = `get${side}BufferSize`;
  const native = [sizeOf(side)];
  return [
    scenario(`${setter}() sets what ${getter}() gives`, { rows: [123, 124], native }, async (stage) => {
      const a = await stage.bound("a");
      for (const size of good) {
        stage.call(`${setter}(${size})`, () => a[setter](size));
        if (size >= SMALLEST) stage.call(getter, () => a[getter](), { as: likeLinux });
      }
    }),

    scenario(`${setter}() sets what ${getter}() gives on udp6`, { rows: [123, 124], native, ipv6: true }, async (
      stage,
    ) => {
      const a = await stage.bound("a", "udp6");
      stage.call(setter, () => a[setter](15_000));
      stage.call(getter, () => a[getter](), { as: likeLinux });
    }),

    scenario(`${setter}(0) changes nothing`, { rows: [123], native }, async (stage) => {
      const a = await stage.bound("a");
      a[setter](15_000);
      stage.call("0", () => a[setter](0));
      stage.call(getter, () => a[getter](), { as: likeLinux });
    }),

    scenario(`${setter}() refuses what is no size`, { rows: [123, 133], native }, async (stage) => {
      const a = await stage.bound("a");
      a[setter](15_000);
      callBad(stage, a, side);
      stage.call("nothing", () => a[setter]());
      stage.call(getter, () => a[getter](), { as: likeLinux });
    }),

    scenario(`${setter}() refuses what is no size on an unbound socket`, { rows: [123, 125] }, (stage) => {
      callBad(stage, stage.socket("a"), side);
    }),

    scenario(`${setter}() refuses what is no size on a closed socket`, { rows: [110, 123] }, async (stage) => {
      const a = stage.socket("a");
      a.close();
      await stage.seen("a 'close'");
      callBad(stage, a, side);
    }),

    scenario(`${setter}() and ${getter}() on a closed socket say that it is closed`, {
      rows: [110],
      deviates: {
        row: 110,
        expected: ["a 'close'", `size ${NOT_RUNNING}`, `0 ${NOT_RUNNING}`, `get ${NOT_RUNNING}`],
      },
    }, async (stage) => {
      const a = stage.socket("a");
      a.close();
      await stage.seen("a 'close'");
      stage.call("size", () => a[setter](8192));
      stage.call("0", () => a[setter](0));
      stage.call("get", () => a[getter]());
    }),

    scenario(`${setter}() fails on what the system refuses`, { rows: [123, 132], native }, async (stage) => {
      const a = await stage.bound("a");
      stage.call("2^31", () => a[setter](2 ** 31));
      stage.call("2^32 - 1", () => a[setter](2 ** 32 - 1));
      a[setter](15_000);
      stage.call(getter, () => a[getter](), { as: likeLinux });
    }),

    scenario(`${setter}() and ${getter}() on a socket that is not bound fail with EBADF`, { rows: [125] }, (stage) => {
      for (const [label, a] of [["unbound", stage.socket("a")], ["binding", stage.socket("b").bind(0, "127.0.0.1")]]) {
        stage.call(`${label}, set`, () => a[setter](8192));
        stage.call(`${label}, set to 0`, () => a[setter](0));
        stage.call(`${label}, set to 2^31`, () => a[setter](2 ** 31));
        stage.call(`${label}, get`, () => a[getter]());
      }
    }),

    scenario(`the error of ${getter}() is a SystemError`, { rows: [125, 132] }, (stage) => {
      const a = stage.socket("a");
      try {
        a[getter]();
      } catch (error) {
        const { stack, name, info } = error as Error & { info: object };
        stage.note("error", error, String(error));
        stage.note("name", name, error instanceof Error, error instanceof TypeError);
        stage.note("first line", stack!.split("\n")[0]);
        stage.keys("error", error);
        stage.keys("info", info);
      }
    }),

    scenario(`${setter}() takes a size, 0 and no other value`, { rows: [123, 133], needs: native }, async (stage) => {
      const a = await stage.bound("a");
      for (const size of [...good, 0]) stage.call(`${setter}(${size})`, () => a[setter](size));
      callBad(stage, a, side);
      stage.call("2^31", () => a[setter](2 ** 31));
    }),

    scenario(`a socket with the option ${sizeOf(side)} binds, and hears a datagram`, {
      rows: [16, 17],
      needs: native,
    }, async (stage) => {
      const a = stage.socket("a", { type: "udp4", [sizeOf(side)]: 15_000 });
      a.bind(0, "127.0.0.1", () => a.send("hello", a.address().port, "127.0.0.1", stage.callback("sent")));
      await stage.seen("a 'message'");
      await stage.seen("sent called");
    }),

    scenario(`the option ${sizeOf(side)} is set before 'listening'`, { rows: [16, 17, 124], native }, async (stage) => {
      const a = stage.socket("a", { type: "udp4", [sizeOf(side)]: 15_000 });
      a.on("listening", () => stage.call(getter, () => a[getter](), { as: likeLinux }));
      a.bind(0, "127.0.0.1");
      await stage.seen(getter);
    }),

    scenario(`${setter}() in a listener of 'listening' works`, { rows: [123], native }, async (stage) => {
      const a = stage.socket("a");
      a.bind(0, "127.0.0.1", () => {
        stage.call("set", () => a[setter](15_000));
        stage.call("get", () => a[getter](), { as: likeLinux });
      });
      await stage.seen("get returned");
    }),
  ];
});
