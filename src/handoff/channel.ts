import { invalidArgType } from "../core/errors.ts";
import { isObject } from "../core/validate.ts";
import { notHandedOff } from "./errors.ts";
import { KEY, type Step } from "./steps.ts";
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
  on(event: string, listener: (...values: never[]) => void): unknown;
  removeListener(event: string, listener: (...values: never[]) => void): unknown;
}

type Port = Emitter & { postMessage(value: object): void };
type Process = Emitter & {
  readonly connected?: boolean;
  send(value: object, handle: unknown, done: (error: Error | null) => void): void;
};

/** Of a process that ends, of a thread that ends, and of a channel that is closed. */
const ENDS = ["disconnect", "exit", "close"];

/** The end of a channel that a user has given. */
export function channelOf(value: unknown, name: string): Channel {
  if (isObject(value)) {
    // A cluster's worker has a process, whose messages have their handles.
    const { process = value } = value as { process?: Partial<Process & Port> };
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
    listen: (told, ended) => listen(port, told, ended),
  };
}

function processChannel(process: Process): Channel {
  return {
    peer: process,
    feature: "handoffToProcess",
    post(step, handle, failed) {
      // Without a callback it would be an 'error' event of the process.
      const done = (error: Error | null): void => {
        if (error) failed?.(notHandedOff("the other side has ended", error));
      };
      try {
        process.send({ [KEY]: step }, handle, done);
      } catch (error) {
        failed?.(error as Error);
      }
    },
    listen(told, ended) {
      if (process.connected === false) queueMicrotask(ended);
      return listen(process, told, ended);
    },
  };
}

function listen(peer: Emitter, told: (step: Step, handle: unknown) => void, ended: () => void): () => void {
  const onMessage = (value: unknown, handle: unknown): void => {
    const step = isObject(value) ? (value as { [KEY]?: unknown })[KEY] : undefined;
    if (isObject(step)) told(step as Step, handle);
  };
  peer.on("message", onMessage);
  for (const end of ENDS) peer.on(end, ended);
  return () => {
    peer.removeListener("message", onMessage);
    for (const end of ENDS) peer.removeListener(end, ended);
  };
}
