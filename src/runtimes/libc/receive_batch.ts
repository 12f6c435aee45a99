/**
 * What one call of recvmmsg brought.
 */
import type { MessageBuffer, RemoteInfo } from "../../core/backend.ts";
import { copyFor, type CopyMessage } from "../common/message_memory.ts";
import type { ControlInfo } from "./control_messages.ts";

/** What one call received: parallel arrays, of which the first `count` entries are valid. It may be used again. */
export class ReceiveBatch {
  count = 0;
  /** True if there may be more: every slot was filled. */
  full = false;
  /** The messages, each an exactly-sized Buffer of its own, which may be a view of memory that it shares. */
  data: MessageBuffer[] = [];
  from: RemoteInfo[] = [];
  /** True where the kernel had to cut the message. */
  truncated: boolean[] = [];
  /** What the kernel told with each datagram; there if it was asked to tell something. */
  control: ControlInfo[] | null;
  readonly copy: CopyMessage;

  constructor(withControl = false, pooledMessages = false) {
    this.control = withControl ? [] : null;
    this.copy = copyFor(pooledMessages);
  }

  /** Puts one more behind those received. */
  add(data: MessageBuffer, from: RemoteInfo): void {
    this.data[this.count] = data;
    this.from[this.count] = from;
    this.count++;
  }

  /** Lets the messages go, and the arrays, which somebody may be reading: a block list can close its socket. */
  clear(): void {
    this.count = 0;
    this.data = [];
    this.from = [];
    this.truncated = [];
    if (this.control !== null) this.control = [];
  }
}
