/** What somebody has put on every object, for one name after the other, and what programs without options see of it. */
import console from "node:console";
import process from "node:process";
import { createSocket, type Socket } from "@x/dgram";
import { ancillarySupport, replyTo, sendWith } from "@x/dgram/ancillary";
import { createTokens, guard } from "@x/dgram/guard";
import { handoffCapabilities, receiveSockets, sendSocket } from "@x/dgram/handoff";
import { capture, observe } from "@x/dgram/observe";
import { bind, connect } from "@x/dgram/promises";
import { createNetwork } from "@x/dgram/testing";
import { UDPSocket } from "@x/dgram/web";
import { MessageChannel } from "node:worker_threads";

const HOST = "127.0.0.1";

const NAMES = [
  ...[
    "address",
    "anyPeer",
    "backend",
    "batchMessages",
    "callback",
    "data",
    "dnsQueryType",
    "exclusive",
    "family",
    "fd",
  ],
  ...[
    "host",
    "hostname",
    "inbox",
    "inboxLimit",
    "interface",
    "ipv6Only",
    "limit",
    "localAddress",
    "localPort",
    "lookup",
  ],
  ...["match", "maxSendQueueCount", "maxSendQueueSize", "pooledMessages", "port", "receiveBlockList", "receiveInfo"],
  ...["receiveOffload", "recvBufferSize", "remotePort", "retries", "reuseAddr", "reusePort", "segmentSize"],
  ...["segmentation", "sendBlockList", "sendBufferSize", "signal", "source", "timeout", "type", "whenFull"],
  // Of guards, and of what single datagrams are told.
  ...["amplification", "buckets", "burst", "bytes", "datagrams", "lifetime", "now", "rate", "rotation", "samePort"],
  ...["secret", "sourcePorts", "sources", "token", "trusted", "validFor", "validatedRate"],
  ...["destination", "ecn", "hopLimit", "interfaceIndex", "trafficClass"],
  // Of handoffs, and of their steps.
  ...["at", "createSocket", "cuts", "held", "peer", "process", "raw", "reason", "runtime"],
  // Of networks in memory.
  ...["addresses", "bandwidth", "behind", "corrupt", "cut", "duplicate", "hold", "hops", "idle", "interfaces"],
  ...["jitter", "latency", "link", "loss", "maxSockets", "mtu", "queue", "reorder", "rule", "seed", "settled"],
  ...["speed", "step", "strict", "trace", "until", "within"],
];

async function main(): Promise<string> {
  const socket = createSocket("udp4");
  await new Promise<void>((done, fail) => socket.once("error", fail).bind(0, HOST, done));
  const heard: string[] = [];
  const two = new Promise<void>((done) =>
    socket.on("message", (message) => heard.push(String(message)) === 2 && done())
  );
  const { port } = socket.address();
  const sender = createSocket("udp4");
  await new Promise<void>((done, fail) => sender.send("one", port, HOST, (error) => error ? fail(error) : done()));
  sender.connect(port, HOST, () => sender.send("two"));
  await two;
  for (const one of [socket, sender]) await new Promise<void>((done) => void one.close(done));
  return heard.join();
}

async function promises(): Promise<string> {
  const server = await bind(0, HOST);
  const client = await connect(server.address().port, HOST);
  await client.send("one");
  const { data, port, address } = await server.receive();
  await server.send("two", port, address);
  const answer = await client.receive();
  await client.close();
  await server.close();
  return `${data},${answer.data}`;
}

/** A bound socket that tells its first message. */
async function bound(listener?: (this: Socket, message: Uint8Array, from: { address: string; port: number }) => void) {
  const socket = createSocket("udp4", listener as never);
  await new Promise<void>((done, fail) => socket.once("error", fail).bind(0, HOST, done));
  const heard = new Promise<string>((done) => socket.once("message", (message) => done(String(message))));
  return { socket, heard, port: socket.address().port };
}

async function close(...sockets: Socket[]): Promise<void> {
  for (const socket of sockets) await new Promise<void>((done) => void socket.close(done));
}

async function guarded(): Promise<string> {
  const server = await bound(function (message, { port, address }) {
    this.send(message, port, address);
  });
  const watch = guard(server.socket);
  const client = await bound();
  client.socket.send("one", server.port, HOST);
  const answer = await client.heard;
  await close(server.socket, client.socket);
  const tokens = createTokens();
  const source = { address: HOST, port: 9 };
  return `${answer},${watch.counts.admitted},${watch.counts.passed},${tokens.check(tokens.make(source), source)}`;
}

async function observed(): Promise<string> {
  const socket = createSocket("udp4");
  const [observation, captured] = [observe(socket), capture(socket)];
  await new Promise<void>((done, fail) => socket.once("error", fail).bind(0, HOST, done));
  const heard = new Promise((done) => socket.once("message", done));
  socket.send("one", socket.address().port, HOST);
  await heard;
  const { sent, received } = observation.read();
  await close(socket);
  for await (const _bytes of captured);
  return `${sent.datagrams},${received.delivered},${captured.packets}`;
}

async function informed(): Promise<string> {
  let replied: Promise<boolean> | undefined;
  const server = await bound(function (message, from) {
    replied = replyTo(this, from, message);
  });
  const client = await bound();
  const message = { __proto__: null, data: "one", port: server.port, address: HOST };
  if (ancillarySupport(client.socket).support === "native") await sendWith(client.socket, [message]);
  else client.socket.send("one", server.port, HOST);
  const answer = await client.heard;
  const isAnswered = await replied;
  await close(server.socket, client.socket);
  return `${answer},${isAnswered}`;
}

async function handed(): Promise<string> {
  const { port1, port2 } = new MessageChannel();
  const arrived = new Promise<Socket>((done) => {
    const stop = receiveSockets(port2, (socket) => {
      stop();
      done(socket);
    });
  });
  const leaving = await bound();
  await sendSocket(leaving.socket, port1);
  const socket = await arrived;
  const heard = new Promise((done) => socket.once("message", done));
  socket.send("one", leaving.port, HOST);
  const answer = await heard;
  await close(socket);
  port1.close();
  return `${answer}`;
}

async function inMemory(): Promise<string> {
  const net = createNetwork();
  const [a, b] = [net.host(), net.host()];
  const heard: string[] = [];
  b.dgram.createSocket("udp4", (message) => heard.push(`${message}`)).bind(7);
  a.dgram.createSocket("udp4").send("one", 7, b.addresses[0]);
  await net.idle();
  await net.close();
  return heard.join();
}

async function web(): Promise<string> {
  const socket = new UDPSocket({ localAddress: HOST, ...own });
  const { localAddress } = await socket.opened;
  await socket.close();
  return localAddress!;
}

/** A dictionary's other members are inherited, as Web IDL has it. */
const own = {
  remoteAddress: undefined,
  remotePort: undefined,
  dnsQueryType: undefined,
  inboxLimit: 5,
  whenFull: "drop",
} as const;

/** What a runtime's own streams, events and ports look at, and what is inherited in Web IDL. */
const ofOthers: Readonly<Record<string, readonly string[]>> = {
  guarded: ["signal"],
  handed: ["signal", "source"],
  web: ["ipv6Only", "localPort", "receiveBufferSize", "sendBufferSize", "signal", "type"],
};

const hands = handoffCapabilities.features.handoffToThread !== "unavailable";
const programs = { main, promises, guarded, observed, informed, ...hands ? { handed } : {}, inMemory, web };
const kinds: Readonly<Record<string, (name: string) => PropertyDescriptor>> = {
  "a number": () => ({ value: 5, writable: true, configurable: true }),
  "an object": () => ({ value: Object.create(null), writable: true, configurable: true }),
};

async function pollute(): Promise<void> {
  for (const [program, run] of Object.entries(programs)) {
    const usual = await run();
    for (const name of NAMES) {
      if (ofOthers[program]?.includes(name)) continue;
      for (const [kind, describe] of Object.entries(kinds)) {
        let seen: string;
        let timer: ReturnType<typeof setTimeout> | undefined;
        Object.defineProperty(Object.prototype, name, describe(name));
        try {
          const late = new Promise<string>((done) => timer = setTimeout(done, 5000, "never ends"));
          seen = await Promise.race([run(), late]);
        } catch (error) {
          seen = String((error as Error).stack ?? error).split("\n").slice(0, 4).join(" ");
        } finally {
          delete (Object.prototype as unknown as Record<string, unknown>)[name];
          clearTimeout(timer);
        }
        if (seen !== usual) console.log(JSON.stringify({ program, name, kind, seen }));
      }
    }
    // That it goes on.
    console.log(JSON.stringify(program));
  }
  console.log(JSON.stringify("done"));
  process.exit(0);
}

void pollute();
