/**
 * One end of a process. The arguments: how it ends, and where for one that ends in a listener or a callback; `ours` or
 * `oracle` for the module that its sockets are of; and the port of who started it. What it prints is the test's.
 */
import { Buffer } from "node:buffer";
import console from "node:console";
import * as oracle from "node:dgram";
import process from "node:process";
import { setImmediate } from "node:timers";
import * as ours from "@x/dgram";
import type { Socket } from "@x/dgram";

const HOST = "127.0.0.1";
const [, , name, subject, given] = process.argv;
const { createSocket } = subject === "oracle" ? oracle as unknown as typeof ours : ours;
const target = Number(given);

function say(text: string): void {
  console.log(text);
}

/** Has `act` called in each kind of listener and callback. */
const places: Record<string, (act: () => void) => void> = {
  "'listening'": (act) => void createSocket("udp4").bind(0, HOST, act),
  "'message'": (act) => {
    const socket = createSocket("udp4", act);
    socket.bind(0, HOST, () => socket.send("x", socket.address().port, HOST));
  },
  "'connect'": (act) => createSocket("udp4").connect(target, HOST, act),
  "'error'": (act) => void createSocket("udp4").on("error", act).bind(0, "192.0.2.1"),
  "'close'": (act) => void createSocket("udp4").close(act),
  "a send's callback": (act) => createSocket("udp4").send("x", target, HOST, act),
  "a failed send's callback": (act) => createSocket("udp4").send(Buffer.alloc(70_000), target, HOST, act),
  "a look-up": (act) => void createSocket({ type: "udp4", lookup: act }).bind(0, "a.test"),
  "a signal's listener": (act) => {
    const controller = new AbortController();
    controller.signal.addEventListener("abort", act);
    createSocket({ type: "udp4", signal: controller.signal }).bind(0, HOST, () => controller.abort());
  },
};

function connected(then: (socket: Socket) => void): void {
  const socket = createSocket("udp4");
  socket.connect(target, HOST, () => then(socket));
}

function sendFive(socket: Socket): void {
  for (let i = 0; i < 5; i++) socket.send(`m${i}`);
}

/** A socket that tells its port. */
function bound(then = (_: Socket): void => {}): Socket {
  const socket = createSocket("udp4");
  return socket.bind(0, HOST, () => {
    then(socket);
    say(JSON.stringify({ port: socket.address().port }));
  });
}

const ends: Record<string, (place: string) => void> = {
  exit: (place) => {
    process.on("exit", (code) => say(`exit ${code}`));
    places[place](() => {
      say(place);
      process.exit(7);
    });
  },
  throw: (place) =>
    places[place](() => {
      say(place);
      throw new Error("thrown on purpose");
    }),
  "sends and exit": () =>
    connected((socket) => {
      sendFive(socket);
      process.exit(7);
    }),
  "a send while it exits": () =>
    connected((socket) => {
      process.on("exit", () => socket.send("farewell"));
      process.exit(7);
    }),
  "sends and a throw": () =>
    connected((socket) => {
      sendFive(socket);
      throw new Error("thrown on purpose");
    }),
  "a bound socket": () => void bound(),
  "a socket that sends": () => {
    const next = (socket: Socket): void => socket.send("x", target, HOST, () => setImmediate(next, socket));
    bound((socket) => {
      for (let i = 0; i < 8; i++) next(socket);
    });
  },
  "a paused socket": () => void bound((socket) => socket.pause()),
  "a socket that its program closes": () => {
    const socket = bound();
    process.on("SIGINT", () => {
      say("SIGINT");
      socket.close(() => say("closed"));
    });
  },
  "callbacks that throw": () => {
    let thrown = 0;
    process.on("uncaughtException", ({ message }) => {
      say(message);
      if (++thrown === 3) socket.close(() => say("closed"));
    });
    const socket = createSocket("udp4");
    socket.bind(0, HOST, () => {
      for (let i = 0; i < 3; i++) {
        socket.send("x", target, HOST, () => {
          throw new Error(`callback ${i}`);
        });
      }
    });
  },
};

const [end, place] = name.split(": ");
ends[end](place);
