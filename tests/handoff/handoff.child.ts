/**
 * Processes and threads for handoff.test.ts: one that leads starts this file again as a child process or a thread, and
 * prints one line of JSON. The first argument is the case's name.
 */
import { createSocket, type Socket, type SocketType } from "@x/dgram";
import { type HandoffPeer, receiveSockets, sendSocket, type SendSocketOptions } from "@x/dgram/handoff";
import { type ChildProcess, spawn } from "node:child_process";
import dgram from "node:dgram";
import { openSync } from "node:fs";
import process from "node:process";
import { isMainThread, MessageChannel, parentPort, Worker, workerData } from "node:worker_threads";
import { selfCommand } from "../support/child.ts";
import { KEY } from "../support/handoff_key.ts";
import { descriptorsOf, inodeAt as boundInode } from "../support/proc.ts";

const HOST = "127.0.0.1";
const GROUP = "239.254.67.67";
/** Fewer than a receive buffer holds. */
const WAITING = 60;
const FOLLOWING = 60;
/** Of so many bytes, as many as a receive buffer holds, of which 32, as text, are more than a channel does. */
const LONG = { count: 40, size: 6000 };
/** Milliseconds for which a process reads nothing. */
const BUSY = 300;

/** What the other side is to do. */
type Role = "receive" | "member" | "return" | "end" | "refuse" | "vanish" | "give" | "leave" | "silent" | "full";

interface Report {
  readonly message?: unknown;
  readonly port?: number;
  readonly heard?: string[];
  readonly peer?: number;
}

/** Reports all that a socket hears, when it has heard the last. */
function receive(from: HandoffPeer, tell: (report: Report) => void): () => void {
  const stop = receiveSockets(from, takeOver, { createSocket });
  function takeOver(socket: Socket, message: unknown): void {
    const heard: string[] = [];
    socket.on("message", (data) => {
      heard.push(String(data));
      if (heard.at(-1) !== "last") return;
      tell({ heard });
      socket.close();
      stop();
    });
    let peer: number | undefined;
    try {
      peer = socket.remoteAddress().port;
    } catch {
      // Not connected.
    }
    tell({ message, port: socket.address().port, peer });
  }
  return stop;
}

/** The other side. */
function follow(role: Role, leader: HandoffPeer, tell: (report: unknown) => void, end: () => void): void {
  if (role === "receive") {
    receive(leader, (report) => {
      tell(report);
      if (report.heard) end();
    });
  } else if (role === "return") {
    const stop = receiveSockets(leader, (socket) => {
      // It would hear what waits, and has no listener.
      void sendSocket(socket.pause(), leader).then(stop).then(end);
    }, { createSocket });
  } else if (role === "member") {
    receiveSockets(leader, (socket) => {
      socket.once("message", (data) => {
        const drop = (): string => {
          try {
            socket.dropMembership(GROUP, HOST);
            return "dropped";
          } catch (error) {
            return (error as { code: string }).code;
          }
        };
        tell({ heard: String(data) === "to all", drops: [drop(), drop()] });
        socket.close();
        end();
      });
      tell("there");
    }, { createSocket });
  } else if (role === "full") {
    receive(leader, tell);
    process.on("message", (value: { [KEY]?: { step: string } }) => {
      if (value[KEY]?.step !== "offer") return;
      try {
        for (;;) openSync("/dev/null", "r");
      } catch {
        // There is no descriptor left.
      }
    });
  } else if (role === "refuse") {
    receiveSockets(leader, () => {}, {
      createSocket: (type) => {
        const socket = createSocket(type);
        socket.bind = () => {
          throw new Error("not here");
        };
        return socket;
      },
    });
  } else if (role === "vanish") {
    receiveSockets(leader, () => {}, {
      createSocket: (type) => {
        const socket = createSocket(type);
        const { bind } = socket;
        socket.bind = (...values: unknown[]) => {
          bind.apply(socket, values as never);
          process.exit();
        };
        return socket;
      },
    });
  } else if (role === "give") {
    const socket = createSocket("udp4");
    const { port } = socket.pause().bindSync({ address: HOST });
    const gone = (error: Error & { code?: string }): void => {
      socket.close();
      tell({ code: error.code });
    };
    void fill(port, WAITING, "w").then(() => sendSocket(socket, leader, { message: "back" }))
      .then(() => tell({ gave: true }), gone).then(end);
  } else if (role === "leave") {
    const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
    const { port } = socket.pause().bindSync({ address: HOST });
    socket.once("message", (first) => {
      void sendSocket(socket.pause(), leader, { message: String(first).trimEnd() }).then(end);
    });
    void fill(port, LONG.count, "w", LONG.size).then(() => socket.resume());
  }
  tell("ready");
}

/** Sends numbered datagrams by the runtime's own node:dgram. */
async function fill(port: number, count: number, name: string, size = 0): Promise<void> {
  const peer = dgram.createSocket("udp4");
  for (let i = 0; i < count; i++) {
    await new Promise((done) => peer.send(`${name}${i}`.padEnd(size), port, HOST, done));
  }
  await new Promise<void>((done) => peer.close(done));
}

/** The other side as this one sees it. */
interface Follower {
  readonly peer: HandoffPeer;
  readonly child?: ChildProcess;
  /** The next report. */
  next<T = Report>(): Promise<T>;
  readonly ended: Promise<unknown>;
  end(): void;
}

function start(kind: string, role: Role): Follower {
  const reports: unknown[] = [];
  const readers: ((report: never) => void)[] = [];
  const told = (value: unknown): void => {
    if (typeof value !== "object" || !("report" in value!)) return;
    const reader = readers.shift();
    if (reader) reader(value.report as never);
    else reports.push(value.report);
  };
  const next = <T>(): Promise<T> =>
    new Promise((done) => reports.length > 0 ? done(reports.shift() as T) : readers.push(done));
  if (kind === "thread") {
    const worker = new Worker(process.argv[1], { workerData: role });
    worker.on("message", told);
    worker.on("error", (error) => console.error(error));
    const ended = new Promise((done) => worker.once("exit", done));
    return { peer: worker, next, ended, end: () => void worker.terminate() };
  }
  const [command, args] = selfCommand("handoff/handoff", [role, "follow"]);
  const limited = ["-c", 'ulimit -n 200; exec "$@"', "sh", command, ...args];
  const full = role === "full";
  const child = spawn(full ? "sh" : command, full ? limited : args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  child.on("message", told);
  // Node 26.12 has the channel keep nothing alive once it has written a descriptor: it may end before it has read what a
  // child that ended told last.
  const alive = setInterval(() => {}, 1000);
  child.once("disconnect", () => clearInterval(alive));
  const ended = new Promise((done) => child.once("exit", done));
  return { peer: child, child, next, ended, end: () => void child.kill("SIGKILL") };
}

function bound(
  type: SocketType = "udp4",
  receiveInfo = false,
): { socket: Socket; heard: string[]; port: number } {
  const heard: string[] = [];
  const socket = createSocket({ type, receiveInfo }, (message) => void heard.push(String(message)));
  return { socket, heard, port: socket.bindSync({ address: type === "udp4" ? HOST : "::1" }).port };
}

/** Waits until a socket has heard this. */
function hears(socket: Socket, text: string): Promise<void> {
  return new Promise((done) => socket.on("message", (message) => String(message) === text && done()));
}

/** The kernel's number of the socket at a port, and whether a process has it. */
function inodeAt(port: number, pid: number): { inode: string; has: boolean } {
  const inode = boundInode(port, HOST) ?? "none";
  return { inode, has: descriptorsOf(pid).includes(`socket:[${inode}]`) };
}

async function sendLast(port: number): Promise<void> {
  const peer = dgram.createSocket("udp4");
  await new Promise((done) => peer.send("last", port, HOST, done));
  peer.close();
}

const names = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name}${i}`);

const cases: Record<string, (kind: string) => Promise<unknown>> = {
  /** Datagrams come before, while it leaves and after. */
  async leave(kind) {
    const follower = start(kind, "receive");
    await follower.next();
    const { socket, heard, port } = bound();
    const events: string[] = [];
    socket.on("close", () => events.push("close"));
    let callbacks = 0;
    const before = inodeAt(port, process.pid);
    const filled = fill(port, WAITING, "w");
    const left = sendSocket(socket, follower.peer, { message: { for: "you" } });
    for (let i = 0; i < 5; i++) socket.send("out", port, HOST, () => callbacks++);
    await left;
    events.push("left");
    const { message, port: there } = await follower.next();
    const { pid } = follower.child ?? process;
    const after = inodeAt(port, pid!);
    await filled;
    await fill(port, FOLLOWING, "f");
    await sendLast(port);
    const { heard: later } = await follower.next();
    await follower.ended;
    const all = [...heard, ...later!].filter((each) => !/^(out|last)$/.test(each));
    return {
      message,
      events,
      callbacks,
      samePort: there === port,
      sameSocket: before.inode === after.inode && before.has && after.has,
      // Another process may have the port by now: by a socket of its own.
      gone: boundInode(port, HOST) === before.inode ? before.inode : "none",
      all: all.join() === [...names("w", WAITING), ...names("f", FOLLOWING)].join() || all,
      outs: [...heard, ...later!].filter((each) => each === "out").length,
    };
  },

  /** What waits for a socket that its user has paused goes along. */
  async paused(kind) {
    const follower = start(kind, "receive");
    await follower.next();
    const { socket, heard, port } = bound();
    socket.pause();
    await fill(port, WAITING, "w");
    await sendSocket(socket, follower.peer);
    await follower.next();
    await sendLast(port);
    const { heard: later } = await follower.next();
    await follower.ended;
    return { heard, later: later!.join() === [...names("w", WAITING), "last"].join() || later };
  },

  /** A connected socket is connected there. */
  async connected(kind) {
    const follower = start(kind, "receive");
    await follower.next();
    const peer = dgram.createSocket("udp4");
    await new Promise<void>((done) => peer.bind(0, HOST, done));
    const { socket, port } = bound();
    socket.connectSync(peer.address().port, HOST);
    await sendSocket(socket, follower.peer);
    const report = await follower.next();
    await fill(port, 3, "stranger");
    await new Promise((done) => peer.send("last", port, HOST, done));
    const { heard } = await follower.next();
    const samePeer = report.peer === peer.address().port;
    peer.close();
    await follower.ended;
    return { samePeer, heard };
  },

  /** A member of a group goes. */
  async member(kind) {
    const follower = start(kind, "member");
    await follower.next();
    const socket = createSocket("udp4");
    const { port } = socket.bindSync();
    socket.addMembership(GROUP, HOST);
    await sendSocket(socket, follower.peer);
    await follower.next();
    const peer = dgram.createSocket("udp4");
    await new Promise<void>((done) => peer.bind(0, HOST, done));
    peer.setMulticastInterface(HOST);
    await new Promise((done) => peer.send("to all", port, GROUP, done));
    peer.close();
    const report = await follower.next();
    follower.end();
    await follower.ended;
    return report;
  },

  /** The other side gives one to this one. */
  async come(kind) {
    const follower = start(kind, "give");
    const reports: Report[] = [];
    const ended = new Promise<void>((done) => {
      const stop = receive(follower.peer, (report) => {
        reports.push(report);
        if (report.port !== undefined) void sendLast(report.port);
        if (report.heard) done();
      });
      void follower.ended.then(stop);
    });
    await follower.next();
    const outcome = await follower.next<{ gave?: boolean; code?: string }>();
    await follower.ended;
    if (outcome.code) return outcome;
    await ended;
    const [{ message }, { heard }] = reports;
    return { message, heard: heard!.join() === [...names("w", WAITING), "last"].join() || heard };
  },

  /** The other side ends as soon as it has given its socket, of which it had read much, to a process that is busy. */
  async left() {
    const follower = start("process", "leave");
    const heard: string[] = [];
    let message: unknown;
    const all = new Promise<void>((done) => {
      receiveSockets(follower.peer, (socket, first) => {
        message = first;
        socket.on("message", (data) => {
          if (heard.push(String(data).trimEnd()) < LONG.count - 1) return;
          socket.close();
          done();
        });
      }, { createSocket });
    });
    follower.child!.on("message", (value: { [KEY]?: { step: string } }) => {
      if (value[KEY]?.step === "coming") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY);
    });
    await follower.ended;
    await all;
    return { message, heard: heard.join() === names("w", LONG.count).slice(1).join() || heard };
  },

  /** A socket goes and comes back, twice; what waits meanwhile is heard in the end. */
  async returned(kind) {
    let { socket, port } = bound("udp4", kind === "informed");
    const { inode } = inodeAt(port, process.pid);
    for (let i = 0; i < 2; i++) {
      const follower = start("process", "return");
      await follower.next();
      const back = new Promise<Socket>((done) => receiveSockets(follower.peer, done, { createSocket }));
      socket.pause();
      await sendSocket(socket, follower.peer);
      socket = await back;
      socket.pause();
      await fill(port, 10, `${i}w`);
      await follower.ended;
    }
    const heard: string[] = [];
    socket.on("message", (message) => void heard.push(String(message)));
    socket.resume();
    const last = hears(socket, "last");
    await sendLast(port);
    await last;
    const same = inodeAt(port, process.pid).inode === inode;
    socket.close();
    return { same, heard: heard.join() === [...names("0w", 10), ...names("1w", 10), "last"].join() || heard };
  },

  /** A socket that can't leave is as it was. */
  async failed(kind) {
    const [end, way] = kind.split(" ");
    const follower = start(end, way as Role);
    await follower.next();
    const { socket, heard, port } = bound();
    const controller = new AbortController();
    const options: SendSocketOptions = way === "silent" ? { signal: controller.signal } : {};
    const left = sendSocket(socket, follower.peer, options);
    const again = attempt(() => void sendSocket(socket, follower.peer));
    if (options.signal) controller.abort(new Error("enough"));
    const error = await left.then(() => null, ({ code, message }) => ({ code, message }));
    const last = hears(socket, "w9");
    await fill(port, 10, "w");
    await last;
    follower.end();
    await follower.ended;
    const isPaused = socket.isPaused();
    socket.close();
    return { error, again, heard: heard.join() === names("w", 10).join() || heard, isPaused };
  },

  /** A socket that is closed while it waits for the other side. */
  async closed(kind) {
    const follower = start(kind, "silent");
    await follower.next();
    const { socket } = bound();
    const left = sendSocket(socket, follower.peer).then(() => null, ({ code, message }) => ({ code, message }));
    socket.close();
    const error = await left;
    follower.end();
    await follower.ended;
    return error;
  },

  /** The other side ends when it has made a socket of the descriptor, and has not said so. */
  async vanished(kind) {
    const follower = start(kind, "vanish");
    await follower.next();
    const { socket, heard, port } = bound();
    const closed = new Promise((done) => socket.once("close", done));
    const error = await sendSocket(socket, follower.peer).then(() => null, ({ code, message }) => ({ code, message }));
    await follower.ended;
    const gone = attempt(() => void socket.address());
    if (gone === "nothing") {
      const last = hears(socket, "w9");
      await fill(port, 10, "w");
      await last;
      socket.close();
    }
    await closed;
    // Deno tells of a thread's end before that has closed what it had.
    const isFree = (): boolean => {
      const other = createSocket("udp4");
      const result = attempt(() => void other.bindSync({ port, address: HOST }));
      other.close();
      return result === "nothing";
    };
    while (!isFree()) await new Promise((done) => setTimeout(done, 20));
    return { error, gone, heard: heard.length };
  },

  /** A socket that is closed as soon as its descriptor is on its way. */
  async closedLate(kind) {
    const follower = start(kind, "receive");
    await follower.next();
    const { socket, port } = bound();
    const peer = follower.peer as unknown as Record<string, (...values: unknown[]) => unknown>;
    const way = kind === "thread" ? "postMessage" : "send";
    const original = peer[way];
    peer[way] = (...values) => {
      const result = original.apply(peer, values);
      if ((values[0] as { [KEY]?: { step: string } })[KEY]?.step === "coming") socket.close();
      return result;
    };
    await sendSocket(socket, follower.peer);
    const { port: there } = await follower.next();
    await sendLast(port);
    const { heard } = await follower.next();
    follower.end();
    await follower.ended;
    return { samePort: there === port, heard };
  },

  /** A giver goes amid several handoffs, and the listener throws at each socket. */
  async thrown() {
    const { port1, port2 } = new MessageChannel();
    const { postMessage } = port1;
    port1.postMessage = (value: { [KEY]: { step: string } }) => {
      if (value[KEY].step !== "given") postMessage.call(port1, value);
    };
    const seen: string[] = [];
    const all = new Promise<void>((done) => {
      process.on("uncaughtException", ({ message }) => {
        if (seen.push(message) === 3) done();
      });
    });
    receiveSockets(port2, (socket, message) => {
      socket.close();
      throw new Error(String(message));
    }, { createSocket });
    await Promise.all([0, 1, 2].map((message) => sendSocket(bound().socket, port1, { message })));
    port1.close();
    await all;
    return seen;
  },

  /** More leave at once than an emitter has listeners without a warning. */
  async crowd() {
    const warnings: string[] = [];
    process.on("warning", ({ name }) => name === "ExperimentalWarning" || warnings.push(name));
    const { port1, port2 } = new MessageChannel();
    const most = port1.getMaxListeners?.();
    receiveSockets(port2, (socket) => socket.close(), { createSocket });
    await Promise.all(Array.from({ length: 30 }, () => sendSocket(bound().socket, port1)));
    await new Promise(setImmediate);
    const same = port1.getMaxListeners?.() === most;
    port1.close();
    return { warnings, same };
  },

  /** Several leave at once. */
  async several(kind) {
    const follower = start(kind, "receive");
    await follower.next();
    const sockets = [bound(), bound("udp6"), bound()];
    await Promise.all(sockets.map(({ socket }, i) => sendSocket(socket, follower.peer, { message: i })));
    const reports = [await follower.next(), await follower.next(), await follower.next()];
    follower.end();
    await follower.ended;
    const ports = reports.sort((a, b) => Number(a.message) - Number(b.message)).map(({ port }) => port);
    return ports.join() === sockets.map(({ port }) => port).join() || { ports, reports };
  },
};

function attempt(call: () => void): string {
  try {
    call();
    return "nothing";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

if (!isMainThread) {
  follow(workerData as Role, parentPort!, (report) => parentPort!.postMessage({ report }), () => {});
  if (workerData === "silent") parentPort!.on("message", () => {});
} else if (process.argv[3] === "follow") {
  // As a listener of 'message', this keeps it alive.
  if (process.argv[2] !== "end") process.on("disconnect", () => process.exit());
  follow(process.argv[2] as Role, process, (report) => process.send!({ report }), () => process.disconnect!());
  if (process.argv[2] === "silent") process.on("message", () => {});
} else {
  void cases[process.argv[2]](process.argv[3]).then((seen) => console.log(JSON.stringify(seen)));
}
