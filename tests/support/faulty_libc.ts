/** The system calls with faults by a schedule, between the kernel and this module. */
import type { Binding, CallName } from "../../src/runtimes/libc/calls.ts";
import { Libc } from "../../src/runtimes/libc/libc.ts";
import { libc } from "./libc.ts";

/** What one call does in place of the kernel's: it fails, or does a part of what it is asked for. */
export type Fault =
  | { readonly errno: number }
  | { readonly take: number }
  | { readonly none: true };

/** The calls whose third parameter is how many messages they may take. */
type Faulty = Extract<CallName, "sendmmsg" | "recvmmsg" | "sendto">;

/** A C library whose calls meet these faults one after the other, once it is armed, and none afterwards. */
export class FaultyLibc {
  readonly libc: Libc;
  #faults: Fault[] = [];
  #errno = 0;

  constructor() {
    const { binding, layout } = libc();
    const calls = Object.fromEntries(
      Object.entries(binding.calls).map(([name, call]) => [name, this.#wrap(name as CallName, call as Call)]),
    ) as unknown as Binding["calls"];
    const errno = (): number => {
      const scheduled = this.#errno;
      this.#errno = 0;
      return scheduled || binding.errno();
    };
    this.libc = new Libc({ ...binding, calls, errno, pointer: binding.pointer, address: binding.address }, layout);
    // Found out before the first fault.
    void this.libc.batches;
    void this.libc.offloads;
  }

  /** From the next call on. */
  arm(faults: readonly Fault[]): void {
    this.#faults = [...faults];
  }

  #wrap(name: CallName, call: Call): Call {
    if (!["sendmmsg", "recvmmsg", "sendto"].includes(name as Faulty)) return call;
    return (...values) => {
      const fault = this.#faults.shift() ?? { none: true };
      if ("errno" in fault) {
        this.#errno = fault.errno;
        return -1;
      }
      if ("take" in fault && name !== "sendto") {
        const [fd, messages, count, ...rest] = values;
        return call(fd, messages, Math.min(fault.take, count as number), ...rest);
      }
      return call(...values);
    };
  }
}

type Call = (...values: unknown[]) => number;
