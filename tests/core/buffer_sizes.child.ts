/** A program that asks for buffer sizes in each way, as one does that was written for Node. Tells what came of it. */
import { createSocket } from "@x/dgram";
import console from "node:console";
import process from "node:process";

const warnings: { name: string; code?: string }[] = [];
process.on("warning", ({ name, code }: Error & { code?: string }) => {
  // Node warns of node:ffi.
  if (name !== "ExperimentalWarning") warnings.push({ name, code });
});

const sizes = { recvBufferSize: 30_000, sendBufferSize: 30_000 };

function code(read: () => number): string {
  try {
    return typeof read();
  } catch (error) {
    return (error as { code: string }).code;
  }
}

async function play(): Promise<void> {
  const heard: string[] = [];
  const read = [];
  for (let round = 0; round < 3; round++) {
    const socket = createSocket({ type: "udp4", ...sizes });
    await new Promise<void>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("message", (message) => {
        heard.push(String(message));
        resolve();
      });
      socket.bind(0, "127.0.0.1", () => {
        socket.setRecvBufferSize(40_000);
        socket.setSendBufferSize(40_000);
        socket.send("hello", socket.address().port, "127.0.0.1");
      });
    });
    read.push(code(() => socket.getRecvBufferSize()), code(() => socket.getSendBufferSize()));
    socket.close();
  }
  console.log(JSON.stringify({ heard, read, warnings }));
}

void play();
