import { invalidArgType } from "./errors.ts";
import { kState, type StatefulSocket } from "./state.ts";
import { isObject } from "./validate.ts";

/** The socket that an entry beside the main one is given: one of this copy of the module, or what has one as `raw`. */
export function rawOf(socket: unknown): StatefulSocket {
  const raw = isObject(socket) && !(kState in socket) && "raw" in socket ? socket.raw : socket;
  if (isObject(raw) && kState in raw) return raw as StatefulSocket;
  throw invalidArgType("socket", "a socket of this copy of @x/dgram", socket);
}
