// A user's TypeScript with the entries beside the main one, compiled against the package's own types.
import type { Socket } from "@x/dgram";
import { listenDatagramBackend } from "@x/dgram/deno";
import { sendWith } from "@x/dgram/ancillary";
import { createSocket } from "@x/dgram/ffi";
import { createTokens, guard, type Tokens } from "@x/dgram/guard";
import { sendSocket } from "@x/dgram/handoff";
import { type Capture, capture, observe, type SocketStats } from "@x/dgram/observe";
import { bind, type BoundSocket, type IncomingDatagram } from "@x/dgram/promises";
import { createNetwork, type NetworkHost } from "@x/dgram/testing";
import { UDPSocket, type UDPSocketOpenInfo } from "@x/dgram/web";

async function main(): Promise<void> {
  const web: UDPSocket = new UDPSocket({ localAddress: "127.0.0.1" });
  const { writable, readable, localPort }: UDPSocketOpenInfo = await web.opened;
  const server: BoundSocket = await bind({ address: "127.0.0.1" });
  const { port, address } = server.address();
  const writer = writable.getWriter();
  await writer.write({ data: new Uint8Array([112]), remoteAddress: address, remotePort: port });

  const first: IncomingDatagram = await server.receive();
  const socket: Socket = createSocket({ type: "udp4", backend: listenDatagramBackend() });
  socket.send("ong", port, address, () => socket.close());
  const rest = await server.receive();
  console.log(first.port === localPort ? `${first.data}${rest.data}` : "another sender");
  await Promise.all([server.close(), writer.close(), readable.cancel()]);
}

void main();

/** Never called: it shows that the entries take the same sockets. */
export async function onOneSocket(socket: Socket): Promise<Uint8Array[]> {
  const stats: SocketStats = observe(socket).read();
  const taken: Capture = capture(socket);
  const tokens: Tokens = createTokens({ secret: new Uint8Array(32) });
  guard(socket, { token: { secret: new Uint8Array(32) } });
  await sendWith(socket, [{ data: "a", port: 9, address: "127.0.0.1", hopLimit: 1 }]);
  await sendSocket(socket, process);
  if (stats.sent.datagrams > 0) taken.stop();
  const packets: Uint8Array[] = [tokens.make({ address: "127.0.0.1", port: 9 })];
  for await (const packet of taken) packets.push(packet);
  return packets;
}

/** Never called: it shows that a host takes the program's own types. */
export function onHost(): Promise<number> {
  const host: NetworkHost = createNetwork({ seed: 1, link: { latency: "5ms", loss: 0.1 } }).host({ name: "a" });
  return host.run(() => Promise.resolve(host.dgram.createSocket("udp4").address().port));
}

/** Never called: it shows that the types reach the user's compiler. */
export async function wrong(socket: BoundSocket): Promise<void> {
  // @ts-expect-error a socket that is not connected needs a port
  await socket.send("a");
  // @ts-expect-error a mode has to be there
  new UDPSocket({});
  // @ts-expect-error no such type
  createSocket("udp5");
}
