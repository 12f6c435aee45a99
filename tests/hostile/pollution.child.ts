/** What somebody has put on every object, for one name after the other, and what programs without options see of it. */
import console from "node:console";
import process from "node:process";
import { createSocket } from "@x/dgram";
import { bind, connect } from "@x/dgram/promises";
import { UDPSocket } from "@x/dgram/web";

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

/** The runtime's own streams and signals look at the last two. */
const inheritedInWebIDL = ["ipv6Only", "localPort", "receiveBufferSize", "sendBufferSize", "signal", "type"];

const programs = { main, promises, web };
const kinds: Readonly<Record<string, (name: string) => PropertyDescriptor>> = {
  "a number": () => ({ value: 5, writable: true, configurable: true }),
  "an object": () => ({ value: Object.create(null), writable: true, configurable: true }),
};

async function pollute(): Promise<void> {
  for (const [program, run] of Object.entries(programs)) {
    const usual = await run();
    for (const name of NAMES) {
      if (program === "web" && inheritedInWebIDL.includes(name)) continue;
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
  }
  console.log(JSON.stringify("done"));
  process.exit(0);
}

void pollute();
