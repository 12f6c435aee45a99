/** Each method called within each listener and callback: what the call does, and what the socket tells afterwards. */
import { Buffer } from "node:buffer";
import diagnostics from "node:diagnostics_channel";
import { BlockList } from "node:net";
import type { Feature } from "../../../src/core/backend.ts";
import { scenario } from "../scenario.ts";
import type { Scenario, ScenarioFacts } from "../scenario.ts";
import { type AnySocket, EVENTS, type Loose, type Stage } from "../stage.ts";

const HOST = "127.0.0.1";
const NAME = "a.test";
const GROUP = "239.255.77.60";

/** One socket, one place, one call: what was seen, in order. */
interface Played {
  readonly stage: Stage;
  readonly lines: string[];
  /** A port where somebody listens. */
  readonly port: number;
  readonly controller: AbortController;
  /** Calls the method, the first time. */
  act(socket: AnySocket): void;
  /** A socket whose events are seen. */
  open(options?: object): AnySocket;
}

type Place = (played: Played) => void;

function lookup(act: (done: () => void) => void): Loose {
  return (name, _options, done) => {
    if (name === NAME) act(() => done(null, HOST, 4));
    else done(null, name, 4);
  };
}

/** What is bound to, whose port is read by a getter that calls this. */
function portOfGetter(read: () => void): { readonly port: number; readonly address: string } {
  return {
    get port() {
      read();
      return 0;
    },
    address: HOST,
  };
}

/** A socket whose look-up of a name calls the method and answers, in the call or in a later turn. */
function looking({ act, open }: Played, later: boolean): AnySocket {
  const socket: AnySocket = open({
    lookup: lookup((done) => {
      act(socket);
      if (later) setImmediate(done);
      else done();
    }),
  });
  return socket;
}

/** A socket one of whose block lists calls the method when it is asked, and has nothing. */
function asking({ act, open }: Played, list: "sendBlockList" | "receiveBlockList"): AnySocket {
  const asked = new BlockList();
  asked.check = () => {
    act(socket);
    return false;
  };
  const socket: AnySocket = open({ [list]: asked });
  return socket;
}

const places: Readonly<Record<string, Place>> = {
  "the look-up of a bind()": (played) => void looking(played, false).bind(0, NAME),
  "the look-up of a bind() that answers later": (played) => void looking(played, true).bind(0, NAME),
  "the look-up of a send()": (played) => {
    const socket = looking(played, false);
    socket.bind(0, HOST, () => socket.send("looked up", played.port, NAME, told(played, "the first send")));
  },
  "the look-up of a connect()": (played) => {
    const socket = looking(played, false);
    socket.bind(0, HOST, () => socket.connect(played.port, NAME));
  },
  "'listening'": ({ act, open }) => {
    const socket = open();
    socket.on("listening", () => act(socket));
    socket.bind(0, HOST);
  },
  "'message'": ({ act, open }) => {
    const socket = open();
    socket.on("message", () => act(socket));
    socket.bind(0, HOST, () => socket.send("to itself", socket.address().port, HOST));
  },
  "'connect'": ({ act, open, port }) => {
    const socket = open();
    socket.on("connect", () => act(socket));
    socket.bind(0, HOST, () => socket.connect(port, HOST));
  },
  "'error'": ({ act, open }) => {
    const socket = open();
    socket.on("error", () => act(socket));
    socket.bind(0, "192.0.2.1");
  },
  "'close'": ({ act, open }) => {
    const socket = open();
    socket.on("close", () => act(socket));
    socket.bind(0, HOST, () => socket.close());
  },
  "a send's callback": (played) => {
    const socket = played.open();
    socket.bind(0, HOST, () => socket.send("x", played.port, HOST, () => played.act(socket)));
  },
  "a failed send's callback": (played) => {
    const socket = played.open();
    socket.bind(0, HOST, () => socket.send(Buffer.alloc(70_000), played.port, HOST, () => played.act(socket)));
  },
  "a getter of bind()'s options": ({ act, open }) => {
    const socket = open();
    socket.bind(portOfGetter(() => act(socket)));
  },
  "a getter of bindSync()'s options": ({ act, open }) => {
    const socket = open();
    socket.bindSync(portOfGetter(() => act(socket)));
  },
  "the conversion of bind()'s port": ({ act, open }) => {
    const socket = open();
    socket.bind({
      port: {
        valueOf() {
          act(socket);
          return 0;
        },
      },
      address: HOST,
    });
  },
  "'newListener', in bind()": (played) => {
    const socket = played.open();
    socket.on("newListener", (event: string) => event === "listening" && played.act(socket));
    socket.bind(0, HOST, told(played, "the first bind"));
  },
  "an abort's listener before the socket's own": ({ act, open, controller }) => {
    const made: AnySocket[] = [];
    controller.signal.addEventListener("abort", () => act(made[0]));
    made.push(open({ signal: controller.signal }));
    made[0].bind(0, HOST, () => controller.abort());
  },
  "an abort's listener after the socket's own": ({ act, open, controller }) => {
    const socket = open({ signal: controller.signal });
    controller.signal.addEventListener("abort", () => act(socket));
    socket.bind(0, HOST, () => controller.abort());
  },
  "'newListener', in close()": ({ act, open }) => {
    const socket = open();
    socket.bind(0, HOST, () => {
      socket.on("newListener", (event: string) => event === "close" && act(socket));
      socket.close(() => {});
    });
  },
  "the block list of a send()": (played) => {
    const socket = asking(played, "sendBlockList");
    socket.bind(0, HOST, () => socket.send("asked for", played.port, HOST, told(played, "the first send")));
  },
  "the block list of a connect()": (played) => {
    const socket = asking(played, "sendBlockList");
    socket.bind(0, HOST, () => socket.connect(played.port, HOST, told(played, "the first connect")));
  },
  "the block list of a connectSync()": (played) => {
    const socket = asking(played, "sendBlockList");
    socket.connectSync(played.port, HOST);
  },
  "the block list of a 'message'": (played) => {
    const socket = asking(played, "receiveBlockList");
    socket.bind(0, HOST, () => socket.send("to itself", socket.address().port, HOST));
  },
  "the channel that tells of new sockets": ({ act, open, lines }) => {
    let isFirst = true;
    const hear = ({ socket }: { socket: AnySocket }): void => {
      // Of what a socket of this module is made of it is told as well.
      if (!isFirst) return;
      isFirst = false;
      for (const event of EVENTS) socket.on(event, (value: unknown) => lines.push(`early '${event}'${codeOf(value)}`));
      act(socket);
    };
    diagnostics.channel("udp.socket").subscribe(hear as never);
    try {
      open();
    } finally {
      diagnostics.channel("udp.socket").unsubscribe(hear as never);
    }
  },
};

function codeOf(value: unknown): string {
  return value instanceof Error ? ` ${(value as Error & { code?: string }).code ?? value.message}` : "";
}

function told({ lines }: Played, what: string): Loose {
  return (error) => lines.push(`${what} called back${codeOf(error)}`);
}

type Call = (socket: AnySocket, played: Played) => unknown;

const methods: Readonly<Record<string, Call>> = {
  "bind()": (socket, played) => socket.bind(0, HOST, told(played, "bind")),
  "bindSync()": (socket) => socket.bindSync({ address: HOST }),
  "close()": (socket, played) => socket.close(told(played, "close")),
  "connect()": (socket, played) => socket.connect(played.port, HOST, told(played, "connect")),
  "connectSync()": (socket, { port }) => socket.connectSync(port, HOST),
  "disconnect()": (socket) => socket.disconnect(),
  "send()": (socket, played) => socket.send("again", played.port, HOST, told(played, "send")),
  "send() to the peer": (socket, played) => socket.send("again", told(played, "send")),
  "address()": (socket) => socket.address(),
  "remoteAddress()": (socket) => socket.remoteAddress(),
  "ref()": (socket) => socket.ref(),
  "unref()": (socket) => socket.unref(),
  "getSendQueueSize()": (socket) => socket.getSendQueueSize(),
  "getSendQueueCount()": (socket) => socket.getSendQueueCount(),
  "an abort": (_, { controller }) => controller.abort(),
  "disposal": (socket, { lines }) => {
    socket[Symbol.asyncDispose]().then(() => lines.push("disposed"));
  },
};

const options: Readonly<Record<string, Call>> = {
  "setBroadcast()": (socket) => socket.setBroadcast(true),
  "setTTL()": (socket) => socket.setTTL(5),
  "setMulticastTTL()": (socket) => socket.setMulticastTTL(5),
  "setMulticastLoopback()": (socket) => socket.setMulticastLoopback(true),
  "setMulticastInterface()": (socket) => socket.setMulticastInterface(HOST),
  "addMembership()": (socket) => socket.addMembership(GROUP, HOST),
  "dropMembership()": (socket) => socket.dropMembership(GROUP, HOST),
};

const OPTIONS: readonly Feature[] = [
  "broadcast",
  "ttl",
  "multicastTTL",
  "multicastLoopback",
  "multicastInterface",
  "membership",
];

/** What node:dgram does wrong: what is to be seen of those calls. */
interface Mended {
  readonly name: string;
  readonly where: string;
  readonly row: number;
  readonly needs?: readonly Feature[];
  readonly seen: Readonly<Record<string, string>>;
}

const WAITED = { "addMembership()": "returned undefined, 'listening'" };
const LEFT = { "dropMembership()": "returned undefined, 'listening', 'error' EADDRNOTAVAIL" };
const CLOSED = "'listening', 'close', threw ERR_SOCKET_DGRAM_NOT_RUNNING";
const ABORTED = "'listening', threw ERR_SOCKET_DGRAM_NOT_RUNNING, 'close'";
const BOUND = "the place threw ERR_SOCKET_ALREADY_BOUND, 'listening'";
const NOT_RUNNING = "the place threw ERR_SOCKET_DGRAM_NOT_RUNNING, 'close'";

const mended: readonly Mended[] = [
  {
    name: "memberships within the look-up of a bind() wait for it",
    where: "the look-up of a bind()",
    row: 47,
    seen: { ...WAITED, ...LEFT },
  },
  {
    name: "memberships within the look-up of a bind() that answers later wait for it",
    where: "the look-up of a bind() that answers later",
    row: 47,
    seen: { ...WAITED, ...LEFT },
  },
  {
    name: "memberships within a getter of bind()'s options wait for the bind",
    where: "a getter of bind()'s options",
    row: 47,
    seen: { ...WAITED, ...LEFT },
  },
  {
    name: "memberships within the conversion of bind()'s port wait for the bind",
    where: "the conversion of bind()'s port",
    row: 47,
    seen: { ...WAITED, ...LEFT },
  },
  {
    name: "memberships within 'newListener' wait for the bind() that adds one",
    where: "'newListener', in bind()",
    row: 47,
    seen: {
      "addMembership()": "returned undefined, 'listening', the first bind called back",
      "dropMembership()": "returned undefined, 'listening', 'error' EADDRNOTAVAIL, the first bind called back",
    },
  },
  {
    name: "a membership within the channel that tells of new sockets binds the socket",
    where: "the channel that tells of new sockets",
    row: 47,
    seen: { "addMembership()": "returned undefined, early 'listening', 'listening'" },
  },
  {
    name: "a membership within the 'error' of a failed bind() binds the socket",
    where: "'error'",
    row: 47,
    seen: { "addMembership()": "'error' EADDRNOTAVAIL, returned undefined, 'listening'" },
  },
  {
    name: "what closes the socket within the look-up of a send() leaves the send its callback",
    where: "the look-up of a send()",
    row: 88,
    seen: {
      "close()": "'listening', returned the socket, the first send called back, 'close', close called back",
      "an abort": "'listening', returned undefined, the first send called back ECANCELED, 'close'",
      "disposal": "'listening', returned undefined, the first send called back, 'close', disposed",
    },
  },
  {
    name: "methods within 'close' say that the socket is closed",
    where: "'close'",
    row: 110,
    seen: { "connect()": CLOSED, "getSendQueueSize()": CLOSED, "getSendQueueCount()": CLOSED },
  },
  {
    name: "methods within an abort's listener say that the abort has closed the socket",
    where: "an abort's listener after the socket's own",
    row: 110,
    seen: { "connect()": ABORTED, "getSendQueueSize()": ABORTED, "getSendQueueCount()": ABORTED },
  },
  {
    name: "setters within an abort's listener say that the abort has closed the socket",
    where: "an abort's listener after the socket's own",
    row: 110,
    seen: {
      "setBroadcast()": ABORTED,
      "setTTL()": ABORTED,
      "setMulticastTTL()": ABORTED,
      "setMulticastLoopback()": ABORTED,
    },
  },
  {
    name: "a send() within an abort's listener that is called first has its callback called",
    where: "an abort's listener before the socket's own",
    row: 88,
    needs: ["connect", "sendInTurn"],
    seen: { "send()": "'listening', returned undefined, send called back, 'close'" },
  },
  {
    name: "a send() within 'newListener' of close() has its callback called",
    where: "'newListener', in close()",
    row: 88,
    seen: { "send()": "'listening', returned undefined, send called back, 'close'" },
  },
  {
    name: "setters within 'close' say that the socket is closed",
    where: "'close'",
    row: 110,
    seen: {
      "setBroadcast()": CLOSED,
      "setTTL()": CLOSED,
      "setMulticastTTL()": CLOSED,
      "setMulticastLoopback()": CLOSED,
    },
  },
  {
    name: "a bind() whose options close the socket ends with 'close'",
    where: "a getter of bind()'s options",
    row: 148,
    seen: {
      "close()": "returned the socket, 'close', close called back",
      "an abort": "returned undefined, 'close'",
      "disposal": "returned undefined, 'close', disposed",
    },
  },
  {
    name: "a bind() that closes the socket by adding a listener ends with 'close'",
    where: "'newListener', in bind()",
    row: 148,
    seen: {
      "close()": "returned the socket, 'close', close called back",
      "an abort": "returned undefined, 'close'",
      "disposal": "returned undefined, 'close', disposed",
    },
  },
  {
    name: "a bindSync() whose options bind or close the socket says so",
    where: "a getter of bindSync()'s options",
    row: 148,
    seen: {
      "bind()": `returned the socket, ${BOUND}, bind called back`,
      "bindSync()": `returned object, ${BOUND}`,
      "close()": `returned the socket, ${NOT_RUNNING}, close called back`,
      "connect()": `returned undefined, ${BOUND}, 'connect', connect called back`,
      "connectSync()": `returned undefined, ${BOUND}, 'connect'`,
      "send()": `returned undefined, ${BOUND}, send called back`,
      "an abort": `returned undefined, ${NOT_RUNNING}`,
      "disposal": `returned undefined, ${NOT_RUNNING}, disposed`,
    },
  },
  {
    name: "a bindSync() whose options join a group says that the socket is bound",
    where: "a getter of bindSync()'s options",
    row: 148,
    seen: {
      "addMembership()": `returned undefined, ${BOUND}`,
      "dropMembership()": "threw EADDRNOTAVAIL, 'listening'",
    },
  },
  {
    name: "what closes the socket within the block list of a send() leaves the send its callback",
    where: "the block list of a send()",
    row: 149,
    seen: {
      "close()": "'listening', returned the socket, the first send called back, 'close', close called back",
      "an abort": "'listening', returned undefined, the first send called back ECANCELED, 'close'",
      "disposal": "'listening', returned undefined, the first send called back, 'close', disposed",
    },
  },
  {
    name: "what closes the socket within the block list of a connect() ends it with 'close'",
    where: "the block list of a connect()",
    row: 149,
    seen: {
      "close()": "'listening', returned the socket, 'close', close called back",
      "an abort": "'listening', returned undefined, 'close'",
      "disposal": "'listening', returned undefined, 'close', disposed",
    },
  },
  {
    name: "a connectSync() whose block list closes the socket says that it is closed",
    where: "the block list of a connectSync()",
    row: 149,
    seen: {
      "close()": `returned the socket, ${NOT_RUNNING}, close called back`,
      "an abort": `returned undefined, ${NOT_RUNNING}`,
      "disposal": `returned undefined, ${NOT_RUNNING}, disposed`,
    },
  },
];

/** What leaves later than in its turn is called back later, and so is the end of a close(). */
const inTurn: readonly (readonly [where: string, call: string, needs: Feature])[] = [
  ["the look-up of a connect()", "send()", "sendInTurn"],
  ["the block list of a send()", "connect()", "sendInTurn"],
  ["an abort's listener after the socket's own", "disposal", "closeInTurn"],
];

/** node:dgram ends the process by an assertion of libuv. */
const CRASHING: readonly string[] = ["close()", "an abort", "disposal"];

/** Has one method called in one place, and answers what is seen of it. */
function play(stage: Stage, place: Place, call: Call, port: number): Played {
  const lines: string[] = [];
  const controller = new AbortController();
  let isFirst = true;
  const played: Played = {
    stage,
    lines,
    port,
    controller,
    act(socket) {
      if (!isFirst) return;
      isFirst = false;
      try {
        const value = call(socket, played);
        lines.push(`returned ${value === socket ? "the socket" : typeof value}`);
      } catch (error) {
        lines.push(`threw${codeOf(error)}`);
      }
    },
    open(options = {}) {
      const socket = stage.dgram.createSocket({ type: "udp4", signal: controller.signal, ...options });
      for (const event of EVENTS) socket.on(event, (value: unknown) => lines.push(`'${event}'${codeOf(value)}`));
      sockets.push(socket);
      return socket;
    },
  };
  const sockets: AnySocket[] = [];
  try {
    place(played);
  } catch (error) {
    lines.push(`the place threw${codeOf(error)}`);
  }
  opened.push(...sockets);
  return played;
}

const opened: AnySocket[] = [];

async function closeAll(): Promise<void> {
  for (const socket of opened.splice(0)) {
    await new Promise<void>((done) => {
      try {
        socket.close(done);
      } catch {
        done();
      }
    });
  }
}

function within(where: string, name: string, calls: Readonly<Record<string, Call>>, facts: ScenarioFacts): Scenario {
  return scenario(name, facts, async (stage) => {
    const peer = await stage.bound("peer", "udp4", undefined, { unheard: ["message"] });
    const played = Object.entries(calls).map(([call, use]) =>
      [call, play(stage, places[where], use, peer.address().port)] as const
    );
    await stage.quiet();
    for (const [call, { lines }] of played) stage.note(`${call}: ${lines.join(", ")}`);
    await closeAll();
  });
}

function only(names: (name: string) => boolean, calls: Readonly<Record<string, Call>>): Readonly<Record<string, Call>> {
  return Object.fromEntries(Object.entries(calls).filter(([name]) => names(name)));
}

const all = { ...methods, ...options };

export const reentrancyScenarios: readonly Scenario[] = [
  ...Object.keys(places).flatMap((where) => {
    const isApart = (call: string): boolean =>
      mended.some((each) => each.where === where && call in each.seen) ||
      inTurn.some((each) => each[0] === where && each[1] === call) ||
      where === "the conversion of bind()'s port" && CRASHING.includes(call);
    const isUsual = (call: string): boolean => !isApart(call);
    return [
      within(where, `each method within ${where}`, only(isUsual, methods), { rows: [], needs: ["connect"] }),
      within(where, `each option within ${where}`, only(isUsual, options), { rows: [], needs: OPTIONS }),
    ];
  }),
  ...inTurn.map(([where, call, feature]) =>
    within(where, `${call} within ${where}`, only((name) => name === call, all), {
      rows: [],
      needs: ["connect", feature],
    })
  ),
  ...mended.map(({ name, where, row, needs, seen }) =>
    within(where, name, only((call) => call in seen, all), {
      rows: [row],
      needs: needs ?? (Object.keys(seen).some((call) => call in options) ? OPTIONS : ["connect"]),
      deviates: { row, expected: Object.entries(seen).map(([call, lines]) => `note ${call}: ${lines}`) },
    })
  ),
];
