/** Code as libraries write it over node:dgram, with its import changed. */
import dgram, { createSocket, Socket } from "@x/dgram";
import type { BindOptions, RemoteInfo, SocketOptions, SocketType } from "@x/dgram";
import * as dns from "node:dns";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** The default import names the types as well. */
export class Transport {
  socket: dgram.Socket | null = null;
  options: dgram.SocketOptions = { type: "udp4" };
  last: dgram.RemoteInfo | undefined;
  type: dgram.SocketType = "udp4";

  start(bind: dgram.BindOptions): void {
    const socket: dgram.Socket = dgram.createSocket(this.options, (message, from) => {
      this.last = from;
      message.readUInt8(0);
    });
    socket.bind(bind);
    this.socket = socket;
  }
}

interface CodedError extends Error {
  code: string;
}

export function events(socket: Socket): void {
  socket.on("message", (message, from) => void [message.readUInt8(0), from.port, from.address.length, from.family]);
  socket.once("message", (message, from) => void [message.readUInt8(0), from.address.length]);
  socket.addListener("message", (message, from) => void [message.readUInt8(0), from.address.length]);
  socket.prependListener("message", (message, from) => void [message.readUInt8(0), from.address.length]);
  socket.prependOnceListener("message", (message, from) => void [message.readUInt8(0), from.address.length]);
  socket.off("message", (message, from) => void [message.readUInt8(0), from.address.length]);
  socket.removeListener("message", (message, from) => void [message.readUInt8(0), from.address.length]);
  socket.on("message", (message: Buffer, from: RemoteInfo) => void [message, from]);
  socket.on("message", (message: Uint8Array, from: AddressInfo) => void [message, from]);
  socket.on("error", (error) => void error.message);
  socket.on("error", (error: NodeJS.ErrnoException) => void error.code);
  socket.on("error", (error: CodedError) => void error.code.length);
  socket.on("of my own", (text: string, n: number) => void [text, n]);
  socket.on(Symbol("of my own"), () => {});
  for (const name of ["message", "error"]) socket.on(name, (...values: unknown[]) => void values);
  socket.emit("message", Buffer.from(""), { address: "127.0.0.1", family: "IPv4", port: 1, size: 0 });
  socket.emit("of my own", 1, 2);
  socket.removeAllListeners("message").listeners("message");
  void [socket.listenerCount("message"), socket.rawListeners("message"), socket.eventNames()];
  void once(socket, "message").then(([message]) => message);
}

export function lookups(): void {
  createSocket({ type: "udp4", lookup: dns.lookup });
  createSocket({
    type: "udp4",
    lookup: (
      host: string,
      options: dns.LookupOneOptions,
      callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
    ) => dns.lookup(host, options, callback),
  });
  createSocket({ type: "udp4", lookup: (host, options, callback) => dns.lookup(host, options, callback) });
  createSocket({ type: "udp4", lookup: (host, _options, callback) => callback(null, host, 4) });
  createSocket({ type: "udp4", lookup: (host, _options, callback) => callback(null, host) });
  createSocket({ type: "udp4", lookup: (host: string, family: 4 | 6, done) => done(null, host, family) });
}

export function calls(
  socket: Socket,
  configured: { address?: string; port?: number; exclusive?: boolean },
  undefinedToo: { address: string | undefined; port: number | undefined },
  callback: ((error: Error | null, bytes: number) => void) | undefined,
  listening: (() => void) | undefined,
  list: readonly Uint8Array[],
): void {
  socket.send("a", 1, "::1", (error) => {
    if (error) throw error;
  });
  socket.send(Buffer.from("a"), 0, 1, 1, "::1", (error, bytes) => void [error, bytes.toFixed()]);
  socket.send([Buffer.from("a"), "b"], 1, (error: Error | null, bytes: number) => void [error, bytes]);
  socket.send("a", 1, "::1", callback);
  socket.send("a", 1, callback);
  socket.send("a", callback);
  socket.send("a", 0, 1, 1, callback);
  socket.send("a", 0, 1, callback);
  socket.send("a", undefinedToo.port, undefinedToo.address);
  socket.send(new DataView(new ArrayBuffer(1)), 1);
  socket.send(list, 1);

  socket.bind();
  socket.bind(1);
  socket.bind(1, "::1");
  socket.bind(1, "::1", listening);
  socket.bind(1, listening);
  socket.bind(listening);
  socket.bind({ port: 1 }, () => {});
  socket.bind({ fd: 3 });
  socket.bind(configured);
  socket.bind({ address: undefinedToo.address, port: undefinedToo.port });
  socket.bind(undefinedToo.port, undefinedToo.address);
  socket.bind(0).on("listening", () => {}).unref().ref();

  socket.connect(1);
  socket.connect(1, "::1");
  socket.connect(1, listening);
  socket.connect(1, "::1", listening);
  socket.connect(1, "::1", (error?: Error) => void error);

  const address: AddressInfo = socket.address();
  const numbers: number[] = [socket.setTTL(1), socket.setMulticastTTL(2), address.port];
  const loopback: boolean = socket.setMulticastLoopback(true);
  const dispose: () => Promise<void> = socket[Symbol.asyncDispose].bind(socket);
  void [numbers, loopback, dispose];
  if (socket instanceof Socket) socket.close();
}

export function created(type: SocketType, options: SocketOptions, bind: BindOptions): void {
  createSocket(type).bind(bind);
  createSocket(options, (message, from) => void [message, from]);
  createSocket({
    type: "udp6",
    reuseAddr: true,
    ipv6Only: false,
    recvBufferSize: 1,
    sendBufferSize: 1,
    signal: new AbortController().signal,
  }, (message, from) => void [message, from]);
  createSocket({ type: "udp4", reuseAddr: undefined });
  const either: SocketType | SocketOptions = Math.random() < 2 ? type : options;
  createSocket(either);
}

/** A message is over memory that no thread shares, which these ask for since TypeScript 5.7. */
export function messages(socket: Socket): void {
  socket.on("message", (message) => {
    const memory: ArrayBuffer = message.buffer;
    void [crypto.subtle.digest("SHA-256", message), new Blob([message]), memory];
    void new DecompressionStream("gzip").writable.getWriter().write(message);
  });
}
