/**
 * The C library, assembled: its calls, the memory of batches, and what was seen to work.
 */
import type { BatchCalls } from "./batch_calls.ts";
import { ReceiveMemory } from "./receive_memory.ts";
import { findOffloads, SHORTAGE, testBatches } from "./self_test.ts";
import { SendMemory } from "./send_memory.ts";
import { SystemCalls } from "./system_calls.ts";

const NO_OFFLOADS = { send: false, receive: false } as const;

/** The system calls as one runtime gives them, with what is made and found when it is first needed. */
export class Libc extends SystemCalls implements BatchCalls {
  #sending: SendMemory | undefined;
  #receiving: ReceiveMemory | undefined;
  #batches: boolean | undefined;
  #offloads: { readonly send: boolean; readonly receive: boolean } | undefined;

  /** True if sendmmsg and recvmmsg are here and were seen to work. Only what was decided is kept. */
  get batches(): boolean {
    if (this.#batches !== undefined) return this.#batches;
    const fault = this.layout.linux === null ? "" : testBatches(this);
    if (fault === SHORTAGE) return false;
    return this.#batches = fault === null;
  }

  /** How the kernel cuts one large send into datagrams (UDP_SEGMENT), and joins received ones (UDP_GRO). */
  get offloads(): { readonly send: boolean; readonly receive: boolean } {
    if (this.#offloads !== undefined) return this.#offloads;
    const found = this.batches ? findOffloads(this) : null;
    if (found !== null) this.#offloads = found;
    return found ?? NO_OFFLOADS;
  }

  /** What sockets send from; made when it is first needed. */
  get sending(): SendMemory {
    return this.#sending ??= new SendMemory(this);
  }

  /** What sockets receive into; made when it is first needed. */
  get receiving(): ReceiveMemory {
    return this.#receiving ??= new ReceiveMemory(this);
  }
}
