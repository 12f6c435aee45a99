import type { EventEmitter } from "./event_emitter.ts";
import { nextTick } from "./process.ts";

/** Whose listeners are told. */
export interface Told {
  readonly closed: boolean;
  readonly socket: Pick<EventEmitter, "emit">;
}

/** Tells an error that no callback gets, unless the socket is closed. */
export function tellEverybody({ closed, socket }: Told, error: unknown): void {
  if (!closed) nextTick(() => socket.emit("error", error));
}
