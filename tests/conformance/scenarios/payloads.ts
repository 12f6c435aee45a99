/** The sizes of datagrams, and the addresses that cannot be sent to. */
import { Buffer } from "node:buffer";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { AnySocket, Stage } from "../stage.ts";

const LOOPBACK = { udp4: "127.0.0.1", udp6: "::1" } as const;
const LARGEST = { udp4: 65_507, udp6: 65_527 } as const;
const SIZES = [0, 1, 1024, 1025, 9000, 65_507];

/** Bytes that differ along the datagram, so that a cut or a shift shows. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8)) & 0xff;
  return bytes;
}

/** Notes whether what arrives is the pattern, in place of its bytes. */
function compare(stage: Stage, socket: AnySocket): void {
  socket.on("message", (message: Buffer, from: { size: number }) => {
    stage.note("received", message.length, from.size, message.equals(pattern(message.length)));
  });
}

/** The largest datagrams need buffers that not every system gives by default. */
async function receiver(stage: Stage, type: "udp4" | "udp6"): Promise<AnySocket> {
  const peer = await stage.bound("peer", type, undefined, { unheard: ["message"] });
  compare(stage, peer);
  return peer;
}

export const payloadScenarios: readonly Scenario[] = [
  ...(["udp4", "udp6"] as const).flatMap((type) => [
    ...SIZES.map((size) =>
      scenario(`${type} carries ${size} bytes`, { rows: [74, 85], ipv6: type === "udp6" }, async (stage) => {
        const peer = await receiver(stage, type);
        const a = await stage.bound("a", type);
        a.send(pattern(size), peer.address().port, LOOPBACK[type], stage.callback("cb"));
        await stage.seen("received");
        await stage.seen("cb called");
      })
    ),

    scenario(`${type} on a connected socket carries as many bytes`, {
      rows: [79, 85],
      needs: ["connect"],
      ipv6: type === "udp6",
    }, async (stage) => {
      const peer = await receiver(stage, type);
      const a = await stage.connected("a", peer.address().port, type);
      for (const size of SIZES) {
        a.send(pattern(size), stage.callback("cb"));
        await stage.seen(`received ${size},`);
      }
    }),

    scenario(`${type} carries ${LARGEST[type]} bytes and no more`, { rows: [82, 85], ipv6: type === "udp6" }, async (
      stage,
    ) => {
      const peer = await receiver(stage, type);
      const a = await stage.bound("a", type);
      const { port } = peer.address();
      a.send(pattern(LARGEST[type]), port, LOOPBACK[type], stage.callback("largest"));
      await stage.seen("received");
      await stage.seen("largest called");
      a.send(pattern(LARGEST[type] + 1), port, LOOPBACK[type], stage.callback("too large"));
      await stage.seen("too large called");
      a.send(pattern(70_000), port, LOOPBACK[type], stage.callback("much too large"));
      await stage.seen("much too large called");
      await stage.quiet();
    }),

    scenario(`${type} on a connected socket carries no more than ${LARGEST[type]} bytes`, {
      rows: [82, 85],
      needs: ["connect"],
      ipv6: type === "udp6",
    }, async (stage) => {
      const peer = await receiver(stage, type);
      const a = await stage.connected("a", peer.address().port, type);
      a.send(pattern(LARGEST[type] + 1), stage.callback("too large"));
      await stage.seen("too large called");
      a.send(pattern(10), stage.callback("small"));
      await stage.seen("received");
      await stage.seen("small called");
    }),
  ]),

  scenario("a buffer may be filled anew in the turn after its send(), on a socket that was just bound", {
    rows: [75],
  }, async (stage) => {
    const peer = await stage.bound("peer", "udp4", undefined, { unheard: ["message"] });
    const heard: string[] = [];
    peer.on("message", (message: Buffer) => {
      if (heard.push(String(message)) === 20) stage.note("heard", ...new Set(heard));
    });
    for (let i = 0; i < 20; i++) {
      const socket = stage.dgram.createSocket("udp4");
      const bytes = Buffer.from("as sent");
      socket.bind(0, () => {
        socket.send(bytes, peer.address().port, "127.0.0.1", () => socket.close());
        setImmediate(() => bytes.fill("!"));
      });
    }
    await stage.seen("heard");
  }),

  ...["shared", "transferred"].map((kind) =>
    scenario(`a ${kind} buffer is sent as it is when its turn ends`, { rows: [68] }, async (stage) => {
      const peer = await stage.bound("peer");
      const a = await stage.bound("a");
      const memory = kind === "shared" ? new SharedArrayBuffer(8) : new ArrayBuffer(8);
      const bytes = new Uint8Array(memory).fill(65);
      a.send(bytes, peer.address().port, "127.0.0.1", stage.callback("cb"));
      if (kind === "transferred") structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
      await stage.seen("cb called");
      await stage.seen("peer 'message'");
      a.send("after it", peer.address().port, "127.0.0.1", stage.callback("next"));
      await stage.seen("next called");
      await stage.seen("peer 'message'", 2);
    })
  ),

  scenario("a list's parts count together", { rows: [68, 85] }, async (stage) => {
    const peer = await receiver(stage, "udp4");
    const a = await stage.bound("a");
    const { port } = peer.address();
    const bytes = pattern(65_507);
    a.send([bytes.subarray(0, 30_000), bytes.subarray(30_000)], port, LOOPBACK.udp4, stage.callback("largest"));
    await stage.seen("received");
    a.send([Buffer.alloc(40_000), Buffer.alloc(25_508)], port, LOOPBACK.udp4, stage.callback("too large"));
    await stage.seen("too large called");
  }),

  scenario("the error of a send() has errno, code, syscall, address and port", { rows: [82, 144] }, async (stage) => {
    const a = await stage.bound("a");
    a.send(Buffer.alloc(65_508), 9, "127.0.0.1", (...args: [Error]) => {
      stage.note("arguments", args.length);
      stage.keys("error", args[0]);
      stage.note("constructor", args[0].constructor === Error, String(args[0]));
    });
    await stage.seen("constructor");
  }),

  scenario("the error of a send() on a connected socket has no address and no port", {
    rows: [82, 144],
    needs: ["connect"],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.connected("a", peer.address().port);
    a.send(Buffer.alloc(65_508), (...args: [Error & { address?: unknown }]) => {
      stage.note("arguments", args.length);
      stage.keys("error", args[0]);
      stage.note("address", args[0].address, "port" in args[0]);
    });
    await stage.seen("address");
  }),

  scenario("a broadcast without setBroadcast(true) is refused", { rows: [85], needs: ["broadcast"] }, async (stage) => {
    const a = await stage.bound("a");
    a.send("x", 9, "127.255.255.255", stage.callback("cb"));
    await stage.seen("cb called");
  }),

  scenario("a broadcast after setBroadcast(true) leaves, and not after setBroadcast(false)", {
    rows: [85, 115],
    needs: ["broadcast"],
  }, async (stage) => {
    const a = stage.socket("a");
    a.bind(0);
    await stage.seen("a 'listening'");
    stage.name(a.address().port, "port a");
    a.setBroadcast(true);
    a.send("heard", a.address().port, "127.255.255.255", stage.callback("on"));
    await stage.seen("a 'message'");
    await stage.seen("on called");
    a.setBroadcast(false);
    a.send("not heard", a.address().port, "127.255.255.255", stage.callback("off"));
    await stage.seen("off called");
  }),

  ...[
    { type: "udp4", address: "::1" },
    { type: "udp4", address: "::ffff:127.0.0.1" },
    { type: "udp4", address: "::" },
    { type: "udp6", address: "127.0.0.1" },
    { type: "udp6", address: "0.0.0.0" },
    { type: "udp6", address: "255.255.255.255" },
  ].map(({ type, address }) =>
    scenario(`${type} refuses the literal ${address}`, { rows: [85], ipv6: true }, async (stage) => {
      const a = await stage.bound("a", type);
      stage.call("send", () => a.send("x", 9, address, stage.callback("cb")));
      await stage.seen("cb called");
    })
  ),

  scenario("udp6 sends to a mapped IPv4 address", { rows: [85, 96], ipv6: true }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a", "udp6");
    a.bind(0);
    await stage.seen("a 'listening'");
    a.send("x", peer.address().port, "::ffff:127.0.0.1", stage.callback("cb"));
    await stage.seen("peer 'message'");
    a.send("y", peer.address().port, "::ffff:7f00:1", stage.callback("cb in hexadecimal"));
    await stage.seen("peer 'message'", 2);
  }),

  scenario("udp6 with ipv6Only does not send to a mapped IPv4 address", {
    rows: [15, 85],
    needs: ["ipv6Only"],
    ipv6: true,
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a", { type: "udp6", ipv6Only: true });
    a.bind(0);
    await stage.seen("a 'listening'");
    a.send("x", peer.address().port, "::ffff:127.0.0.1", stage.callback("cb"));
    await stage.seen("cb called");
    await stage.quiet();
  }),

  scenario("a literal that is none is asked of the look-up", { rows: [78, 84] }, async (stage) => {
    const lookup = (name: string, _: number, done: (error: null, address: string) => void): void => {
      stage.note("lookup", name);
      done(null, "127.0.0.1");
    };
    const peer = await stage.bound("peer");
    const a = await stage.bound("a", { type: "udp4", lookup });
    for (const name of ["127.1", "0x7f.1", "127.0.0.1 ", "::1%lo"]) {
      a.send("x", peer.address().port, name, stage.callback(name));
    }
    await stage.seen("peer 'message'", 4);
  }),
];
