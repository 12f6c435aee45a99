/** What every entry exports, and what its functions make: whom the hostile values are given to. */
import { createSocket, type Socket } from "@x/dgram";
import { ancillarySupport } from "@x/dgram/ancillary";
import { handoffCapabilities } from "@x/dgram/handoff";
import { EventEmitter } from "node:events";
import { MessageChannel } from "node:worker_threads";
import { KEY } from "../support/handoff_key.ts";

const HOST = "127.0.0.1";

const watches = ancillarySupport().icmp.support === "native";

/** Whether there is a way for sockets to go to a thread, and to a process. */
const hands = {
  toThread: handoffCapabilities.features.handoffToThread !== "unavailable",
  toProcess: handoffCapabilities.features.handoffToProcess !== "unavailable",
};

/** Something that has functions. */
export interface Subject {
  /** Whose members are called. */
  readonly target: object;
  /** What a call would have, by the member's name: in the place of one of these the hostile value stands. */
  readonly usual?: Readonly<Record<string, readonly unknown[]>>;
  /** Members whose argument is an object: these options are hostile too. */
  readonly options?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Members that are not called, and why. */
  readonly without?: Readonly<Record<string, string>>;
  /** Members whose promise may never end, while time stands still, say. */
  readonly waits?: readonly string[];
  /** What of an attack's name is as on node:dgram, which does the same. */
  readonly asNode?: readonly string[];
  /** True if a TypeError without a code is what its specification asks for. */
  readonly web?: boolean;
  /** Afterwards: it has to end, and rejects where it does not work as it should. */
  end?(): void | Promise<void>;
}

/** An entry: what it exports, and what can be had of it. */
export interface Entry {
  load(): Promise<object>;
  readonly subjects: Readonly<Record<string, () => Promise<Subject>>>;
}

/** The event listeners of what is given as a signal are not looked for, nor are they there. */
const likeSignal = [
  "what is like an AbortSignal as option signal",
  "an object that answers otherwise each time as option signal",
  "an option signal that is another",
];

const coded = (error: unknown): void => {
  if (typeof (error as { code?: unknown }).code !== "string") throw error;
};

/** It sends, or says by a code why not; and 'close' comes. */
async function endSocket(socket: Socket): Promise<void> {
  const closed = new Promise<void>((done) => socket.once("close", done));
  socket.on("error", coded);
  let isRunning = true;
  try {
    socket.getSendQueueSize();
  } catch (error) {
    coded(error);
    isRunning = false;
  }
  // close() has been called, and may have been carried out.
  if (!isRunning) return;
  try {
    let done!: (error: unknown) => void;
    const told = new Promise<unknown>((resolve) => done = resolve);
    try {
      socket.send("x", (error) => done(error));
    } catch (error) {
      coded(error);
      done(null);
    }
    socket.once("error", done);
    const error = await told;
    if (error) coded(error);
    socket.close();
  } catch (error) {
    coded(error);
  }
  await closed;
}

const socketUsual = {
  addMembership: ["239.1.1.1", HOST],
  addSourceSpecificMembership: [HOST, "239.1.1.1", HOST],
  bind: [0, HOST],
  bindToDevice: ["lo"],
  connect: [9, HOST],
  connectSync: [9, HOST],
  dropMembership: ["239.1.1.1", HOST],
  dropSourceSpecificMembership: [HOST, "239.1.1.1", HOST],
  send: ["x", 0, 1, 9, HOST, () => {}],
  sendMany: [[{ data: "x", port: 9, address: HOST }]],
  sendto: ["x", 0, 1, 9, HOST, () => {}],
};

const socketOptions = {
  bind: { port: 0, address: HOST, exclusive: true, fd: undefined },
  bindSync: { port: 0, address: HOST },
};

const createOptions = {
  type: "udp4",
  backend: undefined,
  batchMessages: false,
  ipv6Only: false,
  lookup: undefined,
  maxSendQueueCount: 5,
  maxSendQueueSize: 5,
  pooledMessages: false,
  receiveBlockList: undefined,
  receiveInfo: false,
  receiveOffload: false,
  recvBufferSize: 4096,
  reuseAddr: false,
  reusePort: false,
  segmentation: "auto",
  sendBlockList: undefined,
  sendBufferSize: 4096,
  signal: new AbortController().signal,
};

/** The rest of a class is its base's, which are the runtime's own. */
const emitters = { emit: "an EventEmitter's", on: "an EventEmitter's" };

function subject(socket: Socket): Subject {
  socket.on("error", coded);
  return {
    target: socket,
    usual: socketUsual,
    options: socketOptions,
    without: emitters,
    end: () => endSocket(socket),
  };
}

/** A socket whose ICMP errors can be watched, where any can. */
function watchable(): Socket {
  const socket = createSocket({ type: "udp4", receiveInfo: watches });
  socket.bindSync({ address: HOST });
  return socket;
}

function socketsOf(create: typeof createSocket): Entry["subjects"] {
  return {
    "an unbound socket": () => Promise.resolve(subject(create("udp4"))),
    "a bound socket": async () => {
      const socket = create("udp4");
      await new Promise<void>((done, fail) => socket.once("error", fail).bind(0, HOST, done));
      return subject(socket);
    },
    "a connected socket": async () => {
      const socket = create("udp4");
      await new Promise<void>((done) => socket.connect(9, HOST, () => done()));
      return {
        ...subject(socket),
        usual: { ...socketUsual, send: ["x", 0, 1, () => {}], sendMany: [[{ data: "x" }]] },
      };
    },
    "a closed socket": () => {
      const socket = create("udp4");
      socket.close();
      return Promise.resolve({ ...subject(socket), end: () => {} });
    },
    "the options of a socket's creation": () => {
      const made: Socket[] = [];
      const target = {
        createSocket: (options: never, listener: never) => {
          const socket = create(options, listener);
          socket.on("error", coded);
          made.push(socket);
          socket.send("x", 9, HOST, () => {});
          return undefined;
        },
      };
      return Promise.resolve({
        target,
        usual: { createSocket: ["udp4", () => {}] },
        options: { createSocket: createOptions },
        asNode: likeSignal,
        end: async () => {
          for (const socket of made) await endSocket(socket);
        },
      });
    },
  };
}

/** All functions that an entry exports; classes are constructed. */
export async function exportsOf(load: Entry["load"]): Promise<Subject> {
  const target: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(await load())) {
    if (typeof value !== "function") continue;
    const isClass = /^class/.test(Function.prototype.toString.call(value));
    target[name] = isClass ? (...values: unknown[]) => void Reflect.construct(value, values) : value;
  }
  return { target, waits: Object.keys(target), asNode: ["what is like an AbortSignal"], web: "UDPSocket" in target };
}

/** @param names those of `socketsOf`; all, if none are given */
function dgramEntry(
  load: () => Promise<object>,
  create: () => Promise<typeof createSocket>,
  names: readonly string[] = Object.keys(socketsOf(createSocket)),
): Entry {
  return {
    load,
    subjects: Object.fromEntries(
      names.map((name) => [name, async () => socketsOf(await create())[name]()]),
    ),
  };
}

const promisesUsual = {
  addMembership: ["239.1.1.1", HOST],
  addSourceSpecificMembership: [HOST, "239.1.1.1", HOST],
  dropMembership: ["239.1.1.1", HOST],
  dropSourceSpecificMembership: [HOST, "239.1.1.1", HOST],
  request: ["x", { port: 9, address: HOST, timeout: 5, retries: 0 }],
  send: ["x", 9, HOST, {}],
  sendMany: [[{ data: "x", port: 9, address: HOST }], {}],
};

async function promisesSubject(connected: boolean): Promise<Subject> {
  const { bind, connect } = await import("@x/dgram/promises");
  const socket = connected ? await connect(9, HOST) : await bind(0, HOST);
  return {
    target: socket,
    usual: connected ? { ...promisesUsual, send: ["x", {}], sendMany: [[{ data: "x" }], {}] } : promisesUsual,
    options: {
      datagrams: { signal: undefined },
      receive: { signal: undefined },
      request: { port: 9, address: HOST, match: () => true, retries: 0, timeout: 5, signal: undefined, anyPeer: false },
      sendMany: { signal: undefined },
    },
    asNode: likeSignal,
    end: () => socket.close(),
  };
}

/** Every entry of package.json's exports, by its name there. */
export const entries: Readonly<Record<string, Entry>> = {
  ".": dgramEntry(() => import("@x/dgram"), () => Promise.resolve(createSocket)),
  "./ancillary": {
    load: () => import("@x/dgram/ancillary"),
    subjects: {
      "what is told of a datagram": async () => {
        const { sendWith } = await import("@x/dgram/ancillary");
        const socket = createSocket("udp4");
        const told = { source: HOST, interfaceIndex: 1, hopLimit: 1, trafficClass: 0, ecn: 0 };
        return {
          target: { message: (message: never) => sendWith(socket, [message]) },
          options: { message: { data: "x", port: 9, address: HOST, ...told } },
          end: () => endSocket(socket),
        };
      },
      "who watches for ICMP errors": async () => {
        const { watchIcmp } = await import("@x/dgram/ancillary");
        const socket = watchable();
        return {
          target: { watchIcmp: (listener: never) => watchIcmp(socket, listener)() },
          usual: { watchIcmp: [() => {}] },
          end: () => endSocket(socket),
        };
      },
      "a watched socket": async () => {
        const { watchIcmp } = await import("@x/dgram/ancillary");
        const socket = watchable();
        if (watches) watchIcmp(socket, () => {});
        return subject(socket);
      },
      "who is answered": async () => {
        const { replyTo } = await import("@x/dgram/ancillary");
        const socket = createSocket("udp4");
        socket.bindSync();
        return {
          target: { from: (from: never) => replyTo(socket, from, "x") },
          options: { from: { address: HOST, port: 9, destination: HOST, interfaceIndex: 1 } },
          end: () => endSocket(socket),
        };
      },
    },
  },
  "./deno": { load: () => import("@x/dgram/deno"), subjects: {} },
  // The core is the same.
  "./ffi": dgramEntry(
    () => import("@x/dgram/ffi"),
    async () => (await import("@x/dgram/ffi")).createSocket,
    ["a bound socket", "a connected socket"],
  ),
  "./guard": {
    load: () => import("@x/dgram/guard"),
    subjects: {
      "a guard": async () => {
        const { guard } = await import("@x/dgram/guard");
        const socket = createSocket("udp4");
        socket.bindSync({ address: HOST });
        return { target: guard(socket, smallTables), usual: guardUsual, end: () => endSocket(socket) };
      },
      "the options of a guard": async () => {
        const { guard } = await import("@x/dgram/guard");
        const socket = createSocket("udp4");
        socket.bindSync({ address: HOST });
        return {
          target: { guard: (options: never) => guard(socket, options) },
          options: { guard: guardOptions },
          end: () => endSocket(socket),
        };
      },
      "the options of a guard's tokens and rates": async () => {
        const { guard, createTokens } = await import("@x/dgram/guard");
        const socket = createSocket("udp4");
        return {
          target: {
            rate: (rate: never) => guard(socket, { rate, ...smallTables }).stop(),
            token: (token: never) => createTokens(token),
          },
          options: {
            rate: { datagrams: 5, bytes: 500, burst: 5 },
            token: { secret: "x".repeat(16), lifetime: 60_000, rotation: 60_000, port: true, now: Date.now },
          },
          end: () => endSocket(socket),
        };
      },
      "tokens": async () => {
        const { createTokens } = await import("@x/dgram/guard");
        return { target: createTokens(), usual: guardUsual };
      },
      "a guarded socket": async () => {
        const { guard } = await import("@x/dgram/guard");
        const subject = await socketsOf(createSocket)["a bound socket"]();
        guard(subject.target as Socket, smallTables);
        return subject;
      },
    },
  },
  "./handoff": {
    load: () => import("@x/dgram/handoff"),
    subjects: {
      "how a socket is handed off": async () => {
        const { sendSocket } = await import("@x/dgram/handoff");
        const { port1 } = new MessageChannel();
        const socket = createSocket("udp4");
        socket.bindSync({ address: HOST });
        return {
          target: { send: (options: never) => sendSocket(socket, port1, options) },
          options: { send: { message: "for you", signal: undefined } },
          asNode: likeSignal,
          end: async () => {
            await endSocket(socket);
            port1.close();
          },
        };
      },
      "how sockets are received": async () => {
        const { receiveSockets } = await import("@x/dgram/handoff");
        const { port1 } = new MessageChannel();
        const receive = (listener: never, options: never): void => receiveSockets(port1, listener, options)();
        return {
          target: { receive, receiveWith: (options: never) => receiveSockets(port1, () => {}, options)() },
          usual: { receive: [() => {}, {}] },
          options: { receiveWith: { createSocket } },
          end: () => port1.close(),
        };
      },
      "what ends the receiving of sockets": async () => {
        const { receiveSockets } = await import("@x/dgram/handoff");
        const { port1 } = new MessageChannel();
        return {
          target: { stop: hands.toThread ? receiveSockets(port1, () => {}) : () => {} },
          end: () => port1.close(),
        };
      },
      "a channel with a receiver of sockets": async () => {
        const { receiveSockets } = await import("@x/dgram/handoff");
        const channel = otherProcess();
        const stop = hands.toProcess ? receiveSockets(channel, () => {}) : () => {};
        return {
          target: told(channel, "0"),
          options: toldOptions,
          end: () => {
            stop();
            channel.emit("disconnect");
          },
        };
      },
      "a channel with a giver of a socket": async () => {
        const { sendSocket } = await import("@x/dgram/handoff");
        let id = "";
        const channel = otherProcess((value) => id = value[KEY].id);
        const socket = createSocket("udp4");
        socket.bindSync({ address: HOST });
        const left = hands.toProcess ? sendSocket(socket, channel).catch(coded) : undefined;
        return {
          target: told(channel, id),
          options: toldOptions,
          end: async () => {
            channel.emit("disconnect");
            await left;
            await endSocket(socket);
          },
        };
      },
    },
  },
  "./observe": {
    load: () => import("@x/dgram/observe"),
    subjects: {
      "an observation": async () => {
        const { observe } = await import("@x/dgram/observe");
        const socket = createSocket("udp4");
        const target = observe(socket);
        socket.bindSync({ address: HOST });
        return { target, end: () => endSocket(socket) };
      },
      "a capture": async () => {
        const { capture } = await import("@x/dgram/observe");
        const socket = createSocket("udp4");
        const target = capture(socket);
        socket.bindSync({ address: HOST });
        return { target, end: () => endSocket(socket) };
      },
      "the options of a capture": async () => {
        const { capture } = await import("@x/dgram/observe");
        const socket = createSocket("udp4");
        return {
          target: { capture: (options: never) => void capture(socket, options).stop() },
          options: { capture: { limit: 5000 } },
          end: () => endSocket(socket),
        };
      },
      "an observed socket": async () => {
        const { observe } = await import("@x/dgram/observe");
        const socket = createSocket("udp4");
        observe(socket);
        socket.bindSync({ address: HOST });
        return subject(socket);
      },
    },
  },
  "./promises": {
    load: () => import("@x/dgram/promises"),
    subjects: {
      "a bound socket": () => promisesSubject(false),
      "a connected socket": () => promisesSubject(true),
      "the options of bind and connect": async () => {
        const { bind, connect } = await import("@x/dgram/promises");
        const { type: _, ...others } = createOptions;
        const controller = new AbortController();
        const options = { ...others, inbox: { limit: 5, whenFull: "drop-oldest" }, signal: controller.signal };
        return {
          target: {
            bind: (given: never) => bind(given).then((socket) => socket.close()),
            connect: (given: never) => connect(given).then((socket) => socket.close()),
            inbox: (inbox: never) => bind({ inbox, address: HOST }).then((socket) => socket.close()),
          },
          options: {
            bind: { ...options, port: 0, address: HOST, exclusive: true, type: "udp4" },
            connect: { ...options, port: 9, address: HOST, localPort: 0, localAddress: HOST, type: "udp4" },
            inbox: { limit: 5, whenFull: "drop-oldest" },
          },
          asNode: likeSignal,
          // A look-up may never answer.
          end: () => controller.abort(),
        };
      },
      "an iteration": async () => {
        const { bind } = await import("@x/dgram/promises");
        const socket = await bind(0, HOST);
        const own = "its inbox's, and not of the type";
        return { target: socket.datagrams(), without: { give: own, end: own, fail: own }, end: () => socket.close() };
      },
    },
  },
  "./register": { load: () => Promise.resolve({}), subjects: {} },
  "./testing": {
    load: () => import("@x/dgram/testing"),
    subjects: {
      "a network": async () => {
        const { createNetwork } = await import("@x/dgram/testing");
        const net = createNetwork();
        const [a, b] = [net.host({ name: "a" }), net.host({ name: "b" })];
        return {
          target: net,
          usual: {
            hold: [[a], [b]],
            idle: [{ within: 5 }],
            link: [a, b, {}, {}],
            name: ["name", ["192.0.2.77"]],
            partition: [[a], [b]],
            remove: ["b"],
            replay: [[], a],
            run: [{ for: 1 }],
          },
          options: {
            host: {
              name: "c",
              addresses: ["192.0.2.99"],
              interfaces: undefined,
              behind: undefined,
              mtu: 1500,
              maxSockets: 5,
            },
            idle: { within: 5 },
            nat: networkOfRouter,
            router: networkOfRouter,
            run: { for: 1, speed: undefined },
          },
          end: () => net.close(),
        };
      },
      "the clock of a network": async () => {
        const { createNetwork } = await import("@x/dgram/testing");
        const net = createNetwork();
        return { target: net.clock, usual: clockUsual, waits: ["sleep"], end: () => net.close() };
      },
      "a host": async () => {
        const { createNetwork } = await import("@x/dgram/testing");
        const net = createNetwork();
        const target = net.host({ name: "a" });
        return {
          target,
          usual: { run: [() => 5] },
          options: {
            fail: { send: undefined, bind: undefined, lookup: undefined, clock: undefined },
            forge: {
              data: "x",
              source: { address: "192.0.2.9", port: 5 },
              destination: { address: "192.0.2.8", port: 6 },
            },
            start: { addresses: undefined, interfaces: undefined, mtu: undefined },
          },
          end: () => net.close(),
        };
      },
      "what links do": async () => {
        const { createNetwork } = await import("@x/dgram/testing");
        const net = createNetwork();
        const [a, b] = [net.host({ name: "a" }), net.host({ name: "b" })];
        return {
          target: {
            link: (faults: never) => net.link(a, b, faults),
            createNetwork: (options: never) => createNetwork(options).close(),
          },
          options: {
            createNetwork: { seed: 5, link: {}, trace: false, strict: undefined },
            link: {
              latency: 5,
              jitter: 5,
              loss: 0.5,
              duplicate: 0.5,
              reorder: 0.5,
              corrupt: 0.5,
              bandwidth: 5000,
              queue: 5000,
              mtu: 1500,
              hops: 1,
              cut: false,
            },
          },
          end: () => net.close(),
        };
      },
      "sockets in memory": async () => {
        const { createNetwork } = await import("@x/dgram/testing");
        const net = createNetwork();
        const host = net.host({ name: "a" });
        const socket = host.dgram.createSocket("udp4");
        socket.on("error", coded);
        socket.bindSync({});
        return {
          target: socket,
          usual: socketUsual,
          options: socketOptions,
          without: emitters,
          end: () => net.close(),
        };
      },
    },
  },
  "./web": {
    load: () => import("@x/dgram/web"),
    subjects: {
      "a socket": async () => {
        const { UDPSocket } = await import("@x/dgram/web");
        const socket = new UDPSocket({ localAddress: HOST });
        await socket.opened;
        return { target: socket, web: true, end: () => socket.close().catch(() => {}) };
      },
      "the options of a socket": async () => {
        const { UDPSocket } = await import("@x/dgram/web");
        const open = async (options: never): Promise<void> => {
          const socket = new UDPSocket(options);
          await socket.opened;
          await socket.close();
        };
        const common = {
          sendBufferSize: 4096,
          receiveBufferSize: 4096,
          multicastTimeToLive: 5,
          multicastLoopback: true,
          multicastAllowAddressSharing: false,
          multicastInterface: HOST,
          inboxLimit: 5,
          whenFull: "drop",
        };
        return {
          target: { bound: open, connected: open },
          options: {
            bound: { localAddress: HOST, ...common },
            connected: { remoteAddress: HOST, remotePort: 9, dnsQueryType: "ipv4", ...common },
          },
          web: true,
        };
      },
      "what is written": async () => {
        const { UDPSocket } = await import("@x/dgram/web");
        const socket = new UDPSocket({ localAddress: HOST });
        const { writable } = await socket.opened;
        const writer = writable.getWriter();
        return {
          target: { write: (chunk: never) => writer.write(chunk) },
          options: { write: { data: new Uint8Array(1), remoteAddress: HOST, remotePort: 9, dnsQueryType: undefined } },
          web: true,
          end: async () => {
            writer.closed.catch(() => {});
            writer.releaseLock();
            await socket.close().catch(() => {});
          },
        };
      },
      "a multicast controller": async () => {
        const { UDPSocket } = await import("@x/dgram/web");
        const socket = new UDPSocket({ localAddress: HOST });
        const { multicastController } = await socket.opened;
        return {
          target: multicastController!,
          usual: { joinGroup: ["239.1.1.1"] },
          web: true,
          end: () => socket.close(),
        };
      },
    },
  },
};

/** A process, as far as can be told. */
function otherProcess(send: (value: { readonly [KEY]: { readonly id: string } }) => void = () => {}) {
  return Object.assign(new EventEmitter(), { send, connected: true });
}

/** What the other side of a handoff may write to a channel, in the place of a step's members too. */
function told(channel: EventEmitter, id: string): Record<string, (value: unknown) => void> {
  const tell = (step: unknown): void => void channel.emit("message", { [KEY]: step });
  return {
    message: (value) => void channel.emit("message", value),
    step: tell,
    ...Object.fromEntries(
      Object.keys(toldOptions).map((step) => [step, (members: unknown) => tell({ step, id, ...members as object })]),
    ),
  };
}

const toldOptions = {
  offer: { id: "0", type: "udp4", peer: undefined, message: undefined },
  ready: { runtime: "node", at: undefined, cuts: false },
  coming: { id: "0", fd: undefined },
  refused: { reason: "not here" },
  given: { id: "0", held: [] },
};

/** Of guards that are made for one call each. */
const smallTables = { sources: 256, buckets: 256 };

const guardOptions = {
  amplification: 3,
  rate: {},
  validatedRate: {},
  validFor: 5000,
  sourcePorts: [7],
  samePort: false,
  trusted: undefined,
  token: {},
  ...smallTables,
};

const guardUsual = {
  check: [new Uint8Array(22), { address: HOST, port: 5 }],
  invalidate: [{ address: HOST, port: 5 }],
  isValidated: [{ address: HOST, port: 5 }],
  make: [{ address: HOST, port: 5 }],
  validate: [{ address: HOST, port: 5 }],
};

const networkOfRouter = { name: "r", outside: ["192.0.2.88"], behind: undefined, inside: undefined, mtu: 1500 };

const clockUsual = {
  clearTimeout: [undefined],
  setImmediate: [() => {}],
  setTimeout: [() => {}, 5],
};
