/** The life of a process with sockets that ask for receiveInfo. */
import { createSocket, type Socket } from "@x/dgram/ffi";
import { once } from "node:events";
import console from "node:console";
import process from "node:process";

const LOOPBACK = "127.0.0.1";

async function oneMessage(): Promise<Socket> {
  const socket = createSocket({ type: "udp4", receiveInfo: true });
  const { port } = socket.bindSync({ address: LOOPBACK });
  socket.send("x", port, LOOPBACK);
  const [, from] = await once(socket, "message");
  if (from.destination !== LOOPBACK) throw new Error(`no destination: ${JSON.stringify(from)}`);
  return socket;
}

async function openAndClose(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const socket = i % 2 === 0 ? await oneMessage() : createSocket({ type: "udp4", receiveInfo: true });
    if (i % 2 === 1) socket.bindSync();
    socket.close();
    await once(socket, "close");
  }
}

const lives: Record<string, () => Promise<void>> = {
  "closed": async () => void (await oneMessage()).close(),
  "unreferenced": async () => void (await oneMessage()).unref(),
  "closed in the turn of its bind": () => {
    const socket = createSocket({ type: "udp4", receiveInfo: true });
    const { port } = socket.bindSync({ address: LOOPBACK });
    socket.close();
    const next = createSocket("udp4");
    next.bindSync({ address: LOOPBACK, port });
    next.close();
    return Promise.resolve();
  },
  "one of many, which are all closed": async () => {
    // The test looks at the descriptors after the second and the third; the first also reads from stdin.
    for (const times of [1, 20, 100]) {
      await openAndClose(times);
      console.log("true");
      await once(process.stdin, "data");
    }
    process.stdin.destroy();
  },
  "closed after a listener threw": async () => {
    const socket = createSocket({ type: "udp4", receiveInfo: true });
    const { port } = socket.bindSync({ address: LOOPBACK });
    process.once("uncaughtException", (error) => console.log(error.message));
    socket.on("message", (message) => {
      console.log(`${message}`);
      if (`${message}` === "second") socket.close();
      else throw new Error("the listener's");
    });
    socket.send("first", port, LOOPBACK);
    socket.send("second", port, LOOPBACK);
    await once(socket, "close");
  },
};

void lives[process.argv[2]]();
