/**
 * What the module does in a process that takes itself for a Mac, in a line of JSON. The argument is what to look at. It
 * asks Linux's kernel, by Linux's numbers, what has become of what the module asked of macOS's.
 */
import { type LinuxOptions, linuxOptions, used } from "./macos/pretend.ts";
import { Buffer } from "node:buffer";
import console from "node:console";
import { once } from "node:events";
import process from "node:process";
import { capabilities, createSocket, type Socket, type SocketOptions } from "@x/dgram";

const LOOPBACK = { udp4: "127.0.0.1", udp6: "::1" } as const;
type Type = keyof typeof LOOPBACK;

function bound(type: Type, options: Partial<SocketOptions> = {}): Socket {
  const socket = createSocket({ type, ...options });
  socket.bindSync({ port: 0, address: LOOPBACK[type] });
  return socket;
}

function kernelOf(socket: Socket): LinuxOptions {
  return linuxOptions(socket.address().port);
}

function whatItSays(): unknown {
  const { features, notes } = capabilities;
  return { features: { ...features }, notes: { ...notes } };
}

function optionsOf(type: Type): unknown {
  const socket = bound(type);
  try {
    socket.setTTL(77);
    socket.setMulticastTTL(0);
    socket.setMulticastLoopback(false);
    socket.setBroadcast(true);
    socket.setTOS(0xb8);
    socket.setDontFragment(true);
    socket.setRecvBufferSize(20_480);
    socket.setSendBufferSize(30_720);
    socket.setMulticastInterface(type === "udp4" ? "127.0.0.1" : "::%lo0");
    const sizes = [socket.getRecvBufferSize(), socket.getSendBufferSize()];
    const first = kernelOf(socket);
    socket.setDontFragment(false);
    socket.setBroadcast(false);
    socket.setMulticastTTL(255);
    return { sizes, first, second: kernelOf(socket) };
  } finally {
    socket.close();
  }
}

/** The codes and the numbers of errors. */
function errors(): unknown {
  const told: Record<string, unknown> = {};
  const attempt = (what: string, use: () => unknown): void => {
    try {
      use();
      told[what] = null;
    } catch (error) {
      const { code, errno, syscall } = error as { code?: string; errno?: number; syscall?: string };
      told[what] = [code, errno, syscall];
    }
  };
  const socket = bound("udp4");
  socket.addMembership("239.255.77.1", "127.0.0.1");
  attempt("join twice", () => socket.addMembership("239.255.77.1", "127.0.0.1"));
  attempt("leave what was not joined", () => socket.dropMembership("239.255.77.2", "127.0.0.1"));
  attempt("an interface that is not there", () => socket.setMulticastInterface("10.99.99.99"));
  attempt("an IPv6 group", () => socket.addMembership("ff01::77", "::%lo0"));
  // Not an address of this machine: as the interface it would be refused.
  const source = "198.51.100.77";
  socket.addSourceSpecificMembership(source, "232.255.77.1", "127.0.0.1");
  attempt("a source twice", () => socket.addSourceSpecificMembership(source, "232.255.77.1", "127.0.0.1"));
  attempt("a device", () => socket.bindToDevice("lo"));
  socket.connectSync(9, "127.0.0.1");
  attempt("a path MTU", () => socket.getPathMTU());
  socket.close();
  const six = bound("udp6");
  six.addSourceSpecificMembership("::1", "ff31::77", "::%lo0");
  attempt("a source of IPv6 twice", () => six.addSourceSpecificMembership("::1", "ff31::77", "::%lo0"));
  six.close();
  attempt("receiveInfo", () => bound("udp4", { receiveInfo: true }).close());
  attempt("reusePort", () => bound("udp4", { reusePort: true }).close());
  return told;
}

/** Two datagrams of each sender, told in the order in which they come, with what the listener does on the way. */
async function pauses(): Promise<unknown> {
  const socket = bound("udp4");
  const peer = bound("udp4");
  const { port } = socket.address();
  const heard: string[] = [];
  let wake = (): void => {};
  const until = async (count: number): Promise<void> => {
    while (heard.length < count) await new Promise<void>((resolve) => wake = resolve);
  };
  const send = (from: Socket, text: string, to: number): Promise<void> =>
    new Promise((resolve, reject) => from.send(text, to, "127.0.0.1", (error) => error ? reject(error) : resolve()));
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  socket.on("message", (message) => {
    const text = String(message);
    heard.push(text);
    // In the middle of what was read together.
    if (text === "3") {
      socket.pause();
      socket.resume();
    }
    if (text === "5") socket.pause();
    wake();
  });
  for (let i = 0; i < 6; i++) await send(peer, String(i), port);
  await until(6);
  // Whatever was read with it is told after resume().
  await send(peer, "while paused", port);
  for (let i = 0; i < 20; i++) await turn();
  const beforeResume = heard.length;
  socket.resume();
  await until(7);
  const closedOnExec = kernelOf(socket).closedOnExec;

  socket.connectSync(peer.address().port, "127.0.0.1");
  socket.pause();
  await turn();
  const answer = once(peer, "message");
  socket.send("from a paused, connected socket");
  heard.push(String((await answer)[0]));
  // A stranger's is not heard, now or later.
  const stranger = bound("udp4");
  await send(stranger, "a stranger's", port);
  await send(peer, "the peer's", port);
  socket.resume();
  await until(9);
  for (let i = 0; i < 5; i++) {
    socket.pause();
    await turn();
    await turn();
    socket.resume();
    await send(peer, `again ${i}`, port);
    await until(10 + i);
  }
  // With nothing on the way it is taken back in the turn in which it was given away.
  for (let i = 0; i < 5; i++) await turn();
  socket.pause();
  socket.resume();
  await send(peer, "after both in one turn", port);
  await until(15);
  for (const each of [socket, peer, stranger]) each.close();
  return { heard, beforeResume, closedOnExec };
}

/** Of one port, as multicast has it. */
async function shared(): Promise<unknown> {
  const sockets = [0, 1].map(() => createSocket({ type: "udp4", reuseAddr: true }));
  sockets[0].bindSync({ port: 0, address: "0.0.0.0" });
  const { port } = sockets[0].address();
  sockets[1].bindSync({ port, address: "0.0.0.0" });
  for (const socket of sockets) socket.addMembership("239.255.77.3", "127.0.0.1");
  const messages = sockets.map((socket) => once(socket, "message"));
  const peer = bound("udp4");
  peer.setMulticastInterface("127.0.0.1");
  peer.send(Buffer.from("to both"), port, "239.255.77.3");
  const heard = (await Promise.all(messages)).map(([message]) => String(message));
  for (const socket of [...sockets, peer]) socket.close();
  return heard;
}

const looks: Readonly<Record<string, () => unknown>> = {
  capabilities: whatItSays,
  options: () => ({ udp4: optionsOf("udp4"), udp6: optionsOf("udp6"), unknown: used.unknown }),
  errors,
  pauses,
  shared,
};

async function main(): Promise<void> {
  console.log(JSON.stringify(await looks[process.argv[2]]()));
}

void main();
