import type { Socket } from "@x/dgram";
import { channel } from "node:diagnostics_channel";

/** Collects the sockets that are made until `stop` is called. */
export function watchSockets(): { created: Socket[]; stop(): void } {
  const sockets = channel("udp.socket");
  const created: Socket[] = [];
  const onSocket = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    // node:dgram, below one of ours, uses the same channel.
    if ("sendMany" in socket) created.push(socket);
  };
  sockets.subscribe(onSocket);
  return { created, stop: () => void sockets.unsubscribe(onSocket) };
}
