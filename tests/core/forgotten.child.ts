/** Sockets that their program has forgotten, while memory is collected. Prints a line of JSON: what became of each kind. */
import console from "node:console";
import process from "node:process";
import { setImmediate } from "node:timers";
import { capabilities, createSocket } from "@x/dgram";
import type { Socket } from "@x/dgram";
import { collector } from "../support/collector.ts";
import { isBound } from "../support/proc.ts";

const HOST = "127.0.0.1";
const COUNT = 6;
const collect = collector();

async function collectAll(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    collect();
    await new Promise((done) => setImmediate(done));
  }
}

interface Kind {
  readonly ports: number[];
  heard: number;
  collected: number;
}

/** Makes sockets in a function that nothing remembers. */
async function make(prepare: (socket: Socket) => void | Promise<void>): Promise<Kind> {
  const kind: Kind = { ports: [], heard: 0, collected: 0 };
  const registry = new FinalizationRegistry(() => kind.collected++);
  kinds.push(registry);
  for (let i = 0; i < COUNT; i++) {
    const socket = createSocket("udp4", () => kind.heard++);
    registry.register(socket, undefined);
    await prepare(socket);
    if (isOpen(socket)) kind.ports.push(socket.address().port);
  }
  return kind;
}

/** A registry that is forgotten tells nothing. */
const kinds: unknown[] = [];

function isOpen(socket: Socket): boolean {
  try {
    return socket.address().port > 0;
  } catch {
    return false;
  }
}

function bind(socket: Socket): Promise<void> {
  return new Promise((done) => void socket.bind(0, HOST, done));
}

async function main(): Promise<void> {
  const all = {
    bound: await make(bind),
    unreferenced: await make((socket) => bind(socket.unref())),
    unbound: await make(() => {}),
    closed: await make(async (socket) => {
      await bind(socket);
      await new Promise<void>((done) => void socket.close(done));
    }),
    paused: await make(async (socket) => {
      await bind(socket);
      if (capabilities.features.pause !== "unavailable") socket.pause();
    }),
  };
  await collectAll();
  const sender = createSocket("udp4");
  for (const kind of [all.bound, all.unreferenced]) {
    for (const port of kind.ports) {
      for (let i = 0; i < 3; i++) await new Promise((done) => sender.send("x", port, HOST, done));
    }
    collect();
  }
  const isDone = (): boolean =>
    all.bound.heard + all.unreferenced.heard === 6 * COUNT && all.unbound.collected > 0 && all.closed.collected > 0;
  for (let i = 0; i < 200 && !isDone(); i++) await collectAll();
  console.log(JSON.stringify({
    boundHeard: all.bound.heard,
    unreferencedHeard: all.unreferenced.heard,
    unbound: all.unbound.collected > 0,
    closed: all.closed.collected > 0,
    pausedPorts: process.platform !== "linux" || all.paused.ports.every(isBound),
  }));
  process.exit();
}

void main();
