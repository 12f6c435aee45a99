import type { Descriptor } from "../libc/descriptor.ts";

/** A socket from which either the runtime receives, or libc alone, which can tell apart what the kernel has joined. */
export interface Joinable {
  readonly kernel: Descriptor | null;
  /** Nothing that was received is under way, and it is neither paused nor closed. */
  readonly idle: boolean;
  /** Has libc receive, if it is idle: false if that can't be now. To be called when the runtime has nothing in hand. */
  takeOver(): boolean;
  /** Has the runtime receive again, under the same conditions: false if that can't be now. Nothing may be joined by then. */
  giveBack(): boolean;
}

/** When it pays. */
export interface Runs {
  /** So many runs are enough. */
  needed: number;
}
