import type { Socket } from "@x/dgram";
import { once } from "node:events";
import { within } from "./within.ts";

/** Closes sockets and waits for their 'close'. */
export async function close(...sockets: Socket[]): Promise<void> {
  const closed = sockets.map((socket) => once(socket, "close"));
  for (const socket of sockets) socket.close();
  await within(Promise.all(closed), "'close'");
}
