/** Alone in a network namespace whose loopback interface has an MTU of 1500, beside a device d0 that carries nothing. */
import { createSocket, type Socket } from "@x/dgram/ffi";
import { once } from "node:events";
import console from "node:console";

const LOOPBACK = "127.0.0.1";

function sent(socket: Socket, size: number, port: number): Promise<string> {
  return new Promise((resolve) => {
    socket.send(new Uint8Array(size), port, LOOPBACK, (error) => {
      resolve(error === null ? "sent" : String((error as Error & { code?: string }).code));
    });
  });
}

async function main(): Promise<void> {
  const receiver = createSocket("udp4");
  const { port } = receiver.bindSync();
  const sender = createSocket("udp4");
  sender.bindSync();
  const fragments: Record<string, string> = {};
  fragments.atFirst = await sent(sender, 2000, port);
  sender.setDontFragment(true);
  fragments.forbidden = await sent(sender, 2000, port);
  fragments.fitting = await sent(sender, 1472, port);
  sender.setDontFragment(false);
  fragments.allowed = await sent(sender, 2000, port);

  const connected = createSocket("udp4");
  connected.connectSync(port, LOOPBACK);
  const pathMTU = connected.getPathMTU();

  // What comes by another interface is dropped by the kernel, so that only the second one arrives.
  const bound = createSocket("udp4");
  const boundPort = bound.bindSync().port;
  bound.bindToDevice("d0");
  await sent(sender, 1, boundPort);
  bound.bindToDevice("lo");
  await sent(sender, 2, boundPort);
  const [message] = await once(bound, "message") as [Uint8Array];

  console.log(JSON.stringify({ fragments, pathMTU, heard: message.length }));
  for (const socket of [receiver, sender, connected, bound]) socket.close();
}

void main();
