/** Programs at random. What is written here in figures decides how often a socket is bound, connected, heard and closed. */
import fc from "fast-check";
import type { Asking, Joining, Message, Op, Place, Plan, Port, Program, Reaction, Then, Turn } from "./program.ts";

type Weighted<T> = fc.WeightedArbitrary<T>[];

const MOST_SOCKETS = 4;
/** Nothing is bound there. */
const CLOSED_PORT = 9;

const some = <T>(...choices: [number, T][]): fc.Arbitrary<T> =>
  fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })) as Weighted<T>);

const place: fc.Arbitrary<Place> = some([4, 0], [4, 1], [2, 2], [1, 3]);
const peer: fc.Arbitrary<Port> = place.map((of) => ({ of }));

const destination: fc.Arbitrary<Port> = fc.oneof(
  { weight: 12, arbitrary: peer },
  { weight: 2, arbitrary: fc.constant<Port>("sender") },
  { weight: 2, arbitrary: fc.constant<Port>(CLOSED_PORT) },
  { weight: 1, arbitrary: fc.constantFrom<Port>(0, -1, 65_536, 1.5, "9", "x", null) },
);
const ownPort: fc.Arbitrary<Port> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Port>(0) },
  { weight: 2, arbitrary: peer },
  { weight: 1, arbitrary: fc.constantFrom<Port>(null, "x", -65_536) },
);

const remote: fc.Arbitrary<string | undefined> = some(
  [6, "127.0.0.1"],
  [3, undefined],
  [2, "peer.test"],
  [1, "gone.test"],
  [1, "::1"],
  [1, ""],
);
const local: fc.Arbitrary<string | undefined> = some(
  [6, "127.0.0.1"],
  [3, undefined],
  [1, "0.0.0.0"],
  [1, "peer.test"],
  [1, "gone.test"],
  [1, "::1"],
  [1, "192.0.2.1"],
);

const message: fc.Arbitrary<Message> = fc.record({
  kind: some<Message["kind"]>(
    [6, "text"],
    [4, "buffer"],
    [1, "view"],
    [2, "list"],
    [1, "empty"],
    [1, "nothing"],
    [1, "number"],
    [1, "bad list"],
  ),
  size: some([12, 8], [2, 300], [1, 65_507], [1, 65_508]),
});

const values: Readonly<Record<Asking, readonly unknown[]>> = {
  address: [],
  remoteAddress: [],
  getRecvBufferSize: [],
  getSendBufferSize: [],
  getSendQueueCount: [],
  getSendQueueSize: [],
  ref: [],
  unref: [],
  setBroadcast: [true, false, 0, "x"],
  setTTL: [1, 64, 255, 0, 256, "1", 1.5],
  setMulticastTTL: [0, 1, 255, 256, -1, "1"],
  setMulticastLoopback: [true, false, 0],
  setMulticastInterface: ["127.0.0.1", "0.0.0.0", "192.0.2.1", "::1", "x", 5],
  setRecvBufferSize: [8192, 65_536, 0, -1, "x", 1.5],
  setSendBufferSize: [8192, 65_536, 0, -1, "x", 1.5],
};
const groups = ["224.0.0.114", "232.1.1.1", "127.0.0.1", "ff02::114", "x", ""];
const interfaces = ["127.0.0.1", "127.0.0.1", undefined, "192.0.2.1", "x"];
const joinings: readonly Joining[] = [
  "addMembership",
  "dropMembership",
  "addSourceSpecificMembership",
  "dropSourceSpecificMembership",
];

/** Calls that node:dgram does not have. */
const ownOps: Weighted<Op> = [
  {
    weight: 8,
    arbitrary: fc.record({
      call: fc.constant("sendMany" as const),
      on: place,
      messages: fc.array(
        fc.tuple(message, some<number | undefined>([8, undefined], [1, 16], [1, 0])).map(([made, segmentSize]) => ({
          ...made,
          ...(segmentSize === undefined ? {} : { segmentSize }),
        })),
        { maxLength: 4 },
      ),
      form: some<"auto" | "peer" | "address">([8, "auto"], [1, "peer"], [1, "address"]),
      port: destination,
      address: remote,
    }),
  },
  { weight: 3, arbitrary: fc.record({ call: fc.constant("pause" as const), on: place }) },
  { weight: 3, arbitrary: fc.record({ call: fc.constant("resume" as const), on: place }) },
];

/** Calls, with callbacks that do `then`. */
function ops(then: fc.Arbitrary<Then>, own: boolean): fc.Arbitrary<Op> {
  const callback = fc.option(then, { nil: undefined, freq: 2 });
  return fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        call: fc.constant("send" as const),
        on: place,
        message,
        form: some<"auto" | "peer" | "port" | "address" | "range" | "range to peer">(
          [12, "auto"],
          [1, "peer"],
          [1, "port"],
          [2, "address"],
          [1, "range"],
          [1, "range to peer"],
        ),
        port: destination,
        address: remote,
        callback,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        call: fc.constant("bind" as const),
        on: place,
        port: ownPort,
        address: local,
        form: fc.constantFrom("arguments" as const, "options" as const),
        callback,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ call: fc.constant("bindSync" as const), on: place, port: ownPort, address: local }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        call: fc.constant("connect" as const),
        on: place,
        port: destination,
        address: remote,
        callback,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        call: fc.constant("connectSync" as const),
        on: place,
        port: destination,
        address: remote,
      }),
    },
    { weight: 2, arbitrary: fc.record({ call: fc.constant("disconnect" as const), on: place }) },
    { weight: 2, arbitrary: fc.record({ call: fc.constant("close" as const), on: place, callback }) },
    { weight: 1, arbitrary: fc.record({ call: fc.constantFrom("abort" as const, "dispose" as const), on: place }) },
    {
      weight: 5,
      arbitrary: fc.constantFrom(...Object.keys(values) as Asking[]).chain((call) =>
        fc.record({
          call: fc.constant(call),
          on: place,
          value: values[call].length === 0 ? fc.constant(undefined) : fc.constantFrom(...values[call]),
        })
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(...joinings).chain((call) =>
        fc.record({
          call: fc.constant(call),
          on: place,
          values: fc.tuple(
            ...(call.includes("Source") ? [fc.constantFrom("127.0.0.1", "x")] : []),
            fc.constantFrom(...groups),
            fc.constantFrom(...interfaces),
          ) as fc.Arbitrary<(string | undefined)[]>,
        })
      ),
    },
    ...own ? ownOps : [],
  ) as fc.Arbitrary<Op>;
}

const nothing: fc.Arbitrary<Then> = fc.constant({ ops: [], throws: false });
const throws = some([12, false], [1, true]);

function callsWithin(own: boolean): fc.Arbitrary<Op> {
  const inner: fc.Arbitrary<Then> = fc.record({ ops: fc.array(ops(nothing, own), { maxLength: 2 }), throws });
  return ops(fc.oneof({ weight: 2, arbitrary: nothing }, { weight: 1, arbitrary: inner }), own);
}

const reactions = (own: boolean): fc.Arbitrary<Reaction> =>
  fc.record({
    event: some<Reaction["event"]>([3, "listening"], [2, "connect"], [5, "message"], [2, "error"], [1, "close"]),
    nth: some([4, 1], [1, 2]),
    ops: fc.array(ops(nothing, own), { minLength: 1, maxLength: 2 }),
    throws,
  });

const plans = (own: boolean): fc.Arbitrary<Plan> =>
  fc.record({
    type: some<Plan["type"]>([12, "udp4"], [1, "udp6"]),
    reuseAddr: some([6, false], [1, true]),
    lookup: some<Plan["lookup"]>([6, "none"], [1, "at once"], [1, "tick"], [1, "immediate"]),
    signal: some([3, false], [1, true]),
    heard: some([6, true], [1, false]),
    reactions: fc.array(reactions(own), { maxLength: 2 }),
  });

/** How a socket begins: most are bound. */
const beginning = (on: Place): fc.Arbitrary<Op[]> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Op[]>([{ call: "bindSync", on, port: 0, address: "127.0.0.1" }]) },
    {
      weight: 3,
      arbitrary: fc.constant<Op[]>([{ call: "bind", on, port: 0, address: "127.0.0.1", form: "arguments" }]),
    },
    { weight: 1, arbitrary: fc.constant<Op[]>([{ call: "bind", on, port: 0, form: "options" }]) },
    { weight: 3, arbitrary: fc.constant<Op[]>([]) },
  );

const turnsOf = (own: boolean): fc.Arbitrary<Turn> =>
  fc.record({
    ops: fc.array(callsWithin(own), { minLength: 1, maxLength: 5 }),
    then: some<Turn["then"]>([6, "quiet"], [1, "tick"], [1, "microtask"], [1, "immediate"], [1, "none"]),
  });

/** Gives each call a number that does not depend on when its turn comes. */
function numbered(program: Program): Program {
  let number = 0;
  const isCall = (value: unknown): value is Op => typeof value === "object" && value !== null && "call" in value;
  return JSON.parse(JSON.stringify(program), (_, value) => isCall(value) ? { ...value, number: ++number } : value);
}

/** Two to four sockets, and up to eight turns. */
const made = (own: boolean): fc.Arbitrary<Program> =>
  fc.array(plans(own), { minLength: 2, maxLength: MOST_SOCKETS }).chain((sockets) =>
    fc.record({
      sockets: fc.constant(sockets),
      turns: fc.tuple(
        fc.tuple(...sockets.map((_, on) => beginning(on))).map((lists): Turn => ({ ops: lists.flat(), then: "quiet" })),
        fc.array(turnsOf(own), { minLength: 1, maxLength: 8, size: "max" }),
      ).map(([first, rest]) => [first, ...rest]),
    })
  ).map(numbered);

/** Those that node:dgram can play. */
export const programs: fc.Arbitrary<Program> = made(false);

/** With sendMany(), pause() and resume() too, which it lacks. */
export const ownPrograms: fc.Arbitrary<Program> = made(true).map((program) => ({ ...program, own: true }));
