import { isIPv6 } from "../core/ip.ts";
import { invalidArgType, invalidArgValue, notRunning, outOfRange } from "../core/errors.ts";
import { nothingElse } from "../core/nothing_else.ts";
import type { SocketType } from "../core/types.ts";
import type { Socket } from "../core/types.ts";
import { validateUint32 } from "../core/validate.ts";
import { createSocket } from "../dgram.ts";
import type { InboxBound } from "./inbox.ts";
import { untilAborted } from "./on_abort.ts";
import { OpenSocket } from "./socket.ts";
import type { InboxOptions, PromisesSocketOptions, WhenFull } from "./types.ts";

/** Starts what opens a socket, and says how it ended. */
export type Begin = (raw: Socket, done: () => void, fail: (error: unknown) => void) => void;

/** Makes a socket and answers it once it is open. One that can't be opened is closed again. */
export async function open(type: SocketType, options: PromisesSocketOptions, begin: Begin): Promise<OpenSocket> {
  const inbox = readInbox(options.inbox);
  const raw = createSocket(nothingElse({ ...options, type, batchMessages: false }));
  const { lookup, signal } = options;
  const socket = new OpenSocket({ raw, inbox, lookup, signal });
  try {
    if (signal?.aborted) throw signal.reason;
    // What the runtime can't is told at once.
    if (inbox.whenFull === "wait") raw.pause().resume();
    await untilAborted(signal, opened(raw, begin));
    return socket;
  } catch (error) {
    void socket.close();
    throw error;
  }
}

async function opened(raw: Socket, begin: Begin): Promise<void> {
  let onClose: () => void;
  let onError: (error: Error) => void;
  try {
    await new Promise<void>((done, fail) => {
      onError = fail;
      onClose = () => fail(notRunning());
      raw.once("error", onError);
      raw.once("close", onClose);
      begin(raw, done, fail);
    });
  } finally {
    raw.removeListener("error", onError!);
    raw.removeListener("close", onClose!);
  }
}

/** What was asked for, or what the address is. */
export function typeOf(type: SocketType | undefined, ...addresses: unknown[]): SocketType {
  if (type !== undefined) return type;
  return addresses.some((address) => typeof address === "string" && isIPv6(address)) ? "udp6" : "udp4";
}

const POLICIES: readonly WhenFull[] = ["drop-newest", "drop-oldest", "throw", "wait"];

function readInbox(options: InboxOptions = nothingElse({})): InboxBound {
  if (options === null || typeof options !== "object") throw invalidArgType("options.inbox", "of type object", options);
  const { limit = 1024, whenFull = "drop-newest" } = options;
  validateUint32(limit, "options.inbox.limit");
  if (limit === 0) throw outOfRange("options.inbox.limit", ">= 1 && <= 4294967295", limit);
  if (!POLICIES.includes(whenFull)) {
    const names = POLICIES.map((policy) => `'${policy}'`).join(", ");
    throw invalidArgValue("options.inbox.whenFull", `must be one of: ${names}`, whenFull);
  }
  return { limit, whenFull };
}
