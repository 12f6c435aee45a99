/**
 * Uses whatever the capabilities say is there, in a process that may be confined, and tells in a line of JSON what they
 * say and what failed. The argument is JSON: the families of addresses, and whether the loopback interface is up.
 */
import { capabilities, createSocket, type Feature, type Socket, type SocketOptions } from "@x/dgram";
import { once } from "node:events";
import console from "node:console";
import process from "node:process";

interface Surroundings {
  readonly families: readonly (4 | 6)[];
  readonly loopback: boolean;
  /** True unless it is said that connect() is refused. */
  readonly connects?: boolean;
  /** True unless it is said that what is refused is refused to the runtime, too, which tells it by itself. */
  readonly options?: boolean;
}

const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;
const ANY = { 4: "0.0.0.0", 6: "::" } as const;
/** More than one call of recvmmsg takes. */
const BURST = 40;
const OPTIONS = [undefined, "receiveInfo", "receiveOffload", "reusePort", "ipv6Only"] as const;

const { families, loopback, connects = true, options: tried = true }: Surroundings = JSON.parse(process.argv[2]);
const failures: string[] = [];
process.on("uncaughtException", (error) => failures.push(`uncaught: ${error}`));

const has = (feature: Feature): boolean => capabilities.features[feature] !== "unavailable";

async function attempt(what: string, use: () => Promise<unknown> | unknown): Promise<void> {
  try {
    await use();
  } catch (error) {
    failures.push(`${what}: ${error}`);
  }
}

async function withSocket(options: SocketOptions, address: string, use: (socket: Socket) => unknown): Promise<void> {
  const socket = createSocket(options);
  socket.bind(0, address);
  await once(socket, "listening");
  try {
    await use(socket);
  } finally {
    socket.close();
    await once(socket, "close");
  }
}

async function exchange(socket: Socket, family: 4 | 6, withInfo: boolean): Promise<void> {
  const { port } = socket.address();
  let heard = 0;
  const all = new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (_data, { destination }) => {
      if (withInfo && destination !== LOOPBACK[family]) reject(new Error(`sent to ${destination}`));
      if (++heard === BURST) resolve();
    });
  });
  const sent = Array.from({ length: BURST }, () =>
    new Promise<void>((resolve, reject) => {
      socket.send("x", port, LOOPBACK[family], (error) => error ? reject(error) : resolve());
    }));
  await Promise.all([...sent, all]);
}

async function useConnected(socket: Socket, address: string): Promise<void> {
  socket.connect(9, address);
  await once(socket, "connect");
  socket.address();
  if (has("pathMTU")) socket.getPathMTU();
  // The kernel gives a port up that it chose, where it is what is connected to.
  socket.disconnect();
  socket.address();
}

const options: Partial<Record<Feature, (socket: Socket, family: 4 | 6) => unknown>> = {
  bindToDevice: (socket) => socket.bindToDevice(""),
  broadcast: (socket) => socket.setBroadcast(true),
  dontFragment: (socket) => socket.setDontFragment(true),
  multicastInterface: (socket, family) => socket.setMulticastInterface(family === 4 ? "0.0.0.0" : "::%lo"),
  multicastLoopback: (socket) => socket.setMulticastLoopback(true),
  multicastTTL: (socket) => socket.setMulticastTTL(1),
  pause: (socket) => {
    socket.pause();
    socket.resume();
  },
  recvBufferSize: (socket) => socket.setRecvBufferSize(20_480),
  sendBufferSize: (socket) => socket.setSendBufferSize(20_480),
  trafficClass: (socket) => socket.setTOS(8),
  ttl: (socket) => socket.setTTL(64),
};

/** On IPv4's loopback interface, whose router is nobody. */
const memberships: Partial<Record<Feature, (socket: Socket) => unknown>> = {
  membership: (socket) => socket.addMembership("239.254.7.7", LOOPBACK[4]),
  sourceSpecificMembership: (socket) => {
    // Twice, since what was not joined can't be left, and what was not left can't be joined.
    for (let i = 0; i < 2; i++) {
      socket.addSourceSpecificMembership(LOOPBACK[4], "232.254.7.7", LOOPBACK[4]);
      socket.dropSourceSpecificMembership(LOOPBACK[4], "232.254.7.7", LOOPBACK[4]);
    }
  },
};

const features: Record<string, string> = {};
const unexplained: string[] = [];

async function useAll(): Promise<void> {
  await attempt("capabilities", () => {
    for (const feature of Object.keys(capabilities.features) as Feature[]) {
      features[feature] = capabilities.features[feature];
      if (!has(feature) && !capabilities.notes[feature]) unexplained.push(feature);
    }
  });
  for (const family of families) {
    const type = `udp${family}` as const;
    for (const option of OPTIONS) {
      if (option !== undefined && !has(option) || (option === "ipv6Only" && family === 4)) continue;
      await attempt(
        `${type} ${option}`,
        () =>
          withSocket(
            { type, ...option && { [option]: true } },
            ANY[family],
            (socket) => loopback && exchange(socket, family, option === "receiveInfo"),
          ),
      );
    }
    await attempt(
      `${type} on loopback`,
      () => loopback && withSocket({ type }, LOOPBACK[family], (socket) => exchange(socket, family, false)),
    );
    for (const [feature, use] of Object.entries(options)) {
      // Deno's own sockets have some for IPv4 alone, as the notes say.
      if (
        !tried || !has(feature as Feature) || (family === 6 && capabilities.features[feature as Feature] === "emulated")
      ) {
        continue;
      }
      await attempt(`${type} ${feature}`, () => withSocket({ type }, ANY[family], (socket) => use(socket, family)));
    }
    if (!loopback || !connects) continue;
    await attempt(
      `${type} connect`,
      () => withSocket({ type }, ANY[family], (socket) => useConnected(socket, LOOPBACK[family])),
    );
  }
  if (!families.includes(4) || !loopback) return;
  // What is asked of the interfaces for it.
  for (const [feature, use] of Object.entries(memberships)) {
    if (tried && has(feature as Feature)) await attempt(feature, () => withSocket({ type: "udp4" }, ANY[4], use));
  }
  if (connects) {
    await attempt("a peer elsewhere", () =>
      withSocket({ type: "udp4" }, ANY[4], async (socket) => {
        // Without a route there it fails, with a code.
        socket.connect(9, "192.0.2.1", (error?: Error) => error && socket.emit("refused", error));
        const refused = once(socket, "refused").then(([error]) => {
          if (error.code === undefined) throw error;
        });
        await Promise.race([once(socket, "connect"), refused]);
      }));
  }
}

void useAll().then(() => {
  console.log(JSON.stringify({ features, unexplained, failures }));
  process.exit(0);
});
