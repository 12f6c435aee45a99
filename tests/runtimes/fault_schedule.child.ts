/**
 * Parts of fault_schedule.test.ts: what a program does with its sockets. The test asks for one after the other, by lines of
 * JSON, has the kernel's calls fail meanwhile, and is told of each in a line what happened.
 */
import { createSocket as createOwn, type Socket } from "@x/dgram";
import { createSocket as createPlain } from "node:dgram";
import { readSync, writeSync } from "node:fs";
import process from "node:process";

const HOST = "127.0.0.1";
const COUNT = 12;
const whose = process.argv[2];

/** How each datagram ended, by its text: as often as it was told. */
type Ends = Record<string, string[]>;

const ports = new Map<number, string>();
const events: string[] = [];

/** What a user can read of an error, without what is another in each run. */
function tell(error: unknown): string {
  if (error === null || error === undefined) return "ok";
  const { code, errno, syscall, address, port, message } = error as Record<string, unknown>;
  const end = address === undefined ? "" : ` ${address}:${ports.get(port as number) ?? port}`;
  return code === undefined ? `no code: ${message}` : `${code} ${errno} ${syscall}${end}`;
}

function create(name: string): Socket {
  const socket = whose === "plain" ? createPlain("udp4") as unknown as Socket : createOwn("udp4");
  socket.on("error", (error) => events.push(`${name}: ${tell(error)}`));
  return socket;
}

/** What the test wants next, or "". By plain files, so that no fault meets a runtime's streams. */
function ask(): string {
  const bytes = new Uint8Array(64);
  for (;;) {
    try {
      const length = readSync(0, bytes, 0, bytes.length, null);
      return length === 0 ? "" : JSON.parse(new TextDecoder().decode(bytes.subarray(0, length)));
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What it ends with; "never" after some seconds. */
function end<T>(begin: (done: (value: T) => void) => void): Promise<T | "never"> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve("never"), 4000);
    begin((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

/** What a call throws, or "ok". */
function attempt(call: () => unknown): string {
  try {
    call();
    return "ok";
  } catch (error) {
    return tell(error);
  }
}

/** Looks for what comes with a later turn, so often at most. */
async function until(found: () => boolean, looks = 200): Promise<void> {
  for (let i = 0; i < looks && !found(); i++) await pause(10);
}

/** How a step ends that calls back, or emits 'error' instead. */
function ending(socket: Socket, begin: (done: (error?: unknown) => void) => void): Promise<string> {
  return end<string>((done) => {
    socket.once("error", (error) => done(`event: ${tell(error)}`));
    const thrown = attempt(() => begin((error) => done(tell(error))));
    if (thrown !== "ok") done(`thrown: ${thrown}`);
  });
}

async function bound(name: string): Promise<Socket> {
  const socket = create(name);
  await ending(socket, (done) => void socket.bind(0, HOST, () => done()));
  ports.set(socket.address().port, name);
  return socket;
}

const closing = (socket: Socket): Promise<string> => end<string>((done) => void socket.close(() => done("closed")));

/** A pair of which one sends to the other. */
class Pair {
  readonly sender: Socket;
  readonly receiver: Socket;
  readonly port: number;
  readonly heard: string[] = [];
  readonly ends: Ends = {};

  constructor(sender: Socket, receiver: Socket) {
    this.sender = sender;
    this.receiver = receiver;
    this.port = receiver.address().port;
    receiver.on("message", (message) => this.heard.push(String(message)));
  }

  static async open(): Promise<Pair> {
    return new Pair(await bound("sender"), await bound("receiver"));
  }

  get accepted(): string[] {
    return Object.keys(this.ends).filter((text) => this.ends[text][0] === "ok");
  }

  send(text: string, connected = false): Promise<string> {
    const told: string[] = this.ends[text] = [];
    return end<string>((done) => {
      const ended = (error: Error | null): void => {
        told.push(tell(error));
        done(told[0]);
      };
      if (connected) this.sender.send(text, ended);
      else this.sender.send(text, this.port, HOST, ended);
    });
  }

  connect(): Promise<string> {
    return ending(this.sender, (done) => this.sender.connect(this.port, HOST, done));
  }

  /** One after the other, each when the one before has ended. */
  async alone(connected = false): Promise<void> {
    for (let i = 0; i < COUNT; i++) await this.send(`${i}`, connected);
  }

  /** In one turn of the event loop. */
  async together(connected = false): Promise<void> {
    await Promise.all(Array.from({ length: COUNT }, (_, i) => this.send(`${i}`, connected)));
  }

  forget(): void {
    this.heard.length = 0;
    for (const text of Object.keys(this.ends)) delete this.ends[text];
  }

  /** Until all that was sent has come, and some turns longer: it must not come twice. */
  async quiet(): Promise<void> {
    await until(() => this.heard.length >= this.accepted.length);
    await pause(20);
  }

  /** Each hears the other, and both are closed. */
  async isWell(): Promise<Record<string, string>> {
    const { sender, receiver } = this;
    attempt(() => sender.disconnect());
    const there = await this.#crosses("there", receiver, () => void this.send("there"));
    const { port } = sender.address();
    const back = await this.#crosses("back", sender, () => void receiver.send("back", port, HOST));
    return { there, back, sender: await closing(sender), receiver: await closing(receiver) };
  }

  #crosses(text: string, to: Socket, send: () => void): Promise<string> {
    return end<string>((done) => {
      to.on("message", (message) => String(message) === text && done("heard"));
      send();
    });
  }
}

const pairs: Pair[] = [];
/** What `opens` has left, by name. */
const opened: Record<string, Socket> = {};
const pair = (): Pair => pairs.at(-1)!;

/** What the sender's datagrams have come to. */
async function outcome(): Promise<{ ends: Ends; heard: string[]; events: string[] }> {
  await pair().quiet();
  const { ends, heard } = pair();
  return { ends: { ...ends }, heard: [...heard], events: events.splice(0) };
}

/** What the test has the child do. The faults are those of one of them; before and after there are none. */
const parts: Record<string, () => Promise<unknown>> = {
  async open() {
    pairs.push(await Pair.open());
    // What a socket finds out once is found out before the first fault.
    await pair().together();
    await pair().quiet();
    pair().forget();
    events.length = 0;
    return {};
  },

  async "open connected"() {
    await parts.open();
    return { connected: await pair().connect() };
  },

  async alone() {
    await pair().alone();
    return outcome();
  },

  async together() {
    await pair().together();
    return outcome();
  },

  async "alone connected"() {
    await pair().alone(true);
    return outcome();
  },

  async "together connected"() {
    await pair().together(true);
    return outcome();
  },

  async many() {
    const many = await sendMany(pair());
    await pause(50);
    const { events, heard } = await outcome();
    pair().forget();
    return { many, events, heard: heard.map((text) => text.split(" ")[0]) };
  },

  /** Its sender is closed in the turn in which it sends. */
  async "send and close"() {
    const { sender } = pair();
    const order: string[] = [];
    for (let i = 0; i < COUNT; i++) void pair().send(`${i}`).then((told) => order.push(`${i} ${told}`));
    const closed = await closing(sender);
    order.push(closed);
    const told = await outcome();
    return { order, ...told, receiver: await closing(pair().receiver) };
  },

  /** The kernel never takes anything, or never gives. */
  async lasting() {
    void pair().together();
    for (let i = 0; i < 20; i++) await pause(10);
    return { ends: pair().ends, heard: [...pair().heard], events: [...new Set(events.splice(0))] };
  },

  async opens() {
    const { sender, receiver, port } = pair();
    const steps: Record<string, string> = {};
    const fresh = create("fresh");
    steps.bind = await ending(fresh, (done) => void fresh.bind(0, HOST, () => done()));
    const connecting = create("connecting");
    steps.connectUnbound = await ending(connecting, (done) => connecting.connect(port, HOST, done));
    const sending = create("sending");
    steps.sendUnbound = await end<string>((done) => {
      sending.once("error", (error) => done(`event: ${tell(error)}`));
      sending.send("unbound", port, HOST, (error) => done(tell(error)));
    });
    if (steps.sendUnbound === "ok") pair().ends.unbound = ["ok"];
    steps.connect = await pair().connect();
    steps.remoteAddress = attempt(() => sender.remoteAddress());
    steps.disconnect = attempt(() => sender.disconnect());
    steps.address = attempt(() => receiver.address());
    steps.setTTL = attempt(() => receiver.setTTL(7));
    steps.setBroadcast = attempt(() => receiver.setBroadcast(true));
    steps.setMulticastTTL = attempt(() => receiver.setMulticastTTL(7));
    steps.setMulticastLoopback = attempt(() => receiver.setMulticastLoopback(true));
    steps.addMembership = attempt(() => receiver.addMembership("239.255.77.9", HOST));
    Object.assign(opened, { fresh, connecting, sending });
    events.length = 0;
    return steps;
  },

  /** Afterwards each can be bound, or is, and is closed. */
  async opened() {
    attempt(() => pair().sender.disconnect());
    const again: Record<string, string> = {};
    for (const [name, socket] of Object.entries(opened)) {
      if (attempt(() => socket.address()) !== "ok") {
        again[name] = await ending(socket, (done) => void socket.bind(0, HOST, () => done()));
      }
      again[`${name} closed`] = await closing(socket);
    }
    return again;
  },

  async well() {
    const told = await pair().isWell();
    const { ends, heard } = pair();
    return { told, ends, heard, events: events.splice(0) };
  },
};

async function play(): Promise<void> {
  for (let name = ask(); name !== ""; name = ask()) {
    writeSync(1, `${JSON.stringify(await parts[name]())}\n`);
  }
}

/** What sendMany() tells of some datagrams. */
function sendMany(pair: Pair): Promise<unknown> {
  // Each is longer than the one before: none joins it in a row.
  const messages = Array.from({ length: COUNT }, (_, i) => ({
    data: `${i} ${"x".repeat(10 * i)}`,
    port: pair.port,
    address: HOST,
  }));
  return end<unknown>((done) =>
    void pair.sender.sendMany(messages).then(
      (sent) => done({ sent }),
      (error) => done({ sent: error.sent, index: error.index, error: tell(error) }),
    )
  );
}

void play();
