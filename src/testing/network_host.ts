import type { Backend } from "../core/backend.ts";
import { validateFunction } from "../core/validate.ts";
import { runOn } from "./context.ts";
import { hostBackend } from "./host_backend.ts";
import { dgramOver } from "./host_dgram.ts";
import type { HostStack } from "./host_stack.ts";
import type { Names } from "./names.ts";
import type { HostDgram, NetworkHost } from "./types.ts";

/** What host() gives. */
export class MemoryHost implements NetworkHost {
  readonly name: string;
  readonly backend: Backend;
  readonly addresses: readonly string[];
  readonly #stack: HostStack;
  #dgram: HostDgram | undefined;

  constructor(stack: HostStack, names: Names, runtime: string) {
    this.#stack = stack;
    this.name = stack.name;
    this.addresses = stack.interfaces.all.slice(1).flatMap(({ addresses }) => addresses.map(({ text }) => text));
    this.backend = hostBackend(stack, names, runtime);
  }

  get dgram(): HostDgram {
    return this.#dgram ??= dgramOver(this.backend);
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
}
