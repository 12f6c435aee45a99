/** Whatever bytes say of themselves: what arrives is theirs, and never what lies beside them. */
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { createSocket } from "@x/dgram";
import type { Datagram, Handle, Host, OpenOptions, OutgoingMessage } from "@x/dgram";
import { bind } from "@x/dgram/promises";
import { createNetwork } from "@x/dgram/testing";
import { UDPSocket } from "@x/dgram/web";
import { createTokens } from "@x/dgram/guard";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { within } from "../support/within.ts";

const HOST = "127.0.0.1";
const OWN = "mine";

/** Four bytes of its own, in the middle of memory that is full of somebody else's. */
function amidOthers(): ArrayBuffer {
  const all = new Uint8Array(4096).fill(0x53);
  all.set(new TextEncoder().encode(OWN), 1024);
  return all.buffer;
}

const view = (): Uint8Array<ArrayBuffer> => new Uint8Array(amidOthers(), 1024, 4);
const own = (properties: Record<string, unknown>) => (): ArrayBufferView =>
  Object.defineProperties(
    view(),
    Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, { value }])),
  );

class Subclass extends Uint8Array<ArrayBuffer> {
  override get length(): number {
    return 3000;
  }
  override get byteLength(): number {
    return 3000;
  }
  override get byteOffset(): number {
    return 0;
  }
  override subarray(): never {
    return new Uint8Array(this.buffer) as never;
  }
  override slice(): never {
    return new Uint8Array(this.buffer) as never;
  }
  static get [Symbol.species](): Uint8ArrayConstructor {
    return class extends Uint8Array {
      constructor() {
        super(amidOthers());
      }
    } as never;
  }
}

class LyingDataView extends DataView<ArrayBuffer> {
  override get byteLength(): number {
    return 3000;
  }
  override get byteOffset(): number {
    return 0;
  }
}

const lies: Readonly<Record<string, () => ArrayBufferView>> = {
  "a length": own({ length: 3000 }),
  "a byteLength": own({ byteLength: 3000 }),
  "a byteOffset": own({ byteOffset: 0 }),
  "a buffer": own({ buffer: new Uint8Array(4096).fill(0x53).buffer }),
  "all of these": own({ length: 3000, byteLength: 3000, byteOffset: 0 }),
  "methods that give more": own({
    subarray: () => new Uint8Array(amidOthers()),
    slice: () => new Uint8Array(amidOthers()),
    [Symbol.iterator]: () => new Uint8Array(amidOthers())[Symbol.iterator](),
  }),
  "a class that says more": () => new Subclass(amidOthers(), 1024, 4),
  "another class's name": own({ [Symbol.toStringTag]: "DataView" }),
  "the prototype of a DataView": () => Object.setPrototypeOf(view(), DataView.prototype),
  "a DataView's lie": () => new LyingDataView(amidOthers(), 1024, 4),
  "a Buffer's lie": () => Object.defineProperty(Buffer.from(amidOthers(), 1024, 4), "length", { value: 3000 }),
  "shorts": () => Object.defineProperty(new Uint16Array(amidOthers(), 1024, 2), "byteLength", { value: 3000 }),
};

/** Sends by each way, and answers what arrived. */
const ways: Readonly<Record<string, (bytes: () => ArrayBufferView, port: number) => Promise<void>>> = {
  "send()": (bytes, port) =>
    withSocket((socket) => tell((done) => socket.send(bytes() as Uint8Array, port, HOST, done))),
  "send() of a list": (bytes, port) =>
    withSocket((socket) => tell((done) => socket.send([bytes() as Uint8Array, ""], port, HOST, done))),
  "send() with an offset": (bytes, port) =>
    withSocket((socket) => tell((done) => socket.send(bytes() as Uint8Array, 0, 4, port, HOST, done))),
  "send() on a connected socket": (bytes, port) =>
    withSocket((socket) => {
      socket.connectSync(port, HOST);
      return tell((done) => socket.send(bytes() as Uint8Array, done));
    }),
  "sendMany()": (bytes, port) =>
    withSocket((socket) =>
      socket.sendMany([{ data: bytes() as Uint8Array, port, address: HOST } satisfies OutgoingMessage])
    ),
  "sendMany() in segments": (bytes, port) =>
    withSocket((socket) => socket.sendMany([{ data: bytes() as Uint8Array, port, address: HOST, segmentSize: 9 }])),
  "send() of promises": async (bytes, port) => {
    await using socket = await bind(0, HOST);
    assertEquals(await socket.send(bytes() as Uint8Array, port, HOST), 4);
  },
  "request() of promises": async (bytes, port) => {
    await using socket = await bind(0, HOST);
    await socket.request(bytes() as Uint8Array, { port, address: HOST });
  },
  "request() of a list": async (bytes, port) => {
    await using socket = await bind(0, HOST);
    await socket.request([bytes() as Uint8Array], { port, address: HOST });
  },
  "a web stream": async (bytes, port) => {
    const socket = new UDPSocket({ localAddress: HOST });
    const writer = (await socket.opened).writable.getWriter();
    await writer.write({ data: bytes() as Uint8Array<ArrayBuffer>, remoteAddress: HOST, remotePort: port });
    writer.releaseLock();
    await socket.close();
  },
};

async function withSocket(use: (socket: ReturnType<typeof createSocket>) => Promise<unknown>): Promise<void> {
  const socket = createSocket("udp4");
  await use(socket);
  await new Promise<void>((done) => void socket.close(done));
}

function tell(send: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((done, fail) => send((error) => error ? fail(error) : done()));
}

for (const [way, send] of Object.entries(ways)) {
  test(`${way} sends the bytes that are there, whatever they say of themselves`, async () => {
    const peer = createSocket("udp4");
    const { port } = peer.bindSync({ address: HOST });
    try {
      for (const [lie, bytes] of Object.entries(lies)) {
        const heard = new Promise<string>((done) =>
          peer.once("message", (message, from) => {
            // It may be a request.
            peer.send("", from.port, from.address);
            done(String(message));
          })
        );
        await send(bytes, port);
        assertEquals(await within(heard, lie), OWN, lie);
      }
    } finally {
      peer.close();
    }
  });
}

/** What a runtime is given of what is sent, which is changed before it leaves. */
async function handed(bytes: ArrayBufferView, change = (): void => {}): Promise<Uint8Array[]> {
  const given: Uint8Array[] = [];
  const network = new ScriptedBackend();
  const open = (options: OpenOptions, host: Host): Handle =>
    Object.assign(ScriptedBackend.prototype.open.call(network, options, host), {
      send: ({ data }: Datagram) => {
        given.push(data);
        return 1;
      },
    });
  const socket = createSocket({ type: "udp4", backend: Object.assign(network, { open }) });
  const sent = tell((done) => socket.send(bytes as Uint8Array, 9, HOST, done));
  change();
  await sent;
  socket.close();
  return given;
}

test("a runtime is handed bytes that say the truth of their length, which it may believe", async () => {
  for (const [lie, bytes] of Object.entries(lies)) {
    assertEquals((await handed(bytes())).map(({ length }) => length), [4], lie);
  }
});

test("a runtime is handed no memory that was transferred before the datagram leaves", async () => {
  const bytes = view();
  const [data] = await handed(bytes, () => void structuredClone(bytes.buffer, { transfer: [bytes.buffer] }));
  assertEquals([data.length, data.buffer === bytes.buffer], [0, false]);
});

test("a network in memory carries the bytes that are there, whatever they say of themselves", async () => {
  for (const [lie, bytes] of Object.entries(lies)) {
    const net = createNetwork();
    const [a, b] = [net.host({ name: "a" }), net.host({ name: "b" })];
    const heard: string[] = [];
    const socket = b.dgram.createSocket("udp4", (message) => heard.push(String(message)));
    const { port } = socket.bindSync({});
    const [address] = b.addresses;
    a.forge({ data: bytes(), source: { address: "192.0.2.200", port: 5 }, destination: { address, port } });
    const sender = a.dgram.createSocket("udp4");
    sender.send(bytes() as Uint8Array, port, address);
    await net.idle();
    assertEquals(heard, [OWN, OWN], lie);
    await net.close();
  }
});

test("a secret is the bytes that are there, whatever they say of themselves", () => {
  const source = { address: HOST, port: 5 };
  const secret = (): Uint8Array => new Uint8Array(16).fill(7);
  const lying = Object.defineProperty(secret(), "length", { value: 3000 });
  const token = createTokens({ secret: lying }).make(source);
  assert(createTokens({ secret: secret() }).check(token, source));
  assert(createTokens({ secret: secret() }).check(Object.defineProperty(token, "length", { value: 3000 }), source));
});
