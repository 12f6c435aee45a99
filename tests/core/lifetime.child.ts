/** One life of a process, by the name in its arguments. What it prints, and how it ends, is the test's. */
import type { Buffer } from "node:buffer";
import console from "node:console";
import process from "node:process";
import { setImmediate, setTimeout } from "node:timers";
import dgram from "@x/dgram";
import type { Socket } from "@x/dgram";

const LOOPBACK = "127.0.0.1";

function say(text: string): void {
  console.log(text);
}

function sayPort(port: number): void {
  say(JSON.stringify({ port }));
}

/** A bound socket that says its port. */
function bound(listener?: (message: Buffer) => void): Socket {
  const socket = dgram.createSocket("udp4", listener);
  socket.bind(0, LOOPBACK, () => sayPort(socket.address().port));
  return socket;
}

/** Sends a datagram to itself and goes on when that arrives. */
function afterOneMessage(then: (socket: Socket) => void): void {
  const socket = dgram.createSocket("udp4", (message) => {
    say(`heard ${message}`);
    then(socket);
  });
  socket.bind(0, LOOPBACK, () => socket.send("x", socket.address().port, LOOPBACK));
}

const target = Number(process.argv[3]);

const lives: Record<string, () => void> = {
  "an unbound socket": () => void dgram.createSocket("udp4"),
  "a bound socket": () => {
    const socket = bound((message) => {
      say(`heard ${message}`);
      socket.close();
    });
  },
  "a socket bound by a send": () => {
    const socket = dgram.createSocket("udp4", (message) => {
      say(`heard ${message}`);
      socket.close();
    });
    socket.send("x", target, LOOPBACK);
  },
  "a socket bound by bindSync": () => {
    const socket = dgram.createSocket("udp4", (message) => {
      say(`heard ${message}`);
      socket.close();
    });
    sayPort(socket.bindSync({ address: LOOPBACK }).port);
  },
  "a connected socket": () => {
    const socket = dgram.createSocket("udp4", (message) => {
      say(`heard ${message}`);
      socket.close();
    });
    socket.connect(target, LOOPBACK, () => socket.send("x"));
  },
  "unref, then ref": () => {
    const socket = bound((message) => {
      say(`heard ${message}`);
      socket.close();
    });
    socket.unref().ref();
    socket.once("listening", () => socket.unref().ref());
  },
  "a paused socket": () => {
    const socket = dgram.createSocket("udp4");
    socket.bindSync();
    socket.pause();
    // Comes only if something else keeps the process alive.
    setTimeout(() => {
      say("alive");
      socket.on("close", () => say("closed")).close();
    }, 100).unref();
  },
  "a paused socket that is closed": () => {
    const socket = dgram.createSocket("udp4");
    socket.bindSync();
    socket.pause();
    socket.on("close", () => say("closed"));
    setImmediate(() => socket.close());
  },
  "pause, then unref": () => {
    const socket = dgram.createSocket("udp4");
    socket.bindSync();
    socket.pause();
    setImmediate(() => {
      socket.unref();
      say("paused");
    });
  },
  "unref, then pause": () => {
    const socket = dgram.createSocket("udp4").unref();
    socket.bindSync();
    socket.pause();
    setImmediate(() => say("paused"));
  },
  "unref before bind": () => {
    const socket = dgram.createSocket("udp4").unref();
    socket.bind(0, LOOPBACK, () => say("listening"));
  },
  "unref after bind": () => {
    const socket = bound();
    socket.once("listening", () => socket.unref());
  },
  "unref after a message": () => afterOneMessage((socket) => socket.unref()),
  "unref while connected": () => {
    const socket = dgram.createSocket("udp4");
    socket.connect(target, LOOPBACK, () => {
      say("connected");
      socket.unref();
    });
  },
  "a socket closed after a message": () => afterOneMessage((socket) => socket.close(() => say("closed"))),
  "a socket closed in the turn of bind": () => {
    const socket = dgram.createSocket("udp4");
    socket.bind(0, LOOPBACK, () => say("never"));
    socket.close(() => say("closed"));
  },
  "an aborted socket": () => {
    const controller = new AbortController();
    const socket = dgram.createSocket({ type: "udp4", signal: controller.signal });
    socket.on("close", () => say("closed"));
    socket.bind(0, LOOPBACK, () => controller.abort());
  },
  "a send of an unreferenced socket": () => {
    const socket = dgram.createSocket("udp4").unref();
    socket.send("hello", target, LOOPBACK, (error, bytes) => say(`sent ${error} ${bytes}`));
  },
  "a send without a callback of an unreferenced socket": () => {
    dgram.createSocket("udp4").unref().send("hello", target, LOOPBACK);
  },
  "a send and close": () => {
    const socket = dgram.createSocket("udp4");
    socket.send("hello", target, LOOPBACK, (error, bytes) => say(`sent ${error} ${bytes}`));
    socket.close(() => say("closed"));
  },
  "a thousand sends and close": () => {
    const socket = dgram.createSocket("udp4");
    let sent = 0;
    socket.bind(0, LOOPBACK, () => {
      for (let n = 0; n < 1000; n++) socket.send(`m${n}`, target, LOOPBACK, () => sent++);
      socket.close(() => say(`closed after ${sent}`));
    });
  },
  "a close of an unreferenced socket": () => {
    const socket = dgram.createSocket("udp4").unref();
    socket.bind(0, LOOPBACK, () => socket.close(() => say("closed")));
  },
  "a failed bind": () => {
    const first = dgram.createSocket("udp4");
    first.bind(0, LOOPBACK, () => {
      const second = dgram.createSocket("udp4");
      second.on("error", () => {
        say("error");
        first.close();
      });
      second.bind(first.address().port, LOOPBACK);
    });
  },
  "a rejected listener of messages": () =>
    void afterOneMessage(() => void Promise.reject(new Error("thrown on purpose"))),
  "a failed bind without an 'error' listener": () => {
    const first = dgram.createSocket("udp4");
    first.bind(0, LOOPBACK, () => dgram.createSocket("udp4").bind(first.address().port, LOOPBACK, () => say("never")));
  },
  "a throw that is handled": () => {
    let heard = 0;
    const socket = dgram.createSocket("udp4", () => {
      throw new Error(`number ${++heard}`);
    });
    process.on("uncaughtException", (error) => {
      say(`uncaught ${error.message}`);
      if (heard === 3) socket.close(() => say("closed"));
    });
    socket.bind(0, LOOPBACK, () => {
      for (let n = 0; n < 3; n++) socket.send("x", socket.address().port, LOOPBACK);
    });
  },
};

process.on("beforeExit", () => say("nothing left to do"));
lives[process.argv[2]]();
