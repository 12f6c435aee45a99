import { join as joinWhilePays } from "../kernel/joining.ts";
import type { Joinable, Runs } from "../kernel/joinable.ts";
import type { Descriptor } from "../libc/descriptor.ts";
import { duplicate } from "../libc/numbers.ts";
import type { BunControlHandle } from "./control_handle.ts";
import type { BunJoinable, OpenControl } from "./joinable.ts";

/** Has the kernel join what a socket of Bun's receives, if that can be now. */
export function join(socket: BunJoinable, open: OpenControl, runs: Runs): void {
  joinWhilePays(new BunTakeOver(socket, open), runs);
}

/** Takes the kernel's socket from Bun's, which is closed, and gives it back to a new one. */
class BunTakeOver implements Joinable {
  readonly kernel: Descriptor | null;
  readonly #socket: BunJoinable;
  readonly #openControl: OpenControl;
  #control: BunControlHandle | null = null;

  constructor(socket: BunJoinable, open: OpenControl) {
    this.#socket = socket;
    this.#openControl = open;
    this.kernel = socket.kernel;
  }

  get idle(): boolean {
    return (this.#control ?? this.#socket).idle;
  }

  takeOver(): boolean {
    const { kernel } = this;
    const { libc, fd } = kernel!;
    const moved = duplicate(libc, fd);
    if (moved < 0) return false;
    kernel!.moveTo(moved);
    const control = this.#open();
    if (control === null) {
      kernel!.moveTo(fd);
      libc.close(moved);
      return false;
    }
    this.#control = control;
    this.#socket.park({
      admits: () => true,
      again: () => control.pause(),
      end: () => control.resume() as undefined,
      close: () => control.close(() => {}),
      ref: () => control.ref(),
      unref: () => control.unref(),
    });
    return true;
  }

  giveBack(): boolean {
    const { libc, fd } = this.kernel!;
    const back = duplicate(libc, fd);
    if (back < 0) return false;
    this.kernel!.moveTo(back);
    if (this.#socket.open(back) < 0) {
      this.kernel!.moveTo(fd);
      libc.close(back);
      return false;
    }
    this.#socket.park(null);
    const { owner, waker, closeSpare } = this.#control!.parts;
    owner.close();
    closeSpare();
    waker.close();
    return true;
  }

  /** Null where Bun has no room for its part. */
  #open(): BunControlHandle | null {
    try {
      const control = this.#openControl(this.kernel!);
      return typeof control === "number" ? null : control;
    } catch {
      return null;
    }
  }
}
