import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import { invalidArgType } from "../core/errors.ts";
import { microtask } from "../core/process.ts";
import { isObject } from "../core/validate.ts";
import { notHandedOff, OTHER_ENDED } from "./errors.ts";
import { KEY, readStep, type Step } from "./steps.ts";
import type { HandoffFeature } from "./types.ts";

/** Either side's end of what connects the two. */
export interface Channel {
  /** Whose messages these are: the same object, whichever of its owners was given. */
  readonly peer: object;
  /** What a handoff over it is called. */
  readonly feature: HandoffFeature;
  /** Tells the other side. `failed` is called if it can't be told: at once for what can't be a message. */
  post(step: Step, handle?: unknown, failed?: (error: Error) => void): void;
  /** Calls back with what the other side tells, and once when it will tell nothing more. What it answers ends that. */
  listen(told: (step: Step, handle: unknown) => void, ended: () => void): () => void;
}

interface Emitter {
  getMaxListeners?(): number;
  setMaxListeners?(most: number): unknown;
  on(event: string, listener: (...values: never[]) => void): unknown;
  removeListener(event: string, listener: (...values: never[]) => void): unknown;
}

type Port = Emitter & { readonly threadId?: number; postMessage(value: object): void };
type Process = Emitter & {
  readonly connected?: boolean;
  readonly exitCode?: number | null;
  readonly signalCode?: string | null;
  send(value: object, handle: unknown, done: (error: Error | null) => void): void;
};

/** Of a thread that ends, and of a port that is closed: the last message comes before. */
const THREAD_ENDS = ["exit", "close"];

/** Calls when who has ended has had time to tell the rest, and to close what it had. */
export function afterGrace(call: () => unknown): ReturnType<typeof setTimeout> {
  return setTimeout(call, 1000);
}

/** The end of a channel that a user has given. */
export function channelOf(value: unknown, name: string): Channel {
  if (isObject(value)) {
    // A cluster's worker has a process, whose messages have their handles.
    const own = Object.hasOwn(value, "process") ? (value as { process?: unknown }).process : undefined;
    const process = isObject(own) ? own : value;
    const { on, postMessage, send } = process as Partial<Process & Port>;
    if (typeof on === "function") {
      if (typeof postMessage === "function") return threadChannel(process as Port);
      if (typeof send === "function" && "connected" in process) return processChannel(process as Process);
    }
  }
  throw invalidArgType(name, "a process with an IPC channel, or a Worker or MessagePort of node:worker_threads", value);
}

function threadChannel(port: Port): Channel {
  return {
    peer: port,
    feature: "handoffToThread",
    post(step, _handle, failed) {
      try {
        port.postMessage({ [KEY]: step });
      } catch (error) {
        failed?.(error as Error);
      }
    },
    listen(told, ended) {
      // Of a Worker that has ended before; of a port nobody knows.
      if (port.threadId === -1) microtask(ended);
      return listen(port, told, THREAD_ENDS, ended);
    },
  };
}

function processChannel(process: Process): Channel {
  let lost = (): void => {};
  return {
    peer: process,
    feature: "handoffToProcess",
    post(step, handle, failed) {
      // Without a callback it would be an 'error' event of the process.
      const done = (error: Error | null): void => {
        // Of a write that has failed Deno tells no 'disconnect' (2.9.6).
        if (error && failed) failed(notHandedOff(OTHER_ENDED, error));
        else if (error) lost();
      };
      try {
        process.send({ [KEY]: step }, handle, done);
      } catch (error) {
        failed?.(error as Error);
      }
    },
    listen(told, ended) {
      if (process.connected === false) microtask(ended);
      let timer: ReturnType<typeof setTimeout> | undefined;
      // What it told last may come later than its 'exit' and 'close' (Deno 2.9.6, Node 26.12), yet before 'disconnect'.
      const onExit = lost = (): void => {
        // Whoever was kept from its turn for so long reads what has come first.
        timer ??= afterGrace(() => setImmediate(ended));
      };
      process.on("exit", onExit);
      // A child that has ended before; this process's own has no signal.
      const { exitCode, signalCode } = process;
      if (signalCode !== undefined && (exitCode ?? signalCode) !== null) onExit();
      const stop = listen(process, told, ["disconnect"], () => {
        clearTimeout(timer);
        ended();
      });
      return () => {
        stop();
        process.removeListener("exit", onExit);
        clearTimeout(timer);
      };
    },
  };
}

/** Room for the listeners of one socket more, or one less: that many leave at once is no leak. */
function makeRoom(peer: Emitter, one: number): void {
  const most = peer.getMaxListeners?.();
  if (most) peer.setMaxListeners!(most + one);
}

function listen(
  peer: Emitter,
  told: (step: Step, handle: unknown) => void,
  ends: readonly string[],
  ended: () => void,
): () => void {
  const onMessage = (value: unknown, handle: unknown): void => {
    const step = isObject(value) ? readStep((value as { [KEY]?: unknown })[KEY]) : undefined;
    if (step !== undefined) told(step, handle);
  };
  let room = 1;
  makeRoom(peer, room);
  peer.on("message", onMessage);
  for (const end of ends) peer.on(end, ended);
  return () => {
    makeRoom(peer, -room);
    room = 0;
    peer.removeListener("message", onMessage);
    for (const end of ends) peer.removeListener(end, ended);
  };
}
