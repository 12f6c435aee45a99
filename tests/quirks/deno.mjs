// Quirks of Deno.
/* global Deno */
import dgram, { createSocket } from "node:dgram";
import dns from "node:dns";
import { once } from "node:events";
import { BlockList } from "node:net";
import process from "node:process";
import {
  bound,
  deadPort,
  descriptorsOf,
  inOrder,
  linkLocal,
  NotHere,
  pause,
  received,
  rejection,
  soon,
  thrown,
} from "./ask.mjs";

const [STREAM, DATAGRAM, NON_BLOCKING] = [1, 2, 0o4000];
const BROADCAST = "127.255.255.255";
const encode = (text) => new TextEncoder().encode(text);
const listen = () => Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
const addressOf = (socket) => ({ transport: "udp", hostname: "127.0.0.1", port: socket.address().port });

/** What a socket of node:dgram is made of. */
const newWrap = () => new (process.binding("udp_wrap").UDP)();

/** A number that the kernel has of a socket's descriptor, as `getsockopt` tells it. */
function optionOf(fd, level, name) {
  const { symbols } = Deno.dlopen("libc.so.6", {
    getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  });
  const value = new Int32Array(1);
  if (symbols.getsockopt(fd, level, name, value, new Int32Array([4])) < 0) throw new NotHere("getsockopt failed");
  return value[0];
}

/** The descriptor of a new IPv4 socket that nobody waits for. */
function unwatched(type) {
  const { symbols } = Deno.dlopen("libc.so.6", { socket: { parameters: ["i32", "i32", "i32"], result: "i32" } });
  return symbols.socket(2, type | NON_BLOCKING, 0);
}

/** A socket of node:dgram with its descriptor. */
async function withDescriptor(options, address) {
  const [socket, fds] = await descriptorsOf(() => bound(options, address));
  if (fds.length !== 1) throw new NotHere(`${fds.length} descriptors were opened`);
  return { socket, fd: fds[0] };
}

/** How another Deno ends that runs this text: { code, signal }, or undefined if it goes on. */
async function endOf(text, flags = ["-A"]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", ...flags, `data:text/javascript,${encodeURIComponent(text)}`],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const ended = await soon(child.status, 4000);
  if (ended === undefined) child.kill("SIGKILL");
  return ended;
}

const nodeDgram = [
  {
    name: "sends of one turn leave in reverse (node:dgram)",
    does: "Datagrams that are sent in one turn of the event loop leave in the reverse order. One is sent at a time.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/deno/sender.ts"],
    isThere: async () => {
      const [receiver, sender] = [await bound(), await bound()];
      const arrived = received(receiver, 20);
      for (let i = 0; i < 20; i++) sender.send(`${i}`, receiver.address().port, "127.0.0.1");
      return !inOrder(await arrived);
    },
  },
  {
    name: "a send has but two errors",
    does: "What the kernel refuses is EMSGSIZE or has no code. The reason is looked for among the interfaces.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/deno/sender.ts", "src/runtimes/deno/route.ts"],
    isThere: async () => {
      const socket = await bound("udp4", "0.0.0.0");
      const error = await soon(new Promise((resolve) => socket.send("x", 9, BROADCAST, resolve)));
      return error?.code !== "EACCES";
    },
  },
  {
    name: "a view is sent as the object describes it",
    does: "A `byteLength`, `byteOffset` or `buffer` of an object's own is believed, and memory beside it sent.",
    seen: "2.9.6",
    where: ["src/runtimes/deno/sender.ts"],
    isThere: async () => {
      const [receiver, sender] = [await bound(), await bound()];
      const arrived = received(receiver, 1);
      const bytes = Object.defineProperty(new Uint8Array(new ArrayBuffer(64), 8, 4), "byteLength", { value: 32 });
      sender.send(bytes, receiver.address().port, "127.0.0.1");
      return (await arrived)[0]?.length !== 4;
    },
  },
  {
    name: "to enter an asynchronous context allocates",
    does: "AsyncResource.runInAsyncScope() costs about a microsecond, four times what follows a promise.",
    seen: "2.9.5",
    where: ["src/testing/kept_context.ts"],
    untold: "it is a cost, which a busy machine tells otherwise",
  },
  {
    name: "memory that was transferred is an exception",
    does: "send() throws for a view of a detached buffer, of which Node sends an empty datagram.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/deno/sender.ts"],
    isThere: async () => {
      const [receiver, sender] = [await bound(), await bound()];
      const arrived = received(receiver, 1);
      const bytes = encode("gone");
      bytes.buffer.transfer();
      process.on("uncaughtException", () => {});
      thrown(() => sender.send(bytes, receiver.address().port, "127.0.0.1"));
      return (await arrived).length === 0;
    },
  },
  {
    name: "a connection is not the kernel's",
    does: "connect() connects nothing in the kernel: no ICMP error is told, and the local address stays as it was.",
    seen: "2.9.5, 2.9.6",
    upstream: "https://github.com/denoland/deno/pull/36492",
    where: ["src/runtimes/deno/connection.ts", "src/runtimes/kernel/pending_errors.ts"],
    isThere: async () => {
      const port = await deadPort();
      const socket = createSocket("udp4");
      let code;
      const told = (error) => code ??= error?.code;
      socket.on("error", told);
      socket.connect(port, "127.0.0.1");
      await once(socket, "connect");
      for (let i = 0; i < 10 && code === undefined; i++) {
        socket.send("x", told);
        await pause(20);
      }
      return code !== "ECONNREFUSED";
    },
  },
  {
    name: "an error on a socket wakes nobody",
    does: "Who waits for a socket waits for what can be read or written, and not for errors (EPOLLERR).",
    seen: "2.9.5, 2.9.6",
    where: ["src/ancillary/error_bell.ts"],
    untold: "to ask takes libc",
  },
  {
    name: "a membership that is refused is EINVAL",
    does: "Whatever the kernel says of a membership, the error is EINVAL. The reason is found by other sockets.",
    seen: "2.9.5, 2.9.6",
    upstream: "https://github.com/denoland/deno/pull/34899",
    where: ["src/runtimes/deno/memberships.ts", "src/runtimes/deno/membership_probe.ts"],
    isThere: async () => {
      const socket = await bound("udp4", "0.0.0.0");
      socket.addMembership("239.255.7.7", "127.0.0.1");
      return thrown(() => socket.addMembership("239.255.7.7", "127.0.0.1"))?.code !== "EADDRINUSE";
    },
  },
  {
    name: "a udp6 socket joins no IPv4 group",
    does: "addMembership() of an IPv4 group fails on a udp6 socket, which the kernel allows.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/deno/node_handle.ts"],
    isThere: async () => {
      const socket = await bound("udp6", "::");
      return thrown(() => socket.addMembership("239.255.7.7", "127.0.0.1")) !== null;
    },
  },
  {
    name: "a udp6 socket has no source-specific membership",
    does: "addSourceSpecificMembership() fails on a udp6 socket.",
    seen: "2.9.5, 2.9.6",
    upstream: "https://github.com/denoland/deno/issues/18324",
    where: ["src/runtimes/deno/node_handle.ts"],
    isThere: async () => {
      const socket = await bound("udp6", "::");
      return thrown(() => socket.addSourceSpecificMembership("::1", "ff31::7:7", "::%lo")) !== null;
    },
  },
  {
    name: "a multicast interface that is refused is EINVAL",
    does: "setMulticastInterface() says EINVAL where the kernel says EADDRNOTAVAIL.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/deno/node_handle.ts"],
    isThere: async () => {
      const socket = await bound("udp4", "0.0.0.0");
      return thrown(() => socket.setMulticastInterface("203.0.113.7"))?.code !== "EADDRNOTAVAIL";
    },
  },
  {
    name: "a multicast TTL of 0 is refused",
    does: "setMulticastTTL(0) fails, and NaN reaches the kernel as 0.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/deno/node_handle.ts"],
    isThere: async () => {
      const socket = await bound("udp4", "0.0.0.0");
      return thrown(() => socket.setMulticastTTL(0)) !== null;
    },
  },
  {
    name: "the TTL of a udp6 socket is set for IPv4",
    does: "setTTL() on a udp6 socket sets IP_TTL and not IPV6_UNICAST_HOPS.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/deno/node_handle.ts"],
    isThere: async () => {
      const { socket, fd } = await withDescriptor("udp6");
      socket.setTTL(77);
      return optionOf(fd, 41, 16) !== 77;
    },
  },
  {
    name: "the multicast TTL of a udp6 socket is set for IPv4",
    does: "setMulticastTTL() on a udp6 socket does not set IPV6_MULTICAST_HOPS.",
    seen: "2.9.5, 2.9.6",
    where: [
      "src/runtimes/deno/node_handle.ts",
      "src/runtimes/deno/handle.ts",
      "src/runtimes/libc/descriptor_search.ts",
    ],
    isThere: async () => {
      const { socket, fd } = await withDescriptor("udp6");
      socket.setMulticastTTL(77);
      return optionOf(fd, 41, 18) !== 77;
    },
  },
  {
    name: "the size of a buffer is neither set nor told",
    does: "recvBufferSize and sendBufferSize can't be had.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/common/ignored_buffer_size.ts"],
    isThere: async () => {
      const { socket, fd } = await withDescriptor("udp4");
      const error = thrown(() => socket.setRecvBufferSize(20_480));
      return error !== null || optionOf(fd, 1, 8) !== 40_960 || socket.getRecvBufferSize() !== 40_960;
    },
  },
  {
    name: "a burst is told without turns between its messages",
    does: "What a 'message' listener asks for with process.nextTick() comes after the messages that are there.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/deno/node_receiver.ts"],
    isThere: async () => {
      const [receiver, sender] = [await bound(), await bound()];
      const order = [];
      receiver.on("message", (message) => {
        order.push(`${message}`);
        process.nextTick(() => order.push("tick"));
      });
      const arrived = received(receiver, 8);
      for (let i = 0; i < 8; i++) sender.send(`${i}`, receiver.address().port, "127.0.0.1");
      await arrived;
      return order.some((entry, at) => entry !== "tick" && at + 1 < order.length && order[at + 1] !== "tick");
    },
  },
  {
    name: "what a 'message' listener throws is swallowed",
    does: "It becomes no uncaughtException, since the listener is called within a promise chain.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/common/guard.ts"],
    isThere: async () => {
      const [receiver, sender] = [await bound(), await bound()];
      const told = new Promise((resolve) => process.on("uncaughtException", resolve));
      process.on("unhandledRejection", () => {});
      receiver.on("message", () => {
        throw new Error("of the listener");
      });
      sender.send("x", receiver.address().port, "127.0.0.1");
      return (await soon(told)) === undefined;
    },
  },
  {
    name: "a socket that receives can't be unreferenced",
    does: "unref() has no effect once the socket is bound: the process lives on.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/common/keep_alive.ts", "src/runtimes/deno/node_handle.ts"],
    isThere: async () =>
      await endOf(`
        import { createSocket } from "node:dgram";
        const socket = createSocket("udp4");
        socket.bind(0, "127.0.0.1", () => setTimeout(() => socket.unref(), 50));
      `) === undefined,
  },
  {
    name: "a second receive begins beside one that is pending",
    does: "recvStart() of what a socket is made of, called while a receive is pending, has two go on.",
    seen: "2.9.5",
    where: ["src/runtimes/deno/node_receiver.ts"],
    untold: "how many receives are pending shows nowhere",
  },
  {
    name: "no descriptor of a UDP socket can be bound",
    does: "A UDP socket's descriptor is refused as UNKNOWN; the handle that a socket is made of takes it.",
    seen: "2.9.5, 2.9.6",
    upstream: "https://github.com/denoland/deno/pull/33863",
    where: ["src/runtimes/deno/adopt.ts"],
    isThere: () => {
      const fd = unwatched(DATAGRAM);
      return thrown(() => createSocket("udp4").bind({ fd })) !== null;
    },
  },
  {
    name: "a TCP socket is taken for a UDP one",
    does: "The handle that a socket is made of opens a TCP socket, and closes what is no socket.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/libc/fd_type.ts", "src/runtimes/deno/adopt.ts"],
    isThere: () => newWrap().open(unwatched(STREAM)) === 0,
  },
  {
    name: "a descriptor of -1 ends the process",
    does: "The handle that a socket is made of panics on it.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/libc/fd_type.ts"],
    isThere: async () => {
      const ended = await endOf(`
        import process from "node:process";
        new (process.binding("udp_wrap").UDP)().open(-1);
        process.exit(0);
      `);
      return ended?.success === false;
    },
  },
  {
    name: "a descriptor that it waits for already is closed",
    does:
      "A descriptor that it is to adopt, and waits for under another object, is closed with the first one's socket.",
    seen: "2.9.5",
    where: ["src/runtimes/libc/watched.ts", "src/runtimes/deno/open_sockets.ts"],
    isThere: async () => {
      const { socket, fd } = await withDescriptor("udp4");
      const answer = newWrap().open(fd);
      const sender = await bound();
      const arrived = received(socket, 1);
      sender.send("x", socket.address().port, "127.0.0.1");
      return answer !== -17 || (await arrived).length === 0;
    },
  },
  {
    name: "the port of a socket is asked for once",
    does: "A socket that was unbound when it was adopted keeps port 0, though the kernel has chosen one since then.",
    seen: "2.9.5",
    where: ["src/runtimes/deno/adopt.ts"],
    isThere: () => {
      const { symbols } = Deno.dlopen("libc.so.6", {
        connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
      });
      const fd = unwatched(DATAGRAM);
      const handle = newWrap();
      if (handle.open(fd) !== 0) throw new NotHere("an unbound socket is not opened");
      const ask = () => {
        const address = {};
        handle.getsockname(address);
        return address.port;
      };
      ask();
      symbols.connect(fd, new Uint8Array([2, 0, 0, 9, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), 16);
      return ask() === 0;
    },
  },
  {
    name: "a socket does not tell its descriptor",
    does: "Neither node:dgram nor Deno.listenDatagram has it. It is looked for among all descriptors.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/libc/descriptor_search.ts"],
    isThere: async () => {
      const { socket, fd } = await withDescriptor("udp4");
      return !Object.getOwnPropertySymbols(socket).some((symbol) => socket[symbol]?.handle?.fd === fd);
    },
  },
  {
    name: "link-local addresses have no scope",
    does: "address() and the sender of a message lack the scope (`%eth0`) that Node tells.",
    seen: "2.9.5, 2.9.6",
    upstream: "https://github.com/denoland/deno/issues/24694",
    where: ["src/runtimes/deno/scope.ts", "src/runtimes/deno/kernel_backend.ts"],
    isThere: async () => {
      const socket = await bound("udp6", linkLocal());
      return !socket.address().address.includes("%");
    },
  },
  {
    name: "a scope is read by the system's resolver",
    does: "A scope of an address that needs none is refused, where libuv and the kernel ignore it.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/deno/scope.ts", "src/runtimes/deno/interface.ts"],
    isThere: async () => {
      const socket = createSocket("udp6");
      const failed = new Promise((resolve) => socket.on("error", resolve));
      socket.on("listening", () => socket.close());
      socket.bind(0, "::1%lo");
      return await soon(Promise.race([failed, once(socket, "close").then(() => undefined)])) !== undefined;
    },
  },
  {
    name: "the names that a module has imported can't be replaced",
    does: "What is assigned to node:dgram's exports reaches require(), and no ES module.",
    seen: "2.9.6",
    where: ["src/register/replace_dgram.ts"],
    isThere: async () => {
      const { syncBuiltinESMExports } = await import("node:module");
      const own = () => {};
      dgram.createSocket = own;
      thrown(() => syncBuiltinESMExports());
      return createSocket !== own;
    },
  },
];

const listenDatagram = [
  {
    name: "sends of one turn leave in any order (Deno.listenDatagram)",
    does: "Datagrams that are sent without waiting for the one before leave in any order. One is sent at a time.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/deno/sender.ts"],
    isThere: async () => {
      const receiver = await bound();
      for (let round = 0; round < 20; round++) {
        const conn = listen();
        const arrived = received(receiver, 100);
        await Promise.all(Array.from({ length: 100 }, (_, i) => conn.send(encode(`${i}`), addressOf(receiver))));
        const texts = await arrived;
        receiver.removeAllListeners("message");
        conn.close();
        if (!inOrder(texts)) return true;
      }
      return false;
    },
  },
  {
    name: "the bytes are read after the call of send()",
    does: "On a new socket they are those of a later turn. They are copied in the call.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/deno/handle.ts"],
    isThere: async () => {
      const receiver = await bound();
      const arrived = received(receiver, 1);
      const bytes = encode("before");
      const sent = listen().send(bytes, addressOf(receiver));
      bytes.set(encode("after!"));
      await sent;
      return (await arrived)[0] !== "before";
    },
  },
  {
    name: "sends to broadcast addresses are allowed from the start",
    does: "SO_BROADCAST is on in a new socket. It is switched off.",
    seen: "2.9.5, 2.9.6",
    upstream: "https://github.com/denoland/deno/pull/12860",
    where: ["src/runtimes/deno/handle.ts", "src/runtimes/deno/kernel_handle.ts", "src/runtimes/deno/backend.ts"],
    isThere: async () => {
      const conn = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: 0 });
      const to = { transport: "udp", hostname: BROADCAST, port: 9 };
      return await rejection(conn.send(encode("x"), to)) === null;
    },
  },
  {
    name: "a socket's setters have no public names",
    does: "setBroadcast(), the TTLs and others are under symbols of the prototype.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/deno/setters.ts"],
    isThere: () => !("setBroadcast" in listen()),
  },
  {
    name: "an option's result is told by a promise",
    does: "What was carried out in the call is told a microtask later. `Deno.inspect` shows it in the call.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/deno/settled.ts", "src/runtimes/deno/groups.ts"],
    isThere: () => listen().joinMulticastV4("239.255.7.7", "127.0.0.1") instanceof Promise,
  },
  {
    name: "errors lack their code",
    does: "Some errors (ENODEV, ENOPROTOOPT) have the number in their message and no code.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/common/errno.ts"],
    isThere: async () => (await rejection(listen().joinMulticastV4("239.255.7.7", "203.0.113.7")))?.code === undefined,
  },
  {
    name: "sending goes on after close()",
    does: "What waits for room in the kernel is still sent, and the process ends no earlier.",
    seen: "2.9.5",
    where: ["src/runtimes/deno/sending_handle.ts"],
    untold: "it takes a kernel without room, which tests/network has in namespaces",
  },
];

const others = [
  {
    name: "a block list finds no address with its scope",
    does: "check() of node:net's BlockList is false for `fe80::1%lo` where `fe80::1` is listed.",
    seen: "2.9.5, 2.9.6",
    where: ["src/core/block_list.ts"],
    isThere: () => {
      const list = new BlockList();
      list.addAddress("fe80::1", "ipv6");
      return !list.check("fe80::1%lo", "ipv6");
    },
  },
  {
    name: "asking for the permission of what is no host name throws",
    does: "permissions.querySync() throws an URIError.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/deno/permissions.ts"],
    isThere: async () => {
      const text = `Deno.permissions.querySync({ name: "net", host: "a b" });`;
      return (await endOf(text, ["--allow-net=127.0.0.1"]))?.success === false;
    },
  },
  {
    name: "pointers need more than the permission for the library",
    does: "With --allow-ffi=PATH dlopen() is allowed and UnsafePointer is not. Memory is handed over as buffers.",
    seen: "2.9.5, 2.9.6",
    where: ["src/runtimes/libc/deno_binding.ts"],
    isThere: async () => {
      const ended = await endOf(`Deno.UnsafePointer.of(new Uint8Array(8));`, ["--allow-ffi=libc.so.6"]);
      return ended?.success === false;
    },
  },
  {
    name: "a udp6 socket can't hear IPv4 on Windows",
    does: "IPV6_V6ONLY is on there unless it is turned off, which no API does. A socket on `::` is two, at one port.",
    seen: "2.9.6",
    where: ["src/runtimes/deno/dual_stack.ts"],
    untold: "it takes Windows",
  },
  {
    name: "there is no table of system errors",
    does: "getSystemErrorMap() is missing in node:util. The numbers of errors are taken from elsewhere.",
    seen: "2.8",
    where: ["src/runtimes/common/system_errors.ts"],
    mended: "2.9.0",
  },
  {
    name: "some builtins take long to load",
    does: "The first look at `process` loads most of node:net (8 ms), getBuiltinModule loads node:module (3 ms).",
    seen: "2.9.5",
    where: ["src/core/process.ts", "src/core/builtins.ts", "src/core/ip.ts", "src/runtimes/deno/dgram.ts"],
    untold: "it is a time; `npm run bench` and the cell `footprint` measure it",
  },
  {
    name: "each receive takes memory for the largest datagram",
    does: "A message is read into 64 KiB. It is moved into memory of its own size, in the way that is the cheapest.",
    seen: "2.9.5",
    where: [
      "src/runtimes/common/message_memory.ts",
      "src/runtimes/deno/node_receiver.ts",
      "src/runtimes/deno/control_handle.ts",
    ],
    untold: "it is a time; `npm run bench` measures it",
  },
  {
    name: "a symbol of dlopen() is compiled when it is opened",
    does:
      "It takes a quarter of a millisecond each, so that each waits for its first call; numbers for a usize cost 200 ns more than a bigint.",
    seen: "2.9.5",
    where: ["src/runtimes/libc/deno_binding.ts"],
    untold: "it is a time; `npm run bench` measures it",
  },
  {
    name: "a child's 'exit' may come before its last messages",
    does:
      "Where it ends at once, some are told after 'exit' and 'close', yet before 'disconnect'. Node 26.12 may as well.",
    seen: "2.9.6",
    where: ["src/handoff/channel.ts"],
    untold: "it is a race, which an idle machine wins as a rule",
  },
  {
    name: "a look-up answers before the ticks",
    does: "dns.lookup() may answer within the microtasks of its call, before the ticks that are due by then.",
    seen: "2.9.6",
    where: ["src/runtimes/deno/lookup.ts"],
    isThere: async () => {
      for (let tries = 0; tries < 100; tries++) {
        await pause(1);
        const seen = [];
        await new Promise((done) => {
          process.nextTick(() => seen.push("tick"));
          dns.lookup("localhost", 4, () => done(seen.push("answer")));
        });
        if (seen[0] === "answer") return true;
      }
      return false;
    },
  },
];

export const denoQuirks = [...nodeDgram, ...listenDatagram, ...others];
