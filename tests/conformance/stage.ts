/** The stage on which a scenario drives a dgram module, and the trace of what was seen there. */
import process from "node:process";
import { show, showText } from "./show.ts";
import type { Names } from "./show.ts";
import type { Trace } from "./scenario.ts";

/** A member called with any arguments: many scenarios pass wrong ones on purpose. */
// deno-lint-ignore no-explicit-any
export type Loose = (...args: any[]) => any;

/** A socket of any dgram module. */
export interface AnySocket {
  // deno-lint-ignore no-explicit-any
  [member: string | symbol]: any;
}

/** Any dgram module, in the shape of node:dgram's default export. */
export interface DgramModule {
  createSocket: Loose;
  Socket: Loose & { prototype: AnySocket };
  [member: string]: unknown;
}

/** The events that a stage listens to on its sockets. */
export const EVENTS = ["listening", "connect", "message", "error", "close"] as const;

/** How a socket of the stage is watched. */
export interface Watch {
  /** Events to which the stage adds no listener: `error`, to see an unhandled one. */
  readonly unheard?: readonly (typeof EVENTS[number])[];
}

/** How a called function's value is recorded. */
export interface CallHow<T> {
  /** What to show in place of the value, for a value that depends on the system. */
  readonly as?: (value: T) => unknown;
}

const TURNS = 6;
/** Milliseconds for a line to come. */
const PATIENCE = 12_000;
/** Milliseconds for a socket to close at the end, which some of node:dgram's never do; an emulated machine may take longer. */
const CLOSING = Number(process.env.DGRAM_SCENARIO_PATIENCE ?? 3000);
/** Systems choose ports from here on. */
const CHOSEN_PORTS = 32_768;

/** Drives one module through one scenario. */
export class Stage {
  readonly dgram: DgramModule;
  readonly #lines: string[] = [];
  readonly #received = new Map<string, string[]>();
  readonly #sockets = new Map<string, AnySocket>();
  readonly #wakers = new Set<() => void>();
  readonly #names: Names;
  #live = true;

  constructor(dgram: DgramModule) {
    this.dgram = dgram;
    this.#names = { objects: new Map(), numbers: new Map(), learn: () => this.#learnPorts() };
  }

  /** Creates a socket and records its events under its label. A throw is recorded, too, and then thrown. */
  socket(label: string, options: unknown = "udp4", listener?: unknown, watch: Watch = {}): AnySocket {
    const socket = this.dgram.createSocket(options, listener);
    this.watch(label, socket, watch);
    return socket;
  }

  /** Records the events of a socket that the scenario made by itself. */
  watch(label: string, socket: AnySocket, { unheard = [] }: Watch = {}): void {
    this.#sockets.set(label, socket);
    this.#names.objects.set(socket, `<socket ${label}>`);
    // The port may be needed after close().
    socket.on("listening", () => this.#learnPort(label, socket));
    for (const event of EVENTS) {
      if (unheard.includes(event)) continue;
      if (event === "message") socket.on(event, (...args: unknown[]) => this.#message(label, args));
      else socket.on(event, (...args: unknown[]) => this.#record(`${label} '${event}'${this.#list(args, " ")}`));
    }
  }

  /** Calls and records what was returned or thrown; answers the value, or undefined after a throw. */
  call<T>(label: string, fn: () => T, how: CallHow<T> = {}): T | undefined {
    let value: T;
    try {
      value = fn();
    } catch (error) {
      this.#record(`${label} threw ${show(error, this.#names)}`);
      return undefined;
    }
    this.#record(`${label} returned ${show(how.as ? how.as(value) : value, this.#names)}`);
    return value;
  }

  /** A function that records its arguments and its `this`. `then` runs after that. */
  callback(label: string, then?: Loose): Loose {
    const tell = (self: unknown, args: unknown[]): void => {
      this.#record(`${label} called with (${this.#list(args)}) on ${show(self, this.#names)}`);
      then?.(...args);
    };
    const record = function (this: unknown, ...args: unknown[]): void {
      tell(this, args);
    };
    // Errors about arguments tell a function's name, which a bundler may change.
    Object.defineProperty(record, "name", { value: "callback" });
    this.#names.objects.set(record, `<callback ${label}>`);
    return record;
  }

  /** Records a line of the scenario's own. */
  note(text: string, ...values: unknown[]): void {
    this.#record(`note ${text}${this.#list(values, " ")}`);
  }

  /** Records an error's own enumerable keys, in their order. */
  keys(text: string, value: unknown): void {
    this.note(`${text} has the keys`, Object.keys(value as object).join(" "));
  }

  /** Gives a number that the system chose a name. */
  name(value: number, name: string): number {
    this.#names.numbers.set(value, `<${name}>`);
    return value;
  }

  /** Waits until a line that contains the text was recorded `count` times; gives up with a line that says so. */
  seen(text: string, count = 1): Promise<void> {
    const enough = (): boolean => this.#all().filter((line) => line.includes(text)).length >= count;
    if (enough()) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#wakers.delete(look);
        resolve();
      };
      const look = (): void => {
        if (enough()) finish();
      };
      const timer = setTimeout(() => {
        this.#record(`FAILED never seen ${count === 1 ? "" : `${count} times `}: ${text}`);
        finish();
      }, PATIENCE);
      this.#wakers.add(look);
    });
  }

  /** Lets ticks, microtasks and immediates pass. What comes from the network needs `seen` or `quiet`. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Waits until datagrams sent before have been delivered, if they are at all: two others made the whole way since. */
  async quiet(): Promise<void> {
    await this.settle();
    for (let round = 0; round < 2; round++) await this.#roundTrip();
    await this.settle();
  }

  /** A port that nothing is bound to on 127.0.0.1 (or ::1), under a name. */
  async freePort(label: string, type: "udp4" | "udp6" = "udp4"): Promise<number> {
    for (;;) {
      // Below those that kernels choose: nobody is given it meanwhile.
      const port = 20_000 + Math.floor(Math.random() * 12_000);
      const socket = this.dgram.createSocket(type);
      const isFree = await new Promise<boolean>((resolve) => {
        socket.on("error", () => resolve(false));
        socket.bind(port, type === "udp4" ? "127.0.0.1" : "::1", () => resolve(true));
      });
      await new Promise<void>((resolve) => socket.close(resolve));
      if (isFree) return this.name(port, `port ${label}`);
    }
  }

  /** A watched socket that listens on 127.0.0.1 (or ::1) and answers its port. The binding leaves no line. */
  async bound(label: string, options: unknown = "udp4", listener?: unknown, watch?: Watch): Promise<AnySocket> {
    const socket = this.dgram.createSocket(options, listener);
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(0, socket.type === "udp4" ? "127.0.0.1" : "::1", () => {
        socket.removeListener("error", reject);
        resolve();
      });
    });
    this.watch(label, socket, watch);
    this.name(socket.address().port, `port ${label}`);
    return socket;
  }

  /** A watched socket that is bound and connected to a port of 127.0.0.1 (or ::1), without a line. */
  async connected(label: string, port: number, options: unknown = "udp4", watch?: Watch): Promise<AnySocket> {
    const socket = this.dgram.createSocket(options);
    await new Promise<void>((resolve, reject) => {
      socket.bind(0, socket.type === "udp4" ? "127.0.0.1" : "::1");
      socket.connect(port, undefined, (error?: Error) => error ? reject(error) : resolve());
    });
    this.watch(label, socket, watch);
    this.name(socket.address().port, `port ${label}`);
    return socket;
  }

  /** For the runner: an exception that reached the process. */
  uncaught(kind: string, error: unknown): void {
    this.#record(`${kind} ${show(error, this.#names)}`);
  }

  /** For the runner: the scenario itself failed. */
  failed(reason: string): void {
    this.#record(`FAILED ${reason}`);
  }

  /** For the runner: ends the recording, closes what is open, answers what was seen. */
  async end(): Promise<Trace> {
    const trace = this.#all();
    this.#live = false;
    for (const wake of [...this.#wakers]) wake();
    for (const socket of this.#sockets.values()) await close(socket);
    return trace;
  }

  /** The lines in their order; then what each socket received, since a datagram's way is no business of the module's. */
  #all(): string[] {
    return [...this.#lines, ...[...this.#sockets.keys()].flatMap((label) => this.#received.get(label) ?? [])];
  }

  #record(line: string): void {
    if (!this.#live) return;
    this.#lines.push(line);
    for (const look of [...this.#wakers]) look();
  }

  #message(label: string, args: unknown[]): void {
    if (!this.#live) return;
    const lines = this.#received.get(label) ?? [];
    lines.push(`${label} 'message' ${this.#list(args)}`);
    this.#received.set(label, lines);
    for (const look of [...this.#wakers]) look();
  }

  #list(values: readonly unknown[], before = ""): string {
    return values.length === 0 ? "" : before + values.map((value) => show(value, this.#names)).join(", ");
  }

  #learnPorts(): void {
    for (const [label, socket] of this.#sockets) this.#learnPort(label, socket);
  }

  #learnPort(label: string, socket: AnySocket): void {
    let port: unknown;
    try {
      port = socket.address().port;
    } catch {
      return;
    }
    if (typeof port !== "number" || port < CHOSEN_PORTS || this.#names.numbers.has(port)) return;
    const known = [...this.#names.numbers.values()].filter((name) => name.startsWith(`<port ${label}`)).length;
    this.#names.numbers.set(port, known === 0 ? `<port ${label}>` : `<port ${label} ${known + 1}>`);
  }

  #roundTrip(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = this.dgram.createSocket("udp4", () => socket.close(resolve));
      socket.on("error", reject);
      socket.bind(0, "127.0.0.1", () => socket.send("?", socket.address().port, "127.0.0.1"));
    });
  }

  /** A free text with known ports named, for a scenario that looks at a message or a stack. */
  text(text: string): string {
    return showText(text, this.#names);
  }
}

function close(socket: AnySocket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CLOSING);
    const done = (): void => {
      clearTimeout(timer);
      process.nextTick(resolve);
    };
    try {
      socket.on("error", () => {});
      socket.close(done);
    } catch {
      done();
    }
  });
}
