/** The main entry's types and the ffi entry's, checked by the compiler alone: what is marked has to be an error. */
import type { NonSharedBuffer } from "node:buffer";
import dgram, { cachedLookup, capabilities, createSocket, Socket } from "@x/dgram";
import type {
  AddressInfo,
  Feature,
  ReceivedMessage,
  RemoteInfo,
  SendManyError,
  SocketOptions,
  Support,
} from "@x/dgram";
import type * as ffi from "@x/dgram/ffi";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles for `expect<true>()` only. */
function expect<_Truth extends true>(): void {}

export function created(): void {
  expect<Equal<ReturnType<typeof createSocket>, Socket>>();
  createSocket("udp6");
  createSocket({ type: "udp4", reuseAddr: true, lookup: cachedLookup(), signal: AbortSignal.timeout(1) });
  createSocket({ type: "udp4", pooledMessages: true, batchMessages: true, receiveOffload: true });
  createSocket(
    "udp4",
    (message, from) => expect<Equal<[typeof message, typeof from], [NonSharedBuffer, RemoteInfo]>>(),
  );
  new Socket("udp4");
  dgram.createSocket("udp4");
  expect<Equal<typeof ffi.createSocket, typeof createSocket>>();
  expect<Equal<ffi.Socket, Socket>>();

  // @ts-expect-error no such type
  createSocket("udp5");
  // @ts-expect-error the type has to be there
  createSocket({ reuseAddr: true });
  // @ts-expect-error nor can it be left out altogether
  createSocket();
  // @ts-expect-error no such option
  createSocket({ type: "udp4", reuseAdress: true });
  // @ts-expect-error a size is a number
  createSocket({ type: "udp4", recvBufferSize: "1024" });
  // @ts-expect-error a permission is given or not
  createSocket({ type: "udp4", pooledMessages: "16k" });
  // @ts-expect-error the listener is one of 'message'
  createSocket("udp4", (message: string) => message);
}

export function events(socket: Socket): void {
  socket.on("message", (message, from) => {
    expect<Equal<[typeof message, typeof from], [NonSharedBuffer, RemoteInfo]>>();
    expect<Equal<typeof from.family, "IPv4" | "IPv6">>();
    expect<Equal<typeof from.receivedAt, bigint | undefined>>();
  });
  socket.on("messages", (messages) => expect<Equal<typeof messages, ReceivedMessage[]>>());
  socket.once("error", (error) => expect<Equal<typeof error, Error>>());
  socket.on("listening", () => {}).on("close", () => {}).on("connect", () => {}).on("drain", () => {});
  socket.on("an event of my own", (text: string, n: number) => [text, n]);
  socket.emit("message", new Uint8Array(), "as by node's own types");
}

export function methods(socket: Socket): void {
  expect<Equal<ReturnType<typeof socket.address>, AddressInfo>>();
  expect<Equal<ReturnType<typeof socket.remoteAddress>, AddressInfo>>();
  expect<Equal<ReturnType<typeof socket.bindSync>, AddressInfo>>();
  socket.bind().bind(0).bind(0, "::1").bind(0, () => {}).bind(() => {}).bind({ port: 0, exclusive: true }, () => {});
  socket.send("a", 1);
  socket.send(["a", new Uint8Array(1)], 1, "::1", (error, bytes) => [error, bytes]);
  socket.send("a", 1, (error) => expect<Equal<typeof error, Error | null>>());
  socket.send(new Uint8Array(9), 1, 2, 3, "::1");
  // @ts-expect-error a port is a number
  socket.bind("0");
  // @ts-expect-error no such option
  socket.bind({ prot: 0 });
  // @ts-expect-error a descriptor is bound at once
  socket.bindSync({ fd: 3 });
  // @ts-expect-error a number is no message
  socket.send(5, 1);
  // @ts-expect-error a peer has a port
  socket.connect("127.0.0.1");

  expect<Equal<ReturnType<typeof socket.sendMany>, Promise<number>>>();
  void socket.sendMany([{ data: "a" }, { data: ["a", "b"], port: 1, address: "::1" }]);
  // @ts-expect-error a message is an object
  void socket.sendMany(["a"]);
  expect<Equal<Pick<SendManyError, "index" | "sent">, { index: number; sent: number }>>();
}

export function answers(feature: Feature): void {
  const support = capabilities.features[feature];
  expect<Equal<typeof support, Support>>();
  if (support !== "native" && support !== "emulated") expect<Equal<typeof support, "unavailable">>();
  expect<Equal<SocketOptions["type"], "udp4" | "udp6">>();
  // @ts-expect-error no such feature
  void capabilities.features.teleport;
  // @ts-expect-error they are found, not set
  capabilities.runtime = "node";
}
