import type { WrongFdType } from "../../core/backend.ts";
import { createDgram } from "../node/dgram.ts";

/**
 * What a descriptor is that `Bun.udpSocket` refused as no UDP socket. Bun 1.4.5 tells it only through its node:dgram,
 * in the words of the error that Node raises too.
 */
export function fdTypeOf(fd: number): WrongFdType {
  const socket = createDgram({ family: 4 });
  // This module's own, if somebody put it there by hand: to load node:dgram before would take 7 ms, and only this needs it.
  if ("sendMany" in socket) return { fdType: "UNKNOWN" };
  try {
    socket.bind({ fd, exclusive: true });
  } catch (error) {
    const type = /\b(TCP|PIPE|FILE|TTY)$/.exec((error as Error).message);
    if (type !== null) return { fdType: type[1] };
  }
  socket.close();
  return { fdType: "UNKNOWN" };
}
