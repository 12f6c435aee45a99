/** The web entry's types, checked by the compiler alone: what is marked has to be an error, all else has to pass. */
import { UDPSocket } from "@x/dgram/web";
import type {
  MulticastController,
  UDPBoundSocketOptions,
  UDPConnectedSocketOptions,
  UDPMessage,
  UDPReceivedMessage,
  UDPSocketOpenInfo,
  UDPSocketOptions,
} from "@x/dgram/web";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles for `expect<true>()` only. */
function expect<_Truth extends true>(): void {}

export function modes(): void {
  new UDPSocket({ localAddress: "::", localPort: 1, ipv6Only: true });
  new UDPSocket({ remoteAddress: "a.test", remotePort: 1, dnsQueryType: "ipv6" });
  new UDPSocket({ localAddress: "::", sendBufferSize: 1, receiveBufferSize: 1, inboxLimit: 1 });
  new UDPSocket({ localAddress: "::", multicastTimeToLive: 1, multicastLoopback: false });
  // @ts-expect-error a mode has to be there
  new UDPSocket({});
  // @ts-expect-error and so options have to be
  new UDPSocket();
  // @ts-expect-error one of the remote pair
  new UDPSocket({ remoteAddress: "a.test" });
  // @ts-expect-error the other one
  new UDPSocket({ remotePort: 1 });
  // @ts-expect-error both modes
  new UDPSocket({ remoteAddress: "a.test", remotePort: 1, localAddress: "::" });
  // @ts-expect-error a localPort without a localAddress
  new UDPSocket({ localPort: 1 });
  // @ts-expect-error for connected sockets
  new UDPSocket({ localAddress: "::", dnsQueryType: "ipv4" });
  // @ts-expect-error for bound sockets
  new UDPSocket({ remoteAddress: "a.test", remotePort: 1, ipv6Only: true });
  // @ts-expect-error no such family
  new UDPSocket({ remoteAddress: "a.test", remotePort: 1, dnsQueryType: "ipv5" });
  // @ts-expect-error no such option
  new UDPSocket({ localAddress: "::", localPrt: 1 });
}

/** One of the remote pair tells the modes apart. */
export function narrowed(options: UDPSocketOptions): void {
  if (options.remoteAddress !== undefined) {
    expect<Equal<typeof options, UDPConnectedSocketOptions>>();
    expect<Equal<typeof options.remotePort, number>>();
  } else {
    expect<Equal<typeof options, UDPBoundSocketOptions>>();
    expect<Equal<typeof options.localAddress, string>>();
  }
}

export async function opened(socket: UDPSocket): Promise<void> {
  const info = await socket.opened;
  expect<Equal<typeof info, UDPSocketOpenInfo>>();
  expect<Equal<typeof info.readable, ReadableStream<UDPReceivedMessage>>>();
  expect<Equal<typeof info.writable, WritableStream<UDPMessage>>>();
  expect<
    Equal<[typeof info.localAddress, typeof info.localPort, typeof info.remotePort], [
      string,
      number,
      number | undefined,
    ]>
  >();
  expect<Equal<typeof info.multicastController, MulticastController | undefined>>();
  // What is read can be written as it is.
  await info.readable.pipeTo(info.writable);

  const writer = info.writable.getWriter();
  await writer.write({ data: new ArrayBuffer(1) });
  await writer.write({ data: new DataView(new ArrayBuffer(1)), remoteAddress: "::1", remotePort: 1 });
  // @ts-expect-error no BufferSource
  await writer.write({ data: "text" });
  // @ts-expect-error bytes are no message
  await writer.write(new Uint8Array(1));
  const { value } = await info.readable.getReader().read();
  expect<Equal<typeof value, UDPReceivedMessage | undefined>>();
  expect<UDPReceivedMessage["data"] extends Uint8Array ? true : false>();

  expect<Equal<typeof socket.closed, Promise<void>>>();
  expect<Equal<ReturnType<typeof socket.close>, Promise<void>>>();
  expect<Equal<typeof socket.dropped, number>>();
  // @ts-expect-error a count
  socket.dropped = 0;
  // @ts-expect-error the groups are changed by joining and leaving
  info.multicastController?.joinedGroups.push("239.1.1.1");
}
