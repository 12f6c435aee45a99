/** A process of this runtime within a namespace, and its sockets. */
import { assertEquals } from "@std/assert";
import type { AddressInfo } from "@x/dgram";
import { LIFETIME, startProcess } from "../support/json_process.ts";
import type { JsonProcess } from "../support/json_process.ts";
import { within } from "../support/within.ts";
import type { Heard, Order, Report, Told } from "./protocol.ts";

interface Waiter {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Events of one kind: each is taken once. */
class Events<T> {
  readonly #unread: T[] = [];
  readonly #waiters: ((value: T) => void)[] = [];

  push(value: T): void {
    const waiter = this.#waiters.shift();
    if (waiter) waiter(value);
    else this.#unread.push(value);
  }

  next(what: string): Promise<T> {
    const value = this.#unread.shift();
    return value === undefined
      ? within(new Promise((resolve) => this.#waiters.push(resolve)), what)
      : Promise.resolve(value);
  }

  takeAll(): T[] {
    return this.#unread.splice(0);
  }
}

/** What a call on a host threw, or an error that it told. */
export class RemoteError extends Error {
  readonly code: string | undefined;
  readonly syscall: string | undefined;

  constructor({ message, code, syscall }: Told) {
    super(message);
    this.code = code;
    this.syscall = syscall;
  }
}

/** A process within a namespace. */
export class Host {
  readonly #process: JsonProcess;
  readonly #answers = new Map<number, Waiter>();
  readonly #sockets = new Map<number, RemoteSocket>();
  #orders = 0;

  private constructor(process: JsonProcess) {
    this.#process = process;
  }

  /** Starts a command that runs host.child.ts. */
  static async start(command: string, args: readonly string[], env?: Record<string, string>): Promise<Host> {
    const host = new Host(startProcess(command, args, { timeout: LIFETIME, env }));
    await within(host.#process.next<Report>(), "a host's start");
    void host.#listen();
    return host;
  }

  /** Makes a socket there. */
  async socket(options: string | object): Promise<RemoteSocket> {
    const number = this.#sockets.size;
    const socket = new RemoteSocket(this, number);
    this.#sockets.set(number, socket);
    await this.order(number, "create", [options]);
    return socket;
  }

  /** Makes a socket there that is bound. */
  async bound(options: string | object, bind: object): Promise<RemoteSocket> {
    const socket = await this.socket(options);
    await socket.call("bindSync", bind);
    return socket;
  }

  order(socket: number, method: string, args: readonly unknown[]): Promise<unknown> {
    const id = this.#orders++;
    const answer = new Promise((resolve, reject) => this.#answers.set(id, { resolve, reject }));
    this.#process.send({ id, socket, method, args } satisfies Order);
    return within(answer, `the answer to ${method}()`);
  }

  /** Ends the process. Nothing but its exit code is to be told of it. */
  async end(): Promise<void> {
    await endHost(this.#process);
  }

  async #listen(): Promise<void> {
    try {
      for (;;) this.#read(await this.#process.next<Report>());
    } catch (error) {
      for (const { reject } of this.#answers.values()) reject(error as Error);
      this.#answers.clear();
    }
  }

  #read(report: Report): void {
    if ("id" in report) {
      const answer = this.#answers.get(report.id)!;
      this.#answers.delete(report.id);
      if ("thrown" in report) answer.reject(new RemoteError(report.thrown));
      else answer.resolve(report.value);
    } else if ("socket" in report) {
      const socket = this.#sockets.get(report.socket)!;
      if (report.event === "message") socket.messages.push(report.value);
      else socket.errors.push(report.value);
    }
  }
}

/** Ends a host's process. Nothing but its exit code is to be told of it. */
export async function endHost(process: JsonProcess): Promise<void> {
  process.end();
  const { code, signal, stderr } = await within(process.result, "a host's end");
  assertEquals({ code, signal, stderr }, { code: 0, signal: null, stderr: "" });
}

/** A socket of a process within a namespace. */
export class RemoteSocket {
  readonly messages: Events<Heard> = new Events();
  readonly errors: Events<Told> = new Events();
  readonly #host: Host;
  readonly #number: number;

  constructor(host: Host, number: number) {
    this.#host = host;
    this.#number = number;
  }

  /** Calls a method; rejects with what it throws. */
  call<T>(method: string, ...args: unknown[]): Promise<T> {
    return this.#host.order(this.#number, method, args) as Promise<T>;
  }

  async address(): Promise<AddressInfo> {
    return await this.call("address");
  }

  /** The code of the error that the send's callback got, or null. A number stands for so many bytes. */
  async send(what: string | number, port?: number, address?: string): Promise<string | null> {
    const error = await this.call<Told | null>("send", what, ...(port === undefined ? [] : [port, address]));
    return error && (error.code ?? error.message);
  }

  /** The code of what a call throws. */
  async refusal(method: string, ...args: unknown[]): Promise<string | undefined> {
    try {
      await this.call(method, ...args);
    } catch (error) {
      return (error as RemoteError).code;
    }
    return "nothing was thrown";
  }

  /** The next datagram. */
  message(what: string): Promise<Heard> {
    return this.messages.next(what);
  }

  /** The next 'error', as its message. */
  async error(what: string): Promise<string> {
    return (await this.errors.next(what)).message;
  }

  /** Closes it: nothing that it told must have been left unread. */
  async close(): Promise<void> {
    await this.call("close");
    assertEquals({ messages: this.messages.takeAll(), errors: this.errors.takeAll() }, { messages: [], errors: [] });
  }
}

/** Closes one after the other. */
export async function close(...sockets: RemoteSocket[]): Promise<void> {
  for (const socket of sockets) await socket.close();
}

/** The texts of the next datagrams, in their order. */
export async function texts(socket: RemoteSocket, count: number, who: string): Promise<string[]> {
  const heard: string[] = [];
  while (heard.length < count) heard.push((await socket.message(`${who}'s datagram ${heard.length + 1}`)).text);
  return heard;
}
