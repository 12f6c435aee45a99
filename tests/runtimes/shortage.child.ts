/** Cases of shortage.test.ts, in a process that may have few descriptors: tells in a line of JSON what it saw. */
import { capabilities, createSocket, type Feature, type Socket, type SocketOptions } from "@x/dgram";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import process from "node:process";

const HOST = "127.0.0.1";

/** Takes all descriptors that are left; answers what gives them back. */
function takeAll(): () => void {
  // Deno 2.9.6 begins to watch signals at its leisure, and panics where that finds no descriptor (ext/signals/lib.rs:58).
  process.on("SIGUSR2", () => {}).removeAllListeners("SIGUSR2");
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync("/dev/null", "r"));
  } catch {
    // That was the last.
  }
  return () => taken.forEach((fd) => closeSync(fd));
}

function features(): Record<string, string> {
  const { features } = capabilities;
  return Object.fromEntries(Object.keys(features).map((name) => [name, features[name as Feature]]));
}

async function bound(options: SocketOptions): Promise<Socket> {
  const socket = createSocket(options);
  socket.bind(0, HOST);
  await once(socket, "listening");
  return socket;
}

/** Has what is opened next have a number of at least `least`; answers what gives the others back. */
function skipTo(least: number): () => void {
  const taken: number[] = [];
  while ((taken.at(-1) ?? 0) < least) taken.push(openSync("/dev/null", "r"));
  return () => taken.forEach((fd) => closeSync(fd));
}

/** The code of what a bind fails with, or "bound". */
async function bind(options: SocketOptions): Promise<string> {
  try {
    const socket = await bound(options);
    socket.close();
    return "bound";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

const cases: Record<string, () => Promise<unknown>> = {
  /** The first thing that the module is asked is asked in the shortage. */
  async features() {
    const giveBack = takeAll();
    features();
    const refused = await bind({ type: "udp4" });
    giveBack();
    const after = features();
    const binds: Record<string, string> = {};
    for (const option of ["reusePort", "receiveInfo", "receiveOffload"] as const) {
      if (after[option] !== "unavailable") binds[option] = await bind({ type: "udp4", [option]: true });
    }
    return { refused, after, binds };
  },

  /** It is paused in a shortage that lasts for a while. */
  async pause() {
    const socket = await bound({ type: "udp4" });
    const sender = await bound({ type: "udp4" });
    const { port } = socket.address();
    const heard: number[] = [];
    const send = (number: number): Promise<unknown> =>
      new Promise((resolve) => sender.send(String(number), port, HOST, resolve));
    socket.on("message", (data) => heard.push(Number(String(data))));
    const giveBack = takeAll();
    socket.pause();
    for (let i = 0; i < 5; i++) await send(i);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const inShortage = [...heard];
    giveBack();
    // Until it is paused as every other is.
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (let i = 5; i < 10; i++) await send(i);
    socket.resume();
    while (heard.length < 10) await once(socket, "message");
    sender.close();
    socket.close();
    return { inShortage, heard };
  },

  /** The process may no longer have descriptors of the numbers that its sockets have. */
  async lowered() {
    const giveBack = skipTo(150);
    const socket = await bound({ type: "udp4" });
    const sender = await bound({ type: "udp4" });
    giveBack();
    const { port } = socket.address();
    console.log(JSON.stringify({ pid: process.pid }));
    await once(process.stdin, "data");
    const heard: string[] = [];
    socket.on("message", (data) => heard.push(String(data)));
    socket.pause();
    await new Promise((resolve) => sender.send("while it is paused", port, HOST, resolve));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const whilePaused = [...heard];
    socket.resume();
    while (heard.length < 1) await once(socket, "message");
    const closed = once(socket, "close");
    socket.close();
    await closed;
    sender.close();
    const again = createSocket("udp4");
    again.bind(port, HOST);
    await once(again, "listening");
    again.close();
    process.stdin.destroy();
    return { whilePaused, heard };
  },
};

void cases[process.argv[2]]().then((told) => console.log(JSON.stringify(told)));
