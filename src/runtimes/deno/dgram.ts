import * as imported from "node:dgram";
import type { Socket as DgramSocket } from "node:dgram";
import { getProcess } from "../../core/process.ts";
import { stateOf } from "../node/dgram.ts";

type Dgram = Pick<typeof imported, "Socket">;

/** Before anybody could put something else on the exports; absent where this very module was imported, and is not made yet. */
const Socket = socketOf(imported);

/**
 * Deno's own node:dgram. An import map or a bundler can make this module the one that an import finds. To ask Deno for
 * its own takes 10 ms (2.9.6), so that is asked only where the import found another.
 */
export function ownDgram(): Dgram {
  return Socket !== undefined && isOwn(Socket) ? { Socket } : getProcess().getBuiltinModule!("node:dgram") as Dgram;
}

function socketOf(dgram: Dgram): Dgram["Socket"] | undefined {
  try {
    return dgram.Socket;
  } catch {
    return undefined;
  }
}

/** Neither this module's, nor somebody's stub. */
function isOwn(Socket: Dgram["Socket"]): boolean {
  try {
    const probe = new (Socket as new (type: string) => DgramSocket)("udp4");
    return stateOf(probe, "kStateSymbol") !== undefined;
  } catch {
    return false;
  }
}
