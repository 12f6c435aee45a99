import { notRunning } from "../core/errors.ts";
import { isIP } from "../core/ip.ts";
import { observerOf } from "../core/state.ts";
import { capabilities, createSocket } from "../dgram.ts";
import type { Listener, Socket, SocketOptions } from "../core/types.ts";
import { resolve } from "./resolve.ts";
import type { Settings } from "./settings.ts";

/** What listens to the open socket, from the first datagram on. */
export interface Receiver {
  /** False if there is no room. */
  readonly put: (...values: Parameters<Listener<"message">>) => boolean;
  readonly fail: Listener<"error">;
  /** Has the socket paused while there is no room. */
  holdBack(socket: Socket): void;
}

/** Opens what the settings ask for. */
export async function openSocket(settings: Settings, receiver: Receiver): Promise<Socket> {
  const address = settings.mode === "bound"
    ? settings.localAddress
    : await resolve(settings.remoteAddress, settings.dnsQueryType);
  const socket = createSocket(socketOptions(settings, isIP(address) === 6 ? "udp6" : "udp4"));
  socket.on("message", (data, from) => {
    if (!receiver.put(data, from)) observerOf(socket)?.keptBack("inbox", data.length);
  });
  try {
    if (settings.mode === "bound") await bind(socket, settings.localPort ?? 0, address);
    // In one call, so that hardly a datagram of another sender can come between bind and connect.
    else socket.connectSync(settings.remotePort, address);
    socket.on("error", receiver.fail);
    setOptions(socket, settings);
    if (mayWait(socket, settings)) receiver.holdBack(socket);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function socketOptions(settings: Settings, type: SocketOptions["type"]): SocketOptions {
  return {
    // Of the others none is inherited, whatever somebody has put on every object.
    __proto__: null,
    type,
    reuseAddr: settings.multicastAllowAddressSharing,
    ipv6Only: settings.mode === "bound" && settings.ipv6Only,
    recvBufferSize: settings.receiveBufferSize,
    sendBufferSize: settings.sendBufferSize,
  } as SocketOptions;
}

/** @throws {TypeError} where it was asked to and the runtime can't */
function mayWait(socket: Socket, { whenFull }: Settings): boolean {
  if (whenFull === "wait") socket.pause().resume();
  return whenFull !== "drop" && capabilities.features.pause !== "unavailable";
}

/** Not bindSync(), which can't share a port with other workers of a cluster. */
function bind(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((done, fail) =>
    socket.once("error", fail).once("close", () => fail(notRunning())).prependOnceListener("listening", done)
      .bind(port, address)
  );
}

function setOptions(socket: Socket, settings: Settings): void {
  const { multicastTimeToLive, multicastLoopback, multicastInterface } = settings;
  if (multicastTimeToLive !== undefined) socket.setMulticastTTL(multicastTimeToLive);
  if (multicastLoopback !== undefined) socket.setMulticastLoopback(multicastLoopback);
  if (multicastInterface !== undefined) socket.setMulticastInterface(multicastInterface);
}
