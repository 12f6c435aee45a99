/**
 * What a descriptor needs to send and to receive: the system calls, and the memory of batches.
 */
import type { ReceiveMemory } from "./receive_memory.ts";
import type { SendMemory } from "./send_memory.ts";
import type { SystemCalls } from "./system_calls.ts";

/** System calls that carry datagrams, many at once where that was seen to work. */
export interface BatchCalls extends SystemCalls {
  /** True if sendmmsg and recvmmsg may be called. */
  readonly batches: boolean;
  /** How the kernel cuts one message into datagrams (UDP_SEGMENT), and joins received ones (UDP_GRO). */
  readonly offloads: { readonly send: boolean; readonly receive: boolean };
  /** What every socket of a thread sends from. */
  readonly sending: SendMemory;
  /** What every socket of a thread receives into. */
  readonly receiving: ReceiveMemory;
}
