/** The promises entry's types, checked by the compiler alone: what is marked has to be an error, all else has to pass. */
import type { NonSharedBuffer } from "node:buffer";
import type { AddressInfo, LookupFunction, Socket } from "@x/dgram";
import { cachedLookup } from "@x/dgram";
import { bind, connect } from "@x/dgram/promises";
import type {
  AddressedRequestOptions,
  BindOptions,
  BoundSocket,
  ConnectedSocket,
  ConnectOptions,
  IncomingDatagram,
  RequestOptions,
  RequestTimeoutError,
  WhenFull,
} from "@x/dgram/promises";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles for `expect<true>()` only. */
function expect<_Truth extends true>(): void {}

export async function bound(): Promise<void> {
  const socket = await bind({ port: 0, address: "127.0.0.1", inbox: { limit: 5, whenFull: "throw" } });
  expect<Equal<typeof socket, BoundSocket>>();
  await bind();
  await bind(0);
  await bind(0, "127.0.0.1");
  await bind({ type: "udp6", reuseAddr: true, signal: AbortSignal.timeout(1), lookup: cachedLookup({ ttl: 1 }) });

  // @ts-expect-error a port is a number
  await bind({ port: "0" });
  // @ts-expect-error no such type
  await bind({ type: "udp5" });
  // @ts-expect-error no such policy
  await bind({ inbox: { whenFull: "drop" } });
  // @ts-expect-error no such option
  await bind({ prot: 0 });
  // @ts-expect-error either options or a port and an address
  await bind({ port: 0 }, "127.0.0.1");

  await socket.send("a", 1);
  await socket.send(new Uint8Array(1), 1, "127.0.0.1", { signal: AbortSignal.timeout(1) });
  expect<Equal<ReturnType<typeof socket.send>, Promise<number>>>();
  // @ts-expect-error a socket that is not connected needs a port
  await socket.send("a");
  // @ts-expect-error the port comes before the options
  await socket.send("a", { signal: AbortSignal.timeout(1) });
  // @ts-expect-error an ArrayBuffer is no view
  await socket.send(new ArrayBuffer(1), 1);

  await socket.sendMany([{ data: ["a", "b"], port: 1 }, { data: "a", port: 1, address: "127.0.0.1" }]);
  // @ts-expect-error each message needs a port
  await socket.sendMany([{ data: "a" }]);

  const answer = await socket.request("a", { port: 1, match: ({ data }) => data.length > 1, timeout: 1, retries: 0 });
  expect<Equal<typeof answer, IncomingDatagram>>();
  await socket.request("a", socket.address());
  // @ts-expect-error a request needs a port
  await socket.request("a", { address: "127.0.0.1" });
  // @ts-expect-error and so it needs options
  await socket.request("a");
  // @ts-expect-error a match answers at once
  await socket.request("a", { port: 1, match: () => Promise.resolve(true) });

  // @ts-expect-error it has no peer
  socket.remoteAddress();
  // @ts-expect-error a count
  socket.dropped = 0;
}

export async function connected(): Promise<void> {
  const socket = await connect({ port: 1, address: "127.0.0.1", localPort: 0, localAddress: "127.0.0.1" });
  expect<Equal<typeof socket, ConnectedSocket>>();
  await connect(1);
  await connect(1, "127.0.0.1");
  // @ts-expect-error connecting needs a port
  await connect({ address: "127.0.0.1" });
  // @ts-expect-error and so it needs arguments
  await connect();

  await socket.send("a");
  await socket.send("a", { signal: AbortSignal.timeout(1) });
  // @ts-expect-error it goes to the peer
  await socket.send("a", 1);
  // @ts-expect-error it goes to the peer
  await socket.sendMany([{ data: "a", port: 1 }]);
  await socket.sendMany([{ data: "a" }]);
  await socket.request("a");
  await socket.request("a", { timeout: 1 });
  // @ts-expect-error it goes to the peer
  await socket.request("a", { port: 1 });
  expect<Equal<ReturnType<typeof socket.remoteAddress>, AddressInfo>>();
}

export async function both(socket: BoundSocket | ConnectedSocket): Promise<void> {
  await using closed = socket;
  expect<Equal<typeof closed.raw, Socket>>();
  for await (const datagram of socket) {
    expect<Equal<typeof datagram, IncomingDatagram>>();
    expect<Equal<typeof datagram.data, NonSharedBuffer>>();
    expect<Equal<typeof datagram.family, "IPv4" | "IPv6">>();
  }
  for await (const { data, address, port, family } of socket.datagrams({ signal: AbortSignal.timeout(1) })) {
    expect<
      Equal<[typeof data, typeof address, typeof port, typeof family], [
        NonSharedBuffer,
        string,
        number,
        "IPv4" | "IPv6",
      ]>
    >();
  }
  expect<Equal<Awaited<ReturnType<typeof socket.receive>>, IncomingDatagram>>();
  expect<Equal<ReturnType<typeof socket.close>, Promise<void>>>();
}

export function options(): void {
  expect<Equal<ConnectOptions["port"], number>>();
  expect<Equal<BindOptions["port"], number | undefined>>();
  expect<Equal<AddressedRequestOptions["port"], number>>();
  expect<Equal<RequestTimeoutError["code"], "ERR_SOCKET_DGRAM_REQUEST_TIMEOUT">>();
  expect<Equal<WhenFull, "drop-newest" | "drop-oldest" | "throw" | "wait">>();
  expect<AddressedRequestOptions extends RequestOptions ? true : false>();
  // @ts-expect-error a connected socket has one peer
  expect<"anyPeer" extends keyof RequestOptions ? true : false>();
  expect<Equal<ReturnType<typeof cachedLookup>, LookupFunction>>();
  // @ts-expect-error milliseconds are a number
  cachedLookup({ ttl: "1" });
}
