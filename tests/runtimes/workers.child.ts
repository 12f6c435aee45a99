/**
 * Threads for workers.test.ts: the main thread starts this file again as workers, and prints one line of JSON. The
 * first argument is the case's name.
 */
import { createSocket, type Socket, type SocketOptions } from "@x/dgram";
import process from "node:process";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const HOST = "127.0.0.1";

/** What a worker does. All but `throw` go on until they are terminated, or are told to close. */
type Task = "echo" | "idle" | "unbound" | "binding" | "receive" | "flood" | "close" | "throw" | "member" | "pause";

interface Order {
  readonly task: Task;
  /** The main thread's port. */
  readonly port: number;
  readonly options?: Partial<SocketOptions>;
}

/** A worker: tells its port when it has come to where it is terminated. */
function work({ task, port, options }: Order): void {
  const tell = (value: unknown): void => parentPort!.postMessage(value);
  const socket = createSocket({ type: "udp4", ...options });
  if (task === "unbound") return tell(0);
  if (task === "binding") {
    socket.bind(0, HOST);
    return tell(0);
  }
  socket.bind(0, options?.type === "udp6" ? "::" : HOST, () => {
    const own = socket.address().port;
    parentPort!.once("message", (message) => {
      if (message === "exit") process.exit(0);
    });
    if (task === "pause") {
      socket.pause();
      // Until the runtime's own socket has been let go.
      setTimeout(tell, 20, own);
      return;
    }
    if (task === "echo") {
      socket.on("message", (message, from) => socket.send(message, from.port, from.address));
      parentPort!.once("message", () => socket.close());
    } else if (task === "receive") {
      socket.on("message", () => {});
      for (let i = 0; i < 100; i++) socket.send("to myself", own, HOST);
    } else if (task === "flood") {
      const next = (): void => socket.send("flood", port, HOST, () => setImmediate(next));
      for (let i = 0; i < 16; i++) next();
    } else if (task === "member") {
      socket.addMembership("239.255.77.50", HOST);
    } else if (task === "close") {
      for (let i = 0; i < 100; i++) socket.send("last", own, HOST);
      socket.close();
    } else if (task === "throw") {
      socket.on("message", () => {
        throw new Error("from a worker's listener");
      });
    }
    tell(own);
  });
}

interface Started {
  readonly worker: Worker;
  readonly port: number;
  /** Listened for from the start, since a worker may end right after its first message. */
  readonly gone: Promise<number>;
}

function start(task: Task, port: number, options?: Partial<SocketOptions>): Promise<Started> {
  const worker = new Worker(process.argv[1], { workerData: { task, port, options } satisfies Order });
  const gone = new Promise<number>((resolve) => worker.once("exit", resolve));
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", (own: number) => {
      worker.removeListener("error", reject);
      resolve({ worker, port: own, gone });
    });
  });
}

function bound(): Socket {
  const socket = createSocket("udp4");
  socket.bindSync({ address: HOST });
  return socket;
}

/** Sends a datagram through the main thread's sockets and answers what arrived: proof that they work. */
function roundTrip(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve) => {
    const onMessage = (message: Uint8Array): void => {
      if (String(message) !== text) return;
      socket.removeListener("message", onMessage);
      resolve(text);
    };
    socket.on("message", onMessage);
    socket.send(text, socket.address().port, HOST);
  });
}

const cases: Record<string, (main: Socket) => Promise<unknown>> = {
  /** Each thread has a socket of its own. */
  async echo(main) {
    const port = main.address().port;
    const started = await Promise.all([start("echo", port), start("echo", port), start("echo", port)]);
    const answers: string[] = [];
    const all = new Promise<void>((resolve) => {
      main.on("message", (message, from) => {
        const index = started.findIndex((each) => each.port === from.port);
        answers.push(`${index} ${message}`);
        if (answers.length === 30) resolve();
      });
    });
    for (let i = 0; i < 30; i++) main.send(`m${i}`, started[i % 3].port, HOST);
    await all;
    const codes = started.map(({ gone }) => gone);
    for (const { worker } of started) worker.postMessage("close");
    const expected = Array.from({ length: 30 }, (_, i) => `${i % 3} m${i}`).sort();
    return { same: answers.sort().join() === expected.join(), codes: await Promise.all(codes) };
  },

  /** Workers that are terminated in every state leave the main thread's socket alone. */
  async terminate(main) {
    const results: string[] = [];
    const tasks: Task[] = ["unbound", "binding", "idle", "receive", "flood", "close", "member"];
    for (const task of tasks) {
      const { worker, gone } = await start(task, main.address().port);
      await worker.terminate();
      await gone;
      results.push(await roundTrip(main, `after ${task}`));
    }
    return results;
  },

  /** Many workers are terminated while the main thread's socket is busy. */
  async busy(main) {
    const to = bound();
    let received = 0;
    to.on("message", () => received++);
    let busy = true;
    const next = (): void => {
      if (busy) main.send("busy", to.address().port, HOST, () => setImmediate(next));
    };
    next();
    for (let round = 0; round < 5; round++) {
      const started = await Promise.all([start("flood", 9), start("receive", 9)]);
      await Promise.all(started.map(({ worker }) => worker.terminate()));
    }
    busy = false;
    const last = await roundTrip(main, "last");
    to.close();
    return { last, received: received > 0 };
  },

  /** An ended worker's port is free again. */
  async port(main) {
    const options = JSON.parse(process.argv[3]) as Partial<SocketOptions>;
    const { worker, port, gone } = await start(process.argv[4] as Task, main.address().port, options);
    if (process.argv[5] === "exit") {
      worker.postMessage("exit");
      await gone;
    } else {
      await worker.terminate();
    }
    for (let attempt = 0; attempt < 700; attempt++) {
      const socket = createSocket(options.type ?? "udp4");
      try {
        socket.bindSync({ address: options.type === "udp6" ? "::" : HOST, port });
        return "free";
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      } finally {
        socket.close();
      }
    }
    return "in use";
  },

  /** An exception of a worker's listener ends the worker and no other thread. */
  async throw(main) {
    const { worker, port } = await start("throw", main.address().port);
    const error = new Promise<Error>((resolve) => worker.once("error", resolve));
    main.send("throw", port, HOST);
    const { message } = await error;
    return { message, after: await roundTrip(main, "after") };
  },

  /** The main thread's exit does not wait for a worker's unbound socket. */
  async unbound(main) {
    const { gone } = await start("unbound", main.address().port);
    return await gone;
  },
};

async function lead(): Promise<void> {
  const main = bound();
  const result = await cases[process.argv[2]](main);
  console.log(JSON.stringify(result));
  main.close();
}

if (isMainThread) void lead();
else work(workerData as Order);
