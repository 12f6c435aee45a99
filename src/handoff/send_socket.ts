import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers";
import "../dgram.ts";
import { invalidArgType, isConnected, notRunning } from "../core/errors.ts";
import { nothingElse } from "../core/nothing_else.ts";
import { rawOf } from "../core/raw_of.ts";
import { kState, observerOf, type StatefulSocket } from "../core/state.ts";
import { isObject, validateAbortSignal } from "../core/validate.ts";
import { whyNotGiven } from "./capabilities.ts";
import { type Channel, channelOf } from "./channel.ts";
import { handedOffInPart, handoffUnavailable, notHandedOff, OTHER_ENDED } from "./errors.ts";
import { kernelOf } from "./kernel.ts";
import { openPassage, type Passage } from "./passage.ts";
import { type Ready, type Step, writeHeld } from "./steps.ts";
import { MOST_TURNS, unjoin } from "./unjoin.ts";
import type { HandoffPeer, HandoffSocket, SendSocketOptions } from "./types.ts";

/** Sockets that are about to leave. */
const leaving: WeakSet<object> = new WeakSet();

/**
 * Hands off a bound socket to another process or thread: the kernel's own socket, with its address, memberships and
 * options, and with all datagrams that wait in it. None is lost and none comes twice: what this side's runtime has read
 * and not told goes along, and comes first there. On the other side {@linkcode receiveSockets} has to be called; until
 * it is, the promise waits and the socket works as before.
 *
 * While it leaves, the socket is paused, and can send. When the other side has taken it, its sends end with their
 * callbacks and it emits 'close', as after `close()`; the port stays open. If anything fails before, it is as it was. Once
 * the promise is fulfilled the other side has everything, and this process may end.
 *
 * Listeners, `unref()` and the options of `createSocket` stay. A connected socket is connected there as well.
 *
 * Processes: on Node by its own messages; by libc on Linux between Bun, Deno with `--allow-ffi` and Node with `@x/dgram/ffi`.
 * Threads: on Node (from a worker thread with `@x/dgram/ffi`), on Bun and on Deno with `--allow-ffi`. Without that flag Deno
 * may read a datagram while the socket changes hands: it would be lost.
 *
 * @param socket a bound socket of this copy of the module, or one of its promises entry
 * @param to a `ChildProcess` with an IPC channel, a cluster's `Worker`, `process` in a child; a `Worker` of
 * node:worker_threads, `parentPort`, or a `MessagePort`
 * @param options see {@linkcode SendSocketOptions}
 * @returns fulfilled when the other side has the socket, with what was received here, and this one has emitted 'close'
 * @throws {TypeError} at once: ERR_INVALID_ARG_TYPE; ERR_FEATURE_UNAVAILABLE_ON_PLATFORM where there is no such way
 * @throws {Error} at once: ERR_SOCKET_DGRAM_NOT_RUNNING for a closed socket; ERR_SOCKET_DGRAM_HANDOFF for one that is not
 * bound, or leaves already. As a rejection: ERR_SOCKET_DGRAM_HANDOFF if the other side ends or refuses it (one that may be
 * lost with it is closed here), or has no libc for what the kernel has joined (UDP_GRO) and is never read here; the signal's
 * reason; ERR_FEATURE_UNAVAILABLE_ON_PLATFORM if they have no way in common
 *
 * @example Within one thread, by the two ends of a channel
 * ```ts linux node bun
 * import { createSocket } from "@x/dgram";
 * import { receiveSockets, sendSocket } from "@x/dgram/handoff";
 * import { MessageChannel } from "node:worker_threads";
 *
 * const { port1, port2 } = new MessageChannel();
 * const stop = receiveSockets(port2, (socket, message) => {
 *   console.log(message); // prints for you
 *   socket.close();
 *   stop();
 *   port1.close();
 * });
 *
 * const socket = createSocket("udp4");
 * socket.bindSync({ address: "127.0.0.1" });
 * await sendSocket(socket, port1, { message: "for you" });
 * ```
 */
export function sendSocket(
  socket: HandoffSocket,
  to: HandoffPeer,
  options: SendSocketOptions = nothingElse({}),
): Promise<void> {
  const raw = rawOf(socket);
  const channel = channelOf(to, "to");
  if (!isObject(options)) throw invalidArgType("options", "of type object", options);
  const { signal } = options;
  if (signal !== undefined) validateAbortSignal(signal, "options.signal");
  const state = raw[kState];
  if (state.closing) throw notRunning();
  const { capabilities } = state.settings.backend;
  const note = whyNotGiven(channel.feature, capabilities);
  if (note !== undefined) throw handoffUnavailable(channel.feature, capabilities.runtime, note);
  if (state.binding !== "bound") throw notHandedOff("it is not bound");
  if (state.connecting) throw isConnected();
  if (leaving.has(raw)) throw notHandedOff("it leaves already");
  if (signal?.aborted) return Promise.reject(signal.reason);
  leaving.add(raw);
  return give(raw, channel, options).finally(() => leaving.delete(raw));
}

function give(socket: StatefulSocket, channel: Channel, { message, signal }: SendSocketOptions): Promise<void> {
  const state = socket[kState];
  const { peer } = state;
  // Nobody can guess it: it is what the receiver knows the giver by, also where others could reach it.
  const id = randomBytes(12).toString("hex");
  return new Promise((done, fail) => {
    let isReady = false;
    let joinAgain = (): void => {};
    let passage: Passage | undefined;
    let paused = false;
    let ended = false;
    /** The other side has the socket. */
    let taken = false;
    /** And this side has none. */
    let closed = false;
    /** Whether the other side has all that was read here, or why that is not known. */
    let has: true | Error | undefined;

    const offer = (more?: { message: unknown }): void =>
      channel.post({ step: "offer", id, type: socket.type, peer: state.peer, ...more }, undefined, end);

    const end = (error: unknown): void => {
      if (taken) return onGiven(handedOffInPart(error as Error));
      if (ended) return;
      ended = true;
      stop();
      hold();
      joinAgain();
      const gone = passage?.lost?.() === false;
      if (!state.closing) {
        if (gone) socket.close();
        else if (paused) socket.resume();
      }
      fail(gone ? handedOffInPart(error as Error) : error);
    };

    const onReady = (ready: Ready): void => {
      if (isReady) return;
      isReady = true;
      if (ready.cuts) return pass(ready);
      unjoin(kernelOf(socket), (takeBack) => {
        if (ended) return takeBack?.();
        if (takeBack === null) return withdraw(notHandedOff(JOINED));
        joinAgain = takeBack;
        pass(ready);
      });
    };

    const withdraw = (reason: unknown): void => {
      channel.post({ step: "withdrawn", id });
      end(reason);
    };

    const pass = (ready: Ready): void => {
      paused = !state.paused;
      try {
        if (state.connecting) throw isConnected();
        socket.pause();
        passage = openPassage(socket, channel, ready);
      } catch (error) {
        return withdraw(error);
      }
      // From here on the other side may have it.
      hold();
      if (state.peer !== peer) offer();
      channel.post({ step: "coming", id, fd: passage.fd }, passage.handle, end);
      // Where its handle finds no descriptor left, Node drops a message. What follows it says so.
      if (passage.handle !== undefined) channel.post({ step: "coming", id });
    };

    const onTaken = (): void => {
      taken = true;
      settle(socket, () => {
        passage!.taken?.();
        const held = state.held?.list.splice(0) ?? [];
        observerOf(socket)?.gaveAway(held);
        channel.post({ step: "given", id, held: held.map(writeHeld) }, undefined, end);
        // What was posted to a thread reaches it, whoever ends.
        if (channel.feature === "handoffToThread") onGiven(true);
        if (state.closed && !state.handle) return onClosed();
        socket.once("close", onClosed);
        if (!state.closing) socket.close();
      });
    };

    const onClosed = (): void => {
      closed = true;
      if (has !== undefined) finish();
    };

    const onGiven = (answer: true | Error): void => {
      if (has !== undefined) return;
      has = answer;
      if (closed) finish();
    };

    const finish = (): void => {
      stop();
      if (has === true) done();
      else fail(has);
    };

    const told = (step: Step): void => {
      // What ends it may be called for the same message, before.
      if (step.id !== id || ended) return;
      if (step.step === "ready") onReady(step);
      else if (step.step === "taken" && passage !== undefined && !taken) onTaken();
      else if (step.step === "has" && taken) onGiven(true);
      else if (step.step === "refused" && !taken) end(notHandedOff(`the other side refused it: ${step.reason}`));
    };
    /** It is not taken back any more. */
    const hold = (): void => {
      socket.removeListener("close", onClose);
      signal?.removeEventListener("abort", onAbort);
    };
    const onClose = (): void => withdraw(notHandedOff("it was closed"));
    const onAbort = (): void => withdraw(signal!.reason);

    const stop = channel.listen(told, () => end(notHandedOff(OTHER_ENDED)));
    socket.on("close", onClose);
    signal?.addEventListener("abort", onAbort);
    offer({ message });
  });
}

const JOINED =
  "the kernel has joined datagrams that wait (UDP_GRO), and the other side, without libc, can't tell them apart";

/** Calls back when a paused socket's runtime has told what it had read, and what was to be sent is. */
function settle(socket: StatefulSocket, done: () => void): void {
  const state = socket[kState];
  let length = -1;
  let turns = 0;
  const look = (): void => {
    const now = state.held?.list.length ?? 0;
    if (state.closed || (now === length && state.outbox.idle) || ++turns > MOST_TURNS) return done();
    length = now;
    setImmediate(look);
  };
  setImmediate(look);
}
