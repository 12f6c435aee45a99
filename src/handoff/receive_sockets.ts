import { setImmediate } from "node:timers";
import type { AddressInfo } from "../core/backend.ts";
import { createSocket } from "../dgram.ts";
import { isListed } from "../core/block_list.ts";
import { invalidArgType, ipBlocked } from "../core/errors.ts";
import { nothingElse } from "../core/nothing_else.ts";
import { throwLater } from "../core/process.ts";
import { type HeldMessage, kState, observerOf, type StatefulSocket } from "../core/state.ts";
import type { Socket, SocketType } from "../core/types.ts";
import { isObject, validateFunction } from "../core/validate.ts";
import { whyNotTaken } from "./capabilities.ts";
import { type Channel, channelOf } from "./channel.ts";
import { connectAgain, type NativeSocket } from "./dgram_handle.ts";
import { handoffUnavailable, notHandedOff } from "./errors.ts";
import { kernelOf, type Libc, unwatch } from "./kernel.ts";
import { hasLetters, Letterbox } from "./letterbox.ts";
import { runtimeName } from "./runtime_name.ts";
import { type Coming, type Given, KEY, type Offer, readHeld, type Step } from "./steps.ts";
import type { HandoffPeer, ReceiveSocketsOptions, SocketListener } from "./types.ts";

/**
 * On whose sockets are received, for every copy of this module: two receivers would both adopt a descriptor by its number,
 * and Node ends where both have closed it.
 */
const RECEIVED: unique symbol = Symbol.for(KEY);

/**
 * Receives the sockets that another process or thread hands off by {@linkcode sendSocket}. Each is bound when the listener
 * is called, and has told nothing: listeners that are added within the call, or by who awaits it, hear all that has waited.
 *
 * A message of the channel stands for each step, an object with the one member `@x/dgram/handoff`, which other listeners of
 * 'message' see as well. As any listener of 'message' it keeps the channel open, and with it the process or the thread,
 * until it is stopped.
 *
 * @param from a `ChildProcess` with an IPC channel, a cluster's `Worker`, `process` in a child; a `Worker` of
 * node:worker_threads, `parentPort`, or a `MessagePort`
 * @param listener called with each socket, and with the message that came with it
 * @param options see {@linkcode ReceiveSocketsOptions}
 * @returns what ends it; a handoff that has begun is carried out
 * @throws {TypeError} ERR_INVALID_ARG_TYPE; ERR_FEATURE_UNAVAILABLE_ON_PLATFORM where {@linkcode handoffCapabilities} has
 * no such way, but for a thread of Node, which receives without the ffi entry, too
 * @throws {Error} ERR_SOCKET_DGRAM_HANDOFF if they are received already
 *
 * @example What a child process does with the sockets of its parent
 * ```ts
 * import { receiveSockets } from "@x/dgram/handoff";
 * import process from "node:process";
 *
 * if (process.send) {
 *   receiveSockets(process, (socket) => {
 *     socket.on("message", (message, from) => socket.send(message, from.port, from.address));
 *   });
 * }
 * ```
 */
export function receiveSockets(
  from: HandoffPeer,
  listener: SocketListener,
  options: ReceiveSocketsOptions = nothingElse({}),
): () => void {
  const channel = channelOf(from, "from");
  validateFunction(listener, "listener");
  if (!isObject(options)) throw invalidArgType("options", "of type object", options);
  const { createSocket: make = createSocket } = options;
  validateFunction(make, "options.createSocket");
  const { capabilities } = stateful(make, "udp4")[kState].settings.backend;
  const note = whyNotTaken(channel.feature, capabilities);
  if (note !== undefined) throw handoffUnavailable(channel.feature, capabilities.runtime, note);
  const peer = channel.peer as { [RECEIVED]?: unknown };
  if (peer[RECEIVED]) throw notHandedOff("its sockets are received already");
  const receiver = new Receiver(channel, make, listener);
  Reflect.defineProperty(peer, RECEIVED, { value: receiver, configurable: true });
  return () => {
    receiver.stop();
    if (peer[RECEIVED] === receiver) delete peer[RECEIVED];
  };
}

type Make = (type: SocketType) => Socket;

class Receiver {
  readonly #channel: Channel;
  readonly #make: Make;
  readonly #listener: SocketListener;
  readonly #arrivals = new Map<string, Arrival>();
  readonly #unlisten: () => void;
  #stopped = false;

  constructor(channel: Channel, make: Make, listener: SocketListener) {
    this.#channel = channel;
    this.#make = make;
    this.#listener = listener;
    this.#unlisten = channel.listen(this.#told, () => {
      // Who has gone has told all that it will tell.
      for (const [id, arrival] of this.#arrivals) {
        try {
          this.#end(id, arrival, []);
        } catch (error) {
          // What the listener throws at one socket keeps none of the others.
          throwLater(error);
        }
      }
    });
  }

  stop(): void {
    this.#stopped = true;
    if (this.#arrivals.size === 0) this.#unlisten();
  }

  readonly #told = (step: Step, handle: unknown): void => {
    const { id } = step;
    const arrival = this.#arrivals.get(id);
    if (step.step === "offer") {
      // One that is on its way already may have another peer by now.
      if (arrival !== undefined) arrival.peer = step.peer ?? null;
      else if (!this.#stopped) this.#begin(step);
    } else if (step.step === "coming") {
      if (arrival === undefined || arrival.socket) discard(handle);
      else this.#take(arrival, step, handle);
    } else if (arrival !== undefined) {
      if (step.step === "given") this.#complete(id, arrival, step);
      else if (step.step === "withdrawn") this.#end(id, arrival, []);
    }
  };

  #begin(offer: Offer): void {
    const { id } = offer;
    try {
      const arrival = new Arrival(this.#make, offer, this.#channel.feature === "handoffToProcess");
      const { letterbox, cuts } = arrival;
      this.#arrivals.set(id, arrival);
      this.#channel.post({ step: "ready", id, runtime: runtimeName(), at: letterbox?.name, cuts });
    } catch (error) {
      // Nothing that another program asks for may end this one, nor that a letterbox finds no descriptor left.
      this.#refuse(id, error);
    }
  }

  #take(arrival: Arrival, { id, fd }: Coming, handle: unknown): void {
    try {
      arrival.take(fd, handle);
      this.#channel.post({ step: "taken", id });
    } catch (error) {
      this.#end(id, arrival, []);
      this.#refuse(id, error);
    }
  }

  #refuse(id: string, error: unknown): void {
    this.#channel.post({ step: "refused", id, reason: error instanceof Error ? error.message : "it threw no error" });
  }

  /** The giver is told before the program, which may end at once. */
  #complete(id: string, arrival: Arrival, { held }: Given): void {
    this.#channel.post({ step: "has", id });
    this.#end(id, arrival, held.map(readHeld));
  }

  #end(id: string, arrival: Arrival, held: HeldMessage[]): void {
    this.#arrivals.delete(id);
    if (this.#stopped && this.#arrivals.size === 0) this.#unlisten();
    const socket = arrival.end(held);
    if (socket === null) return;
    // As resume(), but a turn later: who awaits the socket has its listeners ready by then, or has paused it again. The
    // listener itself is called at once, so that no message that comes with this one is before it.
    const state = socket[kState];
    state.paused = false;
    setImmediate(() => {
      if (!state.closed && !state.paused) state.held?.release();
    });
    this.#listener(socket, arrival.message);
  }
}

/** A socket that is on its way here. */
class Arrival {
  readonly message: unknown;
  readonly letterbox: Letterbox | null;
  /** Its runtime's sockets are read by libc where the kernel joins what they receive. */
  readonly cuts: boolean;
  readonly #make: Make;
  readonly #id: string;
  readonly #type: SocketType;
  readonly #fromProcess: boolean;
  readonly #libc: Libc | undefined;
  /** As the giver has told last. */
  peer: AddressInfo | null;
  /** There once it is taken. */
  socket: StatefulSocket | null = null;

  constructor(make: Make, { id, type, peer, message }: Offer, fromProcess: boolean) {
    if (type === undefined || peer === undefined) throw new Error("the offer is malformed");
    this.message = message;
    this.#make = make;
    this.#id = id;
    this.#type = type;
    this.peer = peer;
    this.#fromProcess = fromProcess;
    const probe = stateful(make, "udp4");
    this.cuts = probe[kState].settings.backend.capabilities.features.receiveOffload === "native";
    this.#libc = fromProcess ? libcOf(probe) : undefined;
    probe.close();
    this.letterbox = this.#libc && hasLetters(this.#libc) ? new Letterbox(this.#libc) : null;
  }

  /** Takes over what comes by its number, by Node's message or by the letterbox; throws if it can't. */
  take(fd: number | undefined, handle: unknown): void {
    // A number of another process is none here, but for what this one has there itself.
    if (!this.#fromProcess) return this.#adopt(fd);
    // Node has a native socket sent, whose number this module's is made of. It is never closed, as the number is.
    if (isObject(handle)) {
      try {
        return this.#adopt((handle as Partial<NativeSocket>).fd);
      } catch (error) {
        discard(handle);
        throw error;
      }
    }
    const letterbox = this.letterbox;
    // Where nothing can have come, it was lost.
    if (letterbox === null) return this.#adopt(undefined);
    const sent = letterbox.take(this.#id);
    unwatch(this.#libc!, sent);
    letterbox.close();
    try {
      this.#adopt(sent);
    } catch (error) {
      this.#libc!.close(sent);
      throw error;
    }
  }

  /** Throws if the number is still the giver's; from there on the socket is the receiver's, whatever comes. */
  #adopt(fd: number | undefined): void {
    // A bind to no descriptor would be one to any port.
    if (typeof fd !== "number" || fd <= 0) throw new Error("its descriptor was lost");
    const socket = stateful(this.#make, this.#type);
    let failure: unknown;
    const onError = (error: unknown): void => {
      failure = error;
    };
    socket.on("error", onError);
    try {
      const { family, sendBlockList } = socket[kState].settings;
      const peer = this.peer?.address;
      if (peer !== undefined && isListed(sendBlockList, peer, family)) throw ipBlocked(peer);
      socket.pause();
      socket.bind({ fd, exclusive: true });
      if (failure !== undefined) throw failure;
    } catch (error) {
      socket.close();
      throw error;
    } finally {
      socket.removeListener("error", onError);
    }
    this.socket = socket;
    if (this.peer !== null) connectAgain(socket, this.peer);
  }

  /** The socket, if there is one, with what was read of it before. */
  end(held: readonly HeldMessage[]): StatefulSocket | null {
    // One that nothing came to, since Node's own message had the socket, is still open.
    this.letterbox?.close();
    const { socket } = this;
    // Who made it may have closed it, by its signal, say.
    if (!socket || socket[kState].closed) return null;
    // Who made it may have resumed it before being told of it.
    socket.pause();
    socket[kState].held!.list.unshift(...held);
    observerOf(socket)?.tookOver(held);
    return socket;
  }
}

/** Ends what came with a message of a process and is of no use: of whichever kind the other side has sent. */
function discard(handle: unknown): void {
  if (!isObject(handle)) return;
  const { close, destroy = close } = handle as { close?: unknown; destroy?: unknown };
  if (typeof destroy === "function") destroy.call(handle);
}

function stateful(make: Make, type: SocketType): StatefulSocket {
  const socket = make(type);
  if (!isObject(socket) || !(kState in socket)) {
    throw invalidArgType("options.createSocket()", "a socket of this copy of @x/dgram", socket);
  }
  return socket as StatefulSocket;
}

/** The system calls, which a socket has while it is open. */
function libcOf(probe: StatefulSocket): Libc | undefined {
  try {
    probe.bindSync({ address: "127.0.0.1" });
    return kernelOf(probe)?.libc;
  } catch {
    return undefined;
  }
}
