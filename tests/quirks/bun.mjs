// Quirks of Bun.
/* global Bun */
import dns from "node:dns";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import process from "node:process";
import { deadPort, descriptorsOf, linkLocal, pause, soon, thrown } from "./ask.mjs";

const IPV6_ONLY = 8;
// It throws what a promise would be rejected with.
// deno-lint-ignore require-await
const open = async (options = {}) => Bun.udpSocket({ hostname: "127.0.0.1", port: 0, socket: {}, ...options });

export const bunQuirks = [
  {
    name: "an unconnected socket is told of ICMP errors",
    does:
      "IP_RECVERR is on for every socket: an error that an earlier datagram brought about fails a later send, which is not sent.",
    seen: "1.4.5",
    upstream: "https://github.com/oven-sh/bun/pull/35922",
    where: ["src/runtimes/bun/icmp.ts", "src/runtimes/bun/handle.ts", "src/runtimes/bun/sender.ts"],
    isThere: async () => {
      let told = false;
      const socket = await open({ socket: { error: () => told = true } });
      const port = await deadPort();
      for (let i = 0; i < 3 && !told; i++) {
        told = thrown(() => socket.send("x", port, "127.0.0.1")) !== null;
        await pause(20);
      }
      return told;
    },
  },
  {
    name: "a socket is read until it is empty",
    does: "While datagrams keep coming no timer and no other socket has its turn.",
    seen: "1.4.5",
    upstream: "https://github.com/oven-sh/bun/pull/37103",
    where: ["src/runtimes/bun/fair_host.ts"],
    isThere: async () => {
      const most = 1000;
      let [count, atTurn] = [0, -1];
      const ended = new Promise((resolve) => {
        const again = (socket) => {
          if (count === 0) setImmediate(() => atTurn = count);
          if (++count === most) return resolve();
          socket.send("x", socket.port, "127.0.0.1");
        };
        open({ socket: { data: again } }).then((socket) => socket.send("x", socket.port, "127.0.0.1"));
      });
      await soon(ended);
      // Each is answered by the next, so that there is one to be read whenever it looks.
      return atTurn < 0 || atTurn > 64;
    },
  },
  {
    name: "a socket can't be paused",
    does: "What `Bun.udpSocket` answers has no pause(). Another socket takes its place.",
    seen: "1.4.5",
    where: ["src/runtimes/bun/parking.ts"],
    isThere: async () => !("pause" in await open()),
  },
  {
    name: "a multicast TTL of 0 is refused",
    does: "setMulticastTTL(0) fails with EINVAL, which the kernel takes.",
    seen: "1.4.5",
    upstream: "https://github.com/oven-sh/bun/pull/35216",
    where: ["src/runtimes/bun/options.ts"],
    isThere: async () => {
      const socket = await open();
      return thrown(() => socket.setMulticastTTL(0)) !== null;
    },
  },
  {
    name: "an IPv4 socket ignores the flag of ipv6Only",
    does: "libuv refuses it with EINVAL.",
    seen: "1.4.5",
    where: ["src/runtimes/bun/backend.ts"],
    isThere: () => open({ flags: IPV6_ONLY }).then(() => true, () => false),
  },
  {
    name: "what is no multicast interface is answered with false",
    does: "setMulticastInterface() answers false, or EINVAL in place of the kernel's error.",
    seen: "1.4.5",
    where: ["src/runtimes/bun/options.ts"],
    isThere: async () => {
      const socket = await open();
      return thrown(() => socket.setMulticastInterface("eth0")) === null;
    },
  },
  {
    name: "the local address is read once",
    does: "`address` keeps what it was when it was first read, though the socket has got a port or a peer since then.",
    seen: "1.4.5",
    where: ["src/runtimes/bun/ends.ts", "src/runtimes/bun/types.ts"],
    isThere: async () => {
      const { dlopen } = await import("bun:ffi");
      const { symbols } = dlopen("libc.so.6", { connect: { args: ["i32", "buffer", "u32"], returns: "i32" } });
      const socket = await open({ hostname: "0.0.0.0" });
      void socket.address;
      symbols.connect(socket.fd, new Uint8Array([2, 0, 0, 9, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), 16);
      return socket.address.address === "0.0.0.0";
    },
  },
  {
    name: "a link-local address has no scope",
    does: "The local address of a socket lacks the scope (`%eth0`) that it is bound with.",
    seen: "1.4.5",
    where: ["src/runtimes/bun/route.ts"],
    isThere: async () => !(await open({ hostname: linkLocal() })).address.address.includes("%"),
  },
  {
    name: "a scope is refused where it is not needed",
    does: "libuv and the kernel ignore it. It is left out.",
    seen: "1.4.5",
    where: ["src/runtimes/bun/address.ts"],
    isThere: () => open({ hostname: "::1%lo" }).then(() => false, () => true),
  },
  {
    name: "a refused descriptor does not tell what it is",
    does: "Only node:dgram says that a descriptor is a TCP socket, a pipe or a file.",
    seen: "1.4.5",
    where: ["src/runtimes/bun/fd_type.ts"],
    isThere: async () => {
      const [, fds] = await descriptorsOf(() => once(createServer().listen(0, "127.0.0.1"), "listening"));
      return open({ fd: fds[0] }).then(() => true, (error) => !/TCP/i.test(error.message));
    },
  },
  {
    name: "what a 'listening' listener throws is an unhandled rejection",
    does: "node:dgram emits it within a promise chain.",
    seen: "1.4.5",
    where: ["src/runtimes/bun/shared.ts"],
    isThere: async () => {
      const told = new Promise((resolve) => {
        process.on("uncaughtException", () => resolve("exception"));
        process.on("unhandledRejection", () => resolve("rejection"));
      });
      const socket = createSocket("udp4");
      socket.on("listening", () => {
        throw new Error("of the listener");
      });
      socket.bind(0, "127.0.0.1");
      return await soon(told) !== "exception";
    },
  },
  {
    name: "a cluster worker's socket is within one of node:dgram",
    does: "The socket of Bun.udpSocket that it is made of is below a symbol; Bun.udpSocket itself asks no primary.",
    seen: "1.4.5",
    where: ["src/runtimes/bun/shared.ts"],
    untold: "Bun.udpSocket has no option yet that could be asked for",
  },
  {
    name: "a failed look-up is a DNSException",
    does: "It has c-ares' number and words of its own.",
    seen: "1.4.5",
    upstream: "https://github.com/oven-sh/bun/issues/31888",
    where: ["src/core/errors.ts"],
    isThere: async () => {
      const error = await new Promise((resolve) => dns.lookup("nowhere.invalid", resolve));
      return error.name === "DNSException";
    },
  },
  {
    name: "no other calls than sendmmsg and recvmmsg are made",
    does: "Where a sandbox refuses these, libc sends and receives by others.",
    seen: "1.4.5",
    where: ["src/runtimes/bun/backend.ts"],
    untold: "it takes a kernel that refuses them, which tests/runtimes/confined.test.ts has",
  },
  {
    name: "a socket waits to be writable when it is new",
    does: "What is put in its place at once is found in its epoll: it has to live until then.",
    seen: "1.4.5",
    where: ["src/runtimes/libc/stand_in.ts", "src/runtimes/bun/handle.ts"],
    untold: "what it waits for shows in its system calls alone",
  },
  {
    name: "there is no table of system errors",
    does: "getSystemErrorMap() is missing in node:util. The numbers of errors are taken from elsewhere.",
    seen: "1.2.23, 1.3.14",
    upstream: "https://github.com/oven-sh/bun/pull/22875",
    where: ["src/runtimes/common/system_errors.ts"],
    mended: "1.4.0",
  },
  {
    name: "a connected socket is closed when its peer is not there",
    does: "An ICMP error closes it unheard. Connections are emulated.",
    seen: "1.2.23, 1.3.14",
    upstream: "https://github.com/oven-sh/bun/pull/28827",
    where: ["src/runtimes/bun/ends.ts", "src/runtimes/bun/open.ts"],
    mended: "1.4.0",
  },
  {
    name: "a descriptor is overlooked",
    does: "The option `fd` opens another socket, and a socket does not tell its descriptor.",
    seen: "1.2.23, 1.3.14",
    upstream: "https://github.com/oven-sh/bun/pull/32625",
    where: ["src/runtimes/bun/open.ts", "src/runtimes/libc/descriptor_search.ts"],
    mended: "1.4.0",
  },
  {
    name: "a send that finds no room fails",
    does: "Where the kernel's send buffer is full, send() and sendMany() throw EAGAIN. Room is looked for by a timer.",
    seen: "1.2.23, 1.3.14",
    where: ["src/runtimes/bun/sender.ts"],
    mended: "1.4.0",
  },
  {
    name: "an error does not say that it comes from the error queue",
    does: "Errors of the queue and of the socket are told apart by what was told before.",
    seen: "1.3.14",
    where: ["src/runtimes/bun/handle.ts"],
    mended: "1.4.0",
  },
  {
    name: "a port is bound with SO_REUSEADDR, and no ICMP error is told",
    does: "A port that is asked for is shared with others that have the option.",
    seen: "1.2.23, 1.3.0",
    where: ["src/runtimes/bun/open.ts"],
    mended: "1.4.0",
  },
  {
    name: "a source-specific membership is dropped where it is to be added",
    does:
      "addSourceSpecificMembership() and dropSourceSpecificMembership() do each what the other is to do, and end the process where no interface is given.",
    seen: "1.2.23, 1.3.0",
    where: ["src/runtimes/bun/options.ts"],
    mended: "1.3.14",
  },
  {
    name: "a WritableStream's controller has no signal",
    does: "An abort waits for the pending write, and pipeTo() heeds its own signal when the next datagram comes.",
    seen: "1.2.23, 1.3.14",
    where: ["src/web/writable_half.ts"],
    mended: "1.4.0",
  },
];
