// What the probes of tests/quirks have in common. Plain JavaScript for every runtime; nothing of this module.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { networkInterfaces } from "node:os";

/** How long, in ms, something that a mended runtime would do is waited for. */
const PATIENCE = 1000;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the promise gives, or undefined if it takes too long. */
export function soon(promise, ms = PATIENCE) {
  return Promise.race([promise, pause(ms)]);
}

/** A socket of the runtime's node:dgram, bound to the loopback interface if nothing else is said. */
export async function bound(options = "udp4", address = options === "udp6" ? "::1" : "127.0.0.1") {
  const socket = createSocket(options);
  const listening = once(socket, "listening");
  socket.bind(0, address);
  await listening;
  return socket;
}

/** The error that the call throws, or null. */
export function thrown(call) {
  try {
    call();
    return null;
  } catch (error) {
    return error;
  }
}

/** The error that the promise is rejected with, or null. */
export function rejection(promise) {
  return promise.then(() => null, (error) => error);
}

/** A port of the loopback interface where nobody listens. */
export async function deadPort() {
  const socket = await bound();
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

/** Collects `count` messages, or those that come in time. */
export async function received(socket, count) {
  const texts = [];
  await soon(
    new Promise((resolve) => {
      socket.on("message", (message) => {
        if (texts.push(`${message}`) === count) resolve();
      });
    }),
  );
  return texts;
}

export const inOrder = (texts) => texts.every((text, at) => at === 0 || Number(texts[at - 1]) < Number(text));

/** The descriptors of sockets that `open` opens, on Linux: [what it answers, the new ones]. */
export async function descriptorsOf(open) {
  const before = new Set(sockets());
  const opened = await open();
  return [opened, sockets().filter((fd) => !before.has(fd))];
}

function sockets() {
  const directory = "/proc/self/fd";
  // The directory's own descriptor is gone by then.
  const targetOf = (fd) => thrown(() => readlinkSync(`${directory}/${fd}`)) ? "" : readlinkSync(`${directory}/${fd}`);
  return readdirSync(directory).filter((fd) => targetOf(fd).startsWith("socket:")).map(Number);
}

/** A link-local address of this machine with its scope. */
export function linkLocal() {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    const found = addresses.find(({ address }) => /^fe[89ab]/i.test(address));
    if (found) return `${found.address.replace(/%.*/, "")}%${name}`;
  }
  throw new NotHere("no interface has a link-local address");
}

/** Thrown where a probe can't be made. */
export class NotHere extends Error {}
