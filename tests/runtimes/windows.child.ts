/** What the module does in a process that takes itself for one on Windows, in a line of JSON. The argument is what to look at. */
import cluster from "node:cluster";
import console from "node:console";
import { once } from "node:events";
import process from "node:process";
import { capabilities, createSocket, type Socket, type SocketOptions } from "@x/dgram";
import { listenDatagramBackend } from "@x/dgram/deno";
import { pretendWindows } from "./windows/pretend.ts";

pretendWindows();

interface Heard {
  readonly text: string;
  readonly address: string;
  readonly family: string;
}

async function hear(socket: Socket, send: () => void): Promise<Heard> {
  const heard = once(socket, "message");
  send();
  const [data, { address, family }] = await heard;
  return { text: String(data), address, family };
}

async function bound(options: SocketOptions, address?: string): Promise<Socket> {
  const socket = createSocket(options);
  socket.bind(0, address);
  await once(socket, "listening");
  return socket;
}

function codeOf(use: () => unknown): string | null {
  try {
    use();
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const subjects: Record<string, () => unknown> = {
  capabilities() {
    const { features, notes } = capabilities;
    const other = listenDatagramBackend()?.capabilities;
    return { own: { features: { ...features }, notes: { ...notes } }, other: other && { ...other } };
  },

  async descriptor() {
    const code = codeOf(() => createSocket("udp4").bind({ fd: 3 }));
    const socket = await bound({ type: "udp4" }, "127.0.0.1");
    const { text } = await hear(socket, () => socket.send("alive", socket.address().port, "127.0.0.1"));
    socket.close();
    return [code, text];
  },

  async reusePort() {
    const socket = createSocket({ type: "udp4", reusePort: true });
    socket.bind(0, "127.0.0.1");
    const [error] = await once(socket, "error");
    return error.code;
  },

  /** A socket on every address of IPv6, and one of IPv4. */
  async both() {
    const six = await bound({ type: "udp6" });
    const four = await bound({ type: "udp4" }, "127.0.0.1");
    const [a, b] = [six.address().port, four.address().port];
    const taken = createSocket("udp4");
    taken.bind(a);
    const [{ code }] = await once(taken, "error");
    const received = await hear(six, () => four.send("to six", a, "127.0.0.1"));
    const answered = await hear(four, () => six.send("to four", b, "::ffff:127.0.0.1"));
    const sent: number[] = [];
    const texts: string[] = [];
    const all = new Promise<void>((resolve) => {
      six.on("message", (data) => {
        if (texts.push(String(data)) === 3) resolve();
      });
    });
    for (const to of ["::ffff:127.0.0.1", "::1", "::ffff:7f00:1"]) {
      six.send(to, a, to, (error, bytes) => sent.push(error ? -1 : bytes!));
    }
    await all;
    six.removeAllListeners("message");
    six.connect(b, "::ffff:127.0.0.1");
    await once(six, "connect");
    const local = six.address().address;
    const { address, port } = six.remoteAddress();
    const stranger = await bound({ type: "udp6" }, "::1");
    stranger.send("stranger", a, "::1");
    const connected = await hear(four, () => six.send("connected"));
    const back = await hear(six, () => four.send("back", a, "127.0.0.1"));
    six.disconnect();
    // Linux takes a port that it has chosen back from a socket that was connected in the kernel.
    const keepsPort = capabilities.features.connect === "emulated";
    const later = keepsPort ? await hear(six, () => stranger.send("later", a, "::1")) : null;
    for (const socket of [six, four, stranger]) socket.close();
    return {
      code,
      received,
      answered,
      sent,
      texts: texts.sort(),
      local,
      address,
      own: port === b,
      connected,
      back,
      later,
    };
  },

  /** What the runtime is told of ICMP messages. */
  async reset() {
    const told: string[] = [];
    const texts: string[] = [];
    for (const connects of [false, true]) {
      const socket = await bound({ type: "udp4" }, "127.0.0.1");
      socket.on("error", (error) => told.push(String(error)));
      if (connects) {
        socket.connect(socket.address().port, "127.0.0.1");
        await once(socket, "connect");
      }
      for (const text of ["before", "after"]) {
        const to = connects ? [] as const : [socket.address().port, "127.0.0.1"] as const;
        texts.push((await hear(socket, () => socket.send(text, ...to as [number, string]))).text);
        await new Promise((done) => setTimeout(done, 20));
      }
      socket.close();
    }
    return { told, texts };
  },

  async refused() {
    const refused = createSocket("udp4");
    const code = codeOf(() => refused.connectSync(9, "255.255.255.255"));
    refused.close();
    const socket = await bound({ type: "udp4" });
    socket.setBroadcast(true);
    socket.connectSync(9, "255.255.255.255");
    const { address } = socket.remoteAddress();
    socket.close();
    return [code, address];
  },

  /** Two workers that bind without `exclusive`: whether they share a port, and whether their primary lives. */
  async cluster() {
    if (cluster.isWorker) {
      const socket = await bound({ type: "udp4" }, "127.0.0.1");
      process.send!(socket.address().port);
      return;
    }
    const workers = [cluster.fork(), cluster.fork()];
    const ports = await Promise.all(workers.map(async (worker) => (await once(worker, "message"))[0]));
    for (const worker of workers) worker.process.kill();
    return ports[0] !== ports[1];
  },

  /** The warning about sizes that can't be set. */
  async sizes() {
    const warned = once(process, "warning");
    const socket = await bound({ type: "udp4" }, "127.0.0.1");
    socket.setRecvBufferSize(10_000);
    const [{ code, message }] = await warned;
    socket.close();
    return { code, message };
  },
};

void Promise.resolve(subjects[process.argv[2]]()).then((seen) => {
  if (!cluster.isWorker) console.log(JSON.stringify(seen));
});
