/**
 * A cluster for cluster.test.ts: its primary forks this file twice, tells each worker what to do, and prints one line
 * of JSON. The arguments: the case's name, `ours` or `oracle` for the module that the sockets are of, and a descriptor or what else it needs.
 */
import cluster, { type Worker } from "node:cluster";
import * as oracle from "node:dgram";
import process from "node:process";
import * as ours from "@x/dgram";
import type { Socket, SocketOptions } from "@x/dgram";
import { freePort } from "../support/free_port.ts";

const HOST = "127.0.0.1";
const NOT_OPEN = 900;
const [, , caseName, subject, descriptor] = process.argv;
const { createSocket } = subject === "oracle" ? oracle as unknown as typeof ours : ours;

/** What a worker is told to do with its one socket, and what it answers. */
interface Task {
  readonly do:
    | "bind"
    | "bindSync"
    | "send"
    | "join"
    | "count"
    | "close"
    | "bind and close"
    | "adopt"
    | "events"
    | "leave"
    | "send and leave";
  readonly options?: Partial<SocketOptions>;
  readonly bind?: { port?: number; address?: string; exclusive?: boolean; fd?: number };
  readonly port?: number;
  readonly group?: string;
  /** What is called when the worker has left its primary. */
  readonly then?: "send" | "close" | "address" | "answer a look-up";
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly syscall?: string;
  readonly port?: number;
}

interface Answer {
  readonly port?: number;
  readonly error?: Failure;
  readonly events?: readonly string[];
  readonly received?: readonly string[];
}

function failureOf(error: unknown): { error: Failure } {
  const { code, message, syscall, port } = error as Failure;
  return { error: { code, message, ...(syscall && { syscall }), ...(port && { port }) } };
}

/** Look-ups that wait. */
const asked: (() => void)[] = [];

function afterLeaving(socket: Socket, then: NonNullable<Task["then"]>, events: string[]): void {
  const calls: Record<typeof then, () => void> = {
    address: () => socket.address(),
    close: () => socket.close(),
    send: () => socket.send("too late", 9, HOST, () => events.push("called back")),
    "answer a look-up": () => asked.forEach((answer) => answer()),
  };
  try {
    calls[then]();
  } catch (error) {
    events.push(`${then} threw ${(error as Failure).code}`);
  }
}

/** A worker: does its tasks one after the other. */
function work(): void {
  let socket: Socket | undefined;
  const received: string[] = [];
  const events: string[] = [];
  const answer = (value: Answer): void => void process.send!(value);
  const open = (options: Partial<SocketOptions> = {}): Socket => {
    socket = createSocket({ type: "udp4", ...options });
    socket.on("message", (message) => received.push(String(message)));
    return socket;
  };
  const bind = (task: Task): void => {
    const lookup: SocketOptions["lookup"] = (name, _, done) => {
      if (name === "a.test") asked.push(() => done(null, HOST, 4));
      else done(null, name, 4);
    };
    const opened = open({ ...task.options, lookup });
    opened.once("error", (error) => answer(failureOf(error)));
    opened.bind(task.bind ?? {}, () => answer({ port: opened.address().port }));
  };
  const tasks: Record<Task["do"], (task: Task) => void> = {
    bind,
    bindSync: (task) => {
      try {
        answer({ port: open().bindSync(task.bind).port });
      } catch (error) {
        answer(failureOf(error));
      }
    },
    send: (task) => {
      const opened = open();
      opened.send("from a worker", task.port, HOST, () => answer({ port: opened.address().port }));
    },
    join: (task) => {
      try {
        socket!.addMembership(task.group!, HOST);
        answer({});
      } catch (error) {
        answer(failureOf(error));
      }
    },
    count: () => answer({ received: [...received] }),
    close: () => {
      socket!.close(() => answer({}));
    },
    "bind and close": (task) => {
      // The primary is asked within bind() then.
      const opened = open({ lookup: (name, _, done) => done(null, name, 4) });
      for (const event of ["listening", "error", "close"]) opened.on(event, () => events.push(event));
      opened.on("close", () => answer({}));
      opened.bind(task.bind ?? {});
      opened.close();
    },
    adopt: (task) => {
      const opened = open();
      opened.on("listening", () => {
        events.push("listening");
        answer({ events, port: opened.address().port });
      });
      opened.on("error", (error) => {
        const { code, errno, message, syscall } = error as NodeJS.ErrnoException;
        events.push(`error ${code} ${errno! < 0} ${syscall}: ${message}`);
        opened.bind(0, HOST);
      });
      try {
        opened.bind(task.bind!);
        events.push("returned");
      } catch (error) {
        events.push(`threw ${(error as Failure).code}: ${(error as Failure).message}`);
        answer({ events });
      }
    },
    events: () => answer({ events }),
    leave: (task) => {
      for (const event of ["close", "error"]) socket!.on(event, () => events.push(event));
      if (task.then === "answer a look-up") {
        socket!.send("waits", 9, "a.test", (error) => events.push(`sent ${error !== null}`));
      }
      process.once("disconnect", () => {
        events.push("disconnected");
        setImmediate(() => afterLeaving(socket!, task.then!, events));
      });
      process.once("exit", () => console.log(JSON.stringify(events)));
      answer({});
    },
    "send and leave": () => {
      const opened = open();
      for (const event of ["close", "error"]) opened.on(event, () => events.push(event));
      opened.bind(0, HOST, () => {
        for (const data of ["a", "b"]) {
          opened.send(data, opened.address().port, HOST, (error) => {
            events.push(`${data} ${(error as Failure | null)?.code}`);
          });
        }
        cluster.worker!.disconnect();
      });
      process.once("exit", () => console.log(JSON.stringify(events)));
    },
  };
  process.on("message", (task: Task) => tasks[task.do](task));
  answer({});
}

/** Sends a task to a worker and answers its answer. */
function ask(worker: Worker, task?: Task): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number): void => reject(new Error(`the worker ended with ${code}`));
    worker.once("exit", onExit);
    worker.once("message", (answer: Answer) => {
      worker.removeListener("exit", onExit);
      resolve(answer);
    });
    if (task) worker.send(task);
  });
}

function boundHere(): Socket {
  const socket = createSocket("udp4");
  socket.bindSync({ address: HOST });
  return socket;
}

/** Kills a worker, and answers another when it is ready. */
async function replaced(worker: Worker): Promise<Worker> {
  const ended = new Promise((done) => worker.once("exit", done));
  worker.process.kill("SIGKILL");
  await ended;
  const another = cluster.fork();
  await ask(another);
  return another;
}

const listening: object[] = [];

const cases: Record<string, (a: Worker, b: Worker) => Promise<unknown>> = {
  /** Two workers bind the same; each datagram goes to one of them. */
  async shared(a, b) {
    const first = await ask(a, { do: "bind", bind: { port: 0, address: HOST } });
    const second = await ask(b, { do: "bind", bind: { port: 0, address: HOST } });
    const sender = boundHere();
    for (let i = 0; i < 40; i++) {
      await new Promise((resolve) => sender.send(`m${i}`, first.port, HOST, resolve));
    }
    sender.close();
    let all: string[] = [];
    for (let attempt = 0; attempt < 100 && all.length < 40; attempt++) {
      const counts = [await ask(a, { do: "count" }), await ask(b, { do: "count" })];
      all = counts.flatMap(({ received }) => received ?? []);
    }
    return { samePort: first.port === second.port, received: all.sort() };
  },

  /** What the primary's cluster tells of a worker that binds. */
  async listening(a) {
    const { port } = await ask(a, { do: "bind", bind: { port: 0, address: HOST } });
    for (let attempt = 0; attempt < 100 && listening.length === 0; attempt++) await ask(a, { do: "count" });
    return listening.map((address) => ({ ...address, port: (address as { port: number }).port === port }));
  },

  /** An exclusive bind and bindSync() to a port that the workers share. */
  async exclusive(a, b) {
    const { port } = await ask(a, { do: "bind", bind: { port: 0, address: HOST } });
    const bind = await ask(b, { do: "bind", bind: { port, address: HOST, exclusive: true } });
    const bindSync = await ask(b, { do: "bindSync", bind: { port, address: HOST } });
    const name = (answer: Answer): unknown => ({
      ...answer.error,
      message: answer.error?.message.replace(`${port}`, "PORT"),
    });
    return [name(bind), name(bindSync)].map((error) => ({
      ...error as object,
      port: (error as Failure).port === port,
    }));
  },

  /** Exclusive binds and sends of unbound sockets have ports of their own. */
  async own(a, b) {
    const sink = boundHere();
    const { port } = sink.address();
    const answers = [
      await ask(a, { do: "bind", bind: { port: 0, address: HOST, exclusive: true } }),
      await ask(b, { do: "bind", bind: { port: 0, address: HOST, exclusive: true } }),
      await ask(a, { do: "send", port }),
      await ask(b, { do: "send", port }),
      await ask(a, { do: "bindSync", bind: { address: HOST } }),
      await ask(b, { do: "bindSync", bind: { address: HOST } }),
    ];
    sink.close();
    return {
      ports: new Set(answers.map((answer) => answer.port)).size,
      failed: answers.some((answer) => answer.error),
    };
  },

  /** A port that is in use outside of the cluster. */
  async inUse(a) {
    const holder = boundHere();
    const { port } = holder.address();
    const { error } = await ask(a, { do: "bind", bind: { port, address: HOST } });
    holder.close();
    return { ...error, message: error?.message.replace(`${port}`, "PORT"), port: error?.port === port };
  },

  /** close() before the primary has answered, which it has when it asks for the events. */
  async closed(a) {
    await ask(a, { do: "bind and close", bind: { port: 0, address: HOST } });
    return await ask(a, { do: "events" });
  },

  /** The same, and the answer is that the bind failed. */
  async closedInUse(a) {
    const holder = boundHere();
    await ask(a, { do: "bind and close", bind: { port: holder.address().port, address: HOST } });
    holder.close();
    return await ask(a, { do: "events" });
  },

  /** A descriptor that the primary was started with. */
  async adopted(a, b) {
    const bind = { fd: Number(descriptor) };
    const answers = [await ask(a, { do: "adopt", bind }), await ask(b, { do: "adopt", bind })];
    const sender = boundHere();
    await new Promise((resolve) => sender.send("for one of them", answers[0].port!, HOST, resolve));
    sender.close();
    let all: string[] = [];
    for (let attempt = 0; attempt < 100 && all.length === 0; attempt++) {
      const counts = [await ask(a, { do: "count" }), await ask(b, { do: "count" })];
      all = counts.flatMap(({ received }) => received ?? []);
    }
    return {
      events: answers.map(({ events }) => events),
      samePort: answers[0].port! > 0 && answers[0].port === answers[1].port,
      received: all,
    };
  },

  /** A descriptor that is not open, neither in the primary nor in the worker. */
  async notOpen(a, b) {
    const shared = await ask(a, { do: "adopt", bind: { fd: NOT_OPEN } });
    const exclusive = await ask(b, { do: "adopt", bind: { fd: NOT_OPEN, exclusive: true } });
    return [shared.events, exclusive.events];
  },

  /** One worker's membership is the shared socket's. */
  async membership(a, b) {
    const group = "239.255.77.40";
    for (const worker of [a, b]) await ask(worker, { do: "bind", bind: { port: 0 } });
    return [await ask(a, { do: "join", group }), await ask(b, { do: "join", group })]
      .map(({ error }) => error?.message ?? "joined");
  },

  /** With reusePort each worker has a socket of its own on the port. */
  async reusePort(a, b) {
    const options = { reusePort: true };
    const { port } = await ask(a, { do: "bind", options, bind: { port: 0, address: HOST } });
    const second = await ask(b, { do: "bind", options, bind: { port, address: HOST } });
    return { samePort: second.port === port, error: second.error?.message };
  },

  /** A worker that leaves its primary. It prints itself what it saw: nobody can be told. */
  async leaving(a) {
    await ask(a, { do: "bind", bind: { port: 0, address: HOST } });
    await ask(a, { do: "leave", then: descriptor as Task["then"] });
    const ended = new Promise((resolve) => a.once("exit", resolve));
    a.disconnect();
    await ended;
  },

  async leavingByItself(a) {
    const ended = new Promise((resolve) => a.once("exit", resolve));
    a.send({ do: "send and leave" });
    await ended;
  },

  /** Workers are killed and others take their place: first one beside another, then all. */
  async restarted(a, b) {
    const port = await freePort(HOST);
    const bind = { port, address: HOST };
    const sender = boundHere();
    const received: string[] = [];
    const use = async (name: string, workers: readonly Worker[]): Promise<void> => {
      for (let i = 0; i < 20; i++) await new Promise((done) => sender.send(`${name}${i}`, port, HOST, done));
      let all: string[] = [];
      for (let attempt = 0; attempt < 100 && all.length < 20; attempt++) {
        all = [];
        for (const worker of workers) all.push(...(await ask(worker, { do: "count" })).received ?? []);
      }
      received.push(...all);
    };
    const ports = [await ask(a, { do: "bind", bind }), await ask(b, { do: "bind", bind })];
    const c = await replaced(a);
    ports.push(await ask(c, { do: "bind", bind }));
    await use("one", [b, c]);
    const [d, e] = [await replaced(b), await replaced(c)];
    ports.push(await ask(d, { do: "bind", bind }), await ask(e, { do: "bind", bind }));
    await use("all", [d, e]);
    sender.close();
    return { samePort: ports.every((answer) => answer.port === port), received: received.sort() };
  },

  /** A worker's socket that is closed leaves the others theirs. */
  async afterClose(a, b) {
    const { port } = await ask(a, { do: "bind", bind: { port: 0, address: HOST } });
    await ask(b, { do: "bind", bind: { port: 0, address: HOST } });
    await ask(a, { do: "close" });
    const sender = boundHere();
    await new Promise((resolve) => sender.send("for b", port, HOST, resolve));
    sender.close();
    let received: readonly string[] = [];
    for (let attempt = 0; attempt < 100 && received.length === 0; attempt++) {
      received = (await ask(b, { do: "count" })).received ?? [];
    }
    return received;
  },
};

async function lead(): Promise<void> {
  cluster.on("listening", (_, address) => listening.push(address));
  const workers = [cluster.fork(), cluster.fork()];
  await Promise.all(workers.map((worker) => ask(worker)));
  const result = await cases[caseName](workers[0], workers[1]);
  if (result !== undefined) console.log(JSON.stringify(result));
  for (const worker of Object.values(cluster.workers ?? {})) worker!.process.kill();
}

if (cluster.isPrimary) void lead();
else work();
