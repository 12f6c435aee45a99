import type { Backend } from "../core/backend.ts";
import { socketsOver } from "../core/socket.ts";
import { validateFunction } from "../core/validate.ts";
import { runOn } from "./context.ts";
import { forge, type ForgedDatagram } from "./forge.ts";
import { hostBackend } from "./host_backend.ts";
import type { HostStack } from "./host_stack.ts";
import type { Names } from "./names.ts";
import type { HostDgram, NetworkHost } from "./types.ts";

/** What host() gives. */
export class MemoryHost implements NetworkHost {
  readonly name: string;
  readonly backend: Backend;
  readonly dgram: HostDgram;
  readonly addresses: readonly string[];
  readonly #stack: HostStack;

  constructor(stack: HostStack, names: Names, runtime: string) {
    this.#stack = stack;
    this.name = stack.name;
    this.addresses = stack.interfaces.all.slice(1).flatMap(({ addresses }) => addresses.map(({ text }) => text));
    this.backend = hostBackend(stack, names, runtime);
    const { createSocket, Socket } = socketsOver(this.backend);
    this.dgram = { createSocket, Socket, capabilities: this.backend.capabilities };
  }

  get running(): boolean {
    return this.#stack.running;
  }

  run<Result>(program: () => Result): Result {
    validateFunction(program, "program");
    return runOn(this.backend, program);
  }

  stop(): void {
    this.#stack.stop(true);
  }

  crash(): void {
    this.#stack.stop(false);
  }

  start(): void {
    this.#stack.running = true;
  }

  forge(datagram: ForgedDatagram): void {
    forge(this.#stack, datagram);
  }
}
