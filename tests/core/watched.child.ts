/**
 * A program that a runtime starts again when its file is touched, for watch.test.ts: it answers on a port, and tells
 * another that it does.
 */
import process from "node:process";
import { setTimeout } from "node:timers";
import { createSocket, type Socket } from "@x/dgram";
import { notLinux, socketCount } from "../support/proc.ts";

const HOST = "127.0.0.1";
/** Milliseconds after which it ends by itself, should the test be gone. */
const LONGEST = 120_000;

const [port, watcher] = process.argv.slice(2).map(Number);
/** Another one each time that it is started. */
const name = `${process.pid} ${Math.random()}`;
/** What is started again in the same process finds what the one before has left, and has to close it. */
const kept = globalThis as { watched?: Socket };

function start(): void {
  const socket = createSocket("udp4", (message, from) => {
    if (String(message) === "end") process.exit(0);
    const sockets = notLinux ? 0 : socketCount();
    socket.send(JSON.stringify({ name, sockets }), from.port, from.address);
  });
  const tell = (told: object): void => socket.send(JSON.stringify(told), watcher, HOST);
  kept.watched = socket;
  socket.once("error", ({ message }) => tell({ error: message }));
  socket.bind(port, HOST, () => tell({ started: name }));
}

setTimeout(() => process.exit(1), LONGEST).unref();
if (kept.watched) kept.watched.close(start);
else start();
