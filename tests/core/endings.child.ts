/**
 * One end of a process, by the name in its arguments: `ours` or `oracle` for the module that its sockets are of, and the
 * port of whoever started it. What it prints, and how it ends, is the test's.
 */
import { Buffer } from "node:buffer";
import console from "node:console";
import * as oracle from "node:dgram";
import process from "node:process";
import { setImmediate, setTimeout } from "node:timers";
import * as ours from "@x/dgram";
import type { Socket } from "@x/dgram";

const HOST = "127.0.0.1";
const [, , name, subject, given] = process.argv;
const { createSocket } = subject === "oracle" ? oracle as unknown as typeof ours : ours;
const target = Number(given);

function say(text: string): void {
  console.log(text);
}

function sayPort(socket: Socket): void {
  say(JSON.stringify({ port: socket.address().port }));
}

/** What a program does in a listener or a callback, and where that is called. */
const places: Record<string, (act: () => void) => void> = {
  "'listening'": (act) => void createSocket("udp4").bind(0, HOST, act),
  "'message'": (act) => {
    const socket = createSocket("udp4", act);
    socket.bind(0, HOST, () => socket.send("x", socket.address().port, HOST));
  },
  "'connect'": (act) => createSocket("udp4").connect(target, HOST, act),
  "'error'": (act) => void createSocket("udp4").on("error", act).bind(0, "192.0.2.1"),
  "'close'": (act) => void createSocket("udp4").close(act),
  "a send's callback": (act) => void createSocket("udp4").send("x", target, HOST, act),
  "a failed send's callback": (act) => void createSocket("udp4").send(Buffer.alloc(70_000), target, HOST, act),
  "a look-up": (act) => void createSocket({ type: "udp4", lookup: act }).bind(0, "a.test"),
  "an abort's listener": (act) => {
    const controller = new AbortController();
    controller.signal.addEventListener("abort", act);
    createSocket({ type: "udp4", signal: controller.signal }).bind(0, HOST, () => controller.abort());
  },
};

/** Sends as soon as it is connected, and ends the process in the same turn. */
function connected(then: (socket: Socket) => void): void {
  const socket = createSocket("udp4");
  socket.connect(target, HOST, () => then(socket));
}

const ends: Record<string, (place: string) => void> = {
  exit: (place) =>
    places[place](() => {
      say(place);
      process.exit(7);
    }),
  throw: (place) =>
    places[place](() => {
      say(place);
      throw new Error("thrown on purpose");
    }),
  "a signal": () => {
    const socket = createSocket("udp4");
    socket.bind(0, HOST, () => sayPort(socket));
  },
  "a signal while it sends": () => {
    const socket = createSocket("udp4");
    const next = (): void => socket.send("flood", 9, HOST, () => setImmediate(next));
    socket.bind(0, HOST, () => {
      for (let i = 0; i < 8; i++) next();
      sayPort(socket);
    });
  },
  "a signal that is handled": () => {
    const socket = createSocket("udp4");
    process.on("SIGINT", () => {
      say("SIGINT");
      socket.close(() => say("closed"));
    });
    socket.bind(0, HOST, () => sayPort(socket));
  },
  "sends of a connected socket, and exit": () =>
    connected((socket) => {
      for (let i = 0; i < 5; i++) socket.send(`m${i}`);
      process.exit(7);
    }),
  "a send of a connected socket when the process exits": () =>
    connected((socket) => {
      process.on("exit", () => socket.send("farewell"));
      process.exit(7);
    }),
  "sends of a connected socket, and a throw": () =>
    connected((socket) => {
      for (let i = 0; i < 5; i++) socket.send(`m${i}`);
      throw new Error("thrown on purpose");
    }),
  "callbacks that throw": () => {
    const socket = createSocket("udp4");
    let thrown = 0;
    process.on("uncaughtException", (error) => {
      say(`uncaught ${error.message}`);
      if (++thrown === 3) socket.close(() => say("closed"));
    });
    socket.bind(0, HOST, () => {
      for (let i = 0; i < 3; i++) {
        socket.send("x", target, HOST, () => {
          throw new Error(`number ${i}`);
        });
      }
    });
  },
};

process.on("exit", (code) => say(`exit ${code}`));
const [end, place] = name.split(": ");
ends[end](place);
void setTimeout;
