/** How a descriptor leaves: by its number to a thread, by Node's own messages or by libc to a process. */
import { kState, type StatefulSocket } from "../core/state.ts";
import { afterGrace, type Channel } from "./channel.ts";
import { dgramAt, innerOf, nativeOf, type NativeSocket } from "./dgram_handle.ts";
import { handoffUnavailable, notHandedOff } from "./errors.ts";
import { duplicate, identityOf, type KernelEnd, kernelOf, unwatch } from "./kernel.ts";
import { hasLetters, post } from "./letterbox.ts";
import type { Ready } from "./steps.ts";

/** A descriptor on its way. */
export interface Passage {
  /** Its number, for a thread. */
  readonly fd?: number;
  /** What Node's own message carries. */
  readonly handle?: unknown;
  /** To be called once the receiver has it, before the giver's socket is closed. */
  taken?(): void;
  /** To be called if the receiver does not have it. False if it has had it: then nobody has it any more. */
  lost?(): boolean | void;
}

/** The descriptor of a paused socket, for who is ready; throws if there is no way, and then nothing has changed. */
export function openPassage(socket: StatefulSocket, channel: Channel, ready: Ready): Passage {
  const { runtime, notes } = socket[kState].settings.backend.capabilities;
  const kernel = kernelOf(socket);
  kernel?.beforeHandoff?.();
  const inner = innerOf(socket);
  const native = inner && nativeOf(inner);
  const unavailable = (note: string): Error => handoffUnavailable(channel.feature, runtime, note);
  if (channel.feature === "handoffToThread") {
    if (kernel) return ofDuplicate(kernel);
    if (native && native.fd >= 0) return ofItself(inner!, native);
    throw unavailable(notes.fd ?? NO_DESCRIPTOR);
  }
  if (runtime === "node" && ready.runtime === "node") {
    // Its message takes a native socket as well, which nobody reads from there.
    if (native) return { handle: native };
    if (kernel) return ofDgramAtDuplicate(kernel, socket.type);
  } else if (kernel && hasLetters(kernel.libc) && ready.at !== undefined) {
    post(kernel.libc, kernel.fd, ready.at, ready.id);
    return { taken: () => forget(kernel) };
  }
  throw unavailable(
    kernel || native ? `needs libc, on Linux, here and there (${ready.runtime})` : NO_DESCRIPTOR,
  );
}

/** The giver's own number is about to be closed. */
function forget(kernel: KernelEnd): void {
  if (kernel.isOurs()) unwatch(kernel.libc, kernel.fd);
}

const NO_DESCRIPTOR = "its backend tells no descriptor";

function ofDuplicate(kernel: KernelEnd): Passage {
  const { libc } = kernel;
  const fd = duplicate(kernel);
  // Whoever waits for it had it before, and has closed it.
  unwatch(libc, fd);
  const identity = identityOf(libc, fd);
  return {
    fd,
    taken: () => forget(kernel),
    lost() {
      // Who had it may have closed it, and somebody else may have the number.
      if (!identity || identityOf(libc, fd) !== identity) return;
      // Deno tells of a thread's end before that has closed what it had. Meanwhile the number is kept by what is nobody's:
      // the socket itself may get it again, when it is handed off anew, or paused on Bun.
      const placeholder = libc.socket(4);
      libc.calls.dup2(placeholder, fd);
      libc.close(placeholder);
      const kept = identityOf(libc, fd);
      afterGrace(() => identityOf(libc, fd) === kept && libc.close(fd)).unref();
    },
  };
}

/** Without a duplicate the number itself is the receiver's, and is closed by it. What Node has of it stays, and does nothing. */
function ofItself(inner: { close(): void; unref(): void }, native: NativeSocket): Passage {
  const original = inner.close;
  const port = portOf(native);
  let closed = false;
  inner.close = () => {
    closed = true;
    native.recvStop();
    inner.unref();
  };
  return {
    fd: native.fd,
    lost() {
      // A thread that is terminated closes what it has adopted, and Node ends where it waits for what is closed.
      if (portOf(native) !== port) return false;
      inner.close = original;
      if (closed) inner.close();
    },
  };
}

/** Undefined where the number is no socket any more. */
function portOf(native: NativeSocket): number | undefined {
  const name: { port?: number } = {};
  native.getsockname(name);
  return name.port;
}

function ofDgramAtDuplicate(kernel: KernelEnd, type: string): Passage {
  const fd = duplicate(kernel);
  const dgram = dgramAt(fd, type);
  if (dgram === undefined) {
    kernel.libc.close(fd);
    throw notHandedOff("node:dgram takes no descriptor");
  }
  const { inner, native } = dgram;
  const lost = (): void => void inner.close();
  const taken = (): void => {
    lost();
    forget(kernel);
  };
  return { handle: native, taken, lost };
}
