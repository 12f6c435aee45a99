/** A paused socket's descriptor, while Bun is given it. */
import { assertEquals } from "@std/assert";
import { capabilities, createSocket } from "@x/dgram";
import process from "node:process";
import { test } from "node:test";
import { close } from "../../support/close.ts";
import { descriptorsOf, inodeAt, notLinux } from "../../support/proc.ts";

interface Namespace {
  udpSocket(options: object): unknown;
}

const bun = (globalThis as { Bun?: Namespace }).Bun;
const { features, notes } = capabilities;

test("a thread that is terminated amid pause() leaves no descriptor of the socket that nobody closes", {
  skip: capabilities.backend !== "bun"
    ? "of Bun's own sockets"
    : features.pause === "unavailable"
    ? notes.pause!
    : notLinux,
}, async () => {
  const socket = createSocket("udp4");
  const { port } = socket.bindSync({ address: "127.0.0.1" });
  const own = `socket:[${inodeAt(port, "127.0.0.1")}]`;
  const { udpSocket } = bun!;
  const counts: number[] = [];
  bun!.udpSocket = (options) => {
    counts.push(descriptorsOf(process.pid).split(own).length - 1);
    return udpSocket.call(bun, options);
  };
  try {
    socket.pause();
  } finally {
    bun!.udpSocket = udpSocket;
  }
  // Bun's own.
  assertEquals(counts, [1]);
  await close(socket);
});
