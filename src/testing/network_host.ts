import type { Backend, Capabilities } from "../core/backend.ts";
import { type Dgram, socketsOver } from "../core/socket.ts";
import { validateFunction } from "../core/validate.ts";
import { runOn } from "./context.ts";
import { hostBackend } from "./host_backend.ts";
import type { HostStack } from "./host_stack.ts";
import type { Names } from "./names.ts";

/** What a host's `dgram` is: the module's two functions, and what the host can do. */
export interface HostDgram extends Dgram {
  /** What sockets in memory can do. */
  readonly capabilities: Capabilities;
}

/** A host of a network in memory. */
export class NetworkHost {
  /** Its name, which look-ups find. */
  readonly name: string;
  /** What the option `backend` of a socket takes. */
  readonly backend: Backend;
  /** The module, with sockets on this host. */
  readonly dgram: HostDgram;
  readonly #stack: HostStack;

  /** @ignore */
  constructor(stack: HostStack, names: Names, runtime: string) {
    this.#stack = stack;
    this.name = stack.name;
    this.backend = hostBackend(stack, names, runtime);
    const { createSocket, Socket } = socketsOver(this.backend);
    this.dgram = { createSocket, Socket, capabilities: this.backend.capabilities };
  }

  /** Its addresses, without those of the loopback interface. */
  get addresses(): string[] {
    return this.#stack.interfaces.all.slice(1).flatMap(({ addresses }) => addresses.map(({ text }) => text));
  }

  /** True until it is stopped, and again when it was started. */
  get running(): boolean {
    return this.#stack.running;
  }

  /**
   * Runs a program on this host: whatever socket is made in it, or in what it begins, is one of this host's, by any
   * entry of the module: the main one, promises, web, or through `register`. A socket that is given a `backend` has that.
   *
   * @param program what is called, at once
   * @returns what the program returns
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for what is no function
   */
  run<Result>(program: () => Result): Result {
    validateFunction(program, "program");
    return runOn(this.backend, program);
  }

  /** Ends the host: its sockets are closed, and tell so. What comes for it is lost until it is started again. */
  stop(): void {
    this.#stack.stop(true);
  }

  /** The same without a word: its sockets never tell anything again. */
  crash(): void {
    this.#stack.stop(false);
  }

  /** Starts it again, without sockets. */
  start(): void {
    this.#stack.running = true;
  }
}
