/** The system calls that the module's own sockets make, with faults by a schedule. */
import type { CallName } from "../../src/runtimes/libc/calls.ts";
import { libc } from "./libc.ts";

/** From now on the call with this name that comes after `after` others of it fails, `times` times in a row. */
export interface CallFault {
  readonly name: CallName;
  readonly errno: number;
  readonly after: number;
  readonly times: number;
}

type Call = (...values: unknown[]) => number;

/** Runs with the faults, which are met by every socket of this process; `met` counts those that were. */
export class FaultyCalls {
  met = 0;
  readonly #restore: (() => void)[] = [];
  #faults: { name: CallName; errno: number; after: number; times: number }[] = [];
  #errno = 0;

  constructor(names: readonly CallName[]) {
    const { binding, calls } = libc();
    for (const name of names) {
      // Deno's put themselves into their own place, at their first call.
      let real = calls[name] as unknown as Call;
      const faulty: Call = (...values) => this.#fails(name, () => real(...values)) ?? real(...values);
      Object.defineProperty(calls, name, {
        get: () => faulty,
        set: (value: Call) => real = value,
        configurable: true,
      });
      this.#restore.push(() =>
        Object.defineProperty(calls, name, { value: real, writable: true, enumerable: true, configurable: true })
      );
    }
    const changeable = binding as { errno: () => number };
    const { errno } = changeable;
    changeable.errno = () => {
      const scheduled = this.#errno;
      this.#errno = 0;
      return scheduled || errno.call(binding);
    };
    this.#restore.push(() => changeable.errno = errno);
  }

  arm(faults: readonly CallFault[]): void {
    this.#faults = faults.map((fault) => ({ ...fault }));
  }

  disarm(): void {
    this.#faults = [];
  }

  end(): void {
    for (const restore of this.#restore) restore();
  }

  #fails(name: CallName, call: () => number): -1 | undefined {
    this.#errno = 0;
    const fault = this.#faults.find((fault) => fault.name === name && fault.times > 0);
    if (fault === undefined || fault.after-- > 0) return undefined;
    fault.times--;
    this.met++;
    // Linux has closed the descriptor, whatever it answers.
    if (name === "close") call();
    this.#errno = fault.errno;
    return -1;
  }
}
