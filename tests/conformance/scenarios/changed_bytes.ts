/** Bytes that are changed, transferred or resized between send() and the datagram's leaving. */
import { Buffer } from "node:buffer";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { AnySocket, Stage } from "../stage.ts";

const HOST = "127.0.0.1";

/** Not in the types of Node. */
const { WebAssembly: wasm } = globalThis as unknown as {
  WebAssembly: {
    Memory: new (
      size: { initial: number; maximum: number },
    ) => { readonly buffer: ArrayBuffer; grow(pages: number): void };
  };
};

const text = (bytes: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(bytes);

function transfer(bytes: Uint8Array<ArrayBuffer>): void {
  structuredClone(bytes, { transfer: [bytes.buffer] });
}

/** Sends by `give`, and shows that the socket goes on. */
async function sendAndGoOn(
  stage: Stage,
  give: (send: (...args: unknown[]) => void) => void,
): Promise<void> {
  const peer = await stage.bound("peer");
  const a = await stage.bound("a");
  give((...args) => a.send(...args, peer.address().port, HOST, stage.callback("cb")));
  await stage.seen("cb called");
  await goOn(stage, a, peer);
}

async function goOn(stage: Stage, a: AnySocket, peer: AnySocket): Promise<void> {
  a.send("next", peer.address().port, HOST, stage.callback("next"));
  await stage.seen("next called");
  await stage.seen("Buffer 'next'");
  a.close();
  await stage.seen("a 'close'");
}

/** What is done in the turn of the send. */
const changes: readonly [name: string, give: (send: (...args: unknown[]) => void) => void][] = [
  ["a buffer that is transferred after send() is empty", (send) => {
    const bytes = text("transferred");
    send(bytes);
    transfer(bytes);
  }],
  ["a buffer that was transferred before send() is empty", (send) => {
    const bytes = text("transferred");
    transfer(bytes);
    send(bytes);
  }],
  ["a part that is transferred after send() is empty, and the others arrive", (send) => {
    const bytes = text("transferred");
    send([bytes, "tail"]);
    transfer(bytes);
  }],
  ["a list that is emptied after send() is sent", (send) => {
    const list = [Buffer.from("kept")];
    send(list);
    list.length = 0;
  }],
  ["shared memory is sent", (send) => {
    send(new Uint8Array(new SharedArrayBuffer(4)).fill(0x41));
  }],
  ["a DataView of shared memory is sent", (send) => {
    const view = new DataView(new SharedArrayBuffer(8), 2, 3);
    view.setUint8(0, 0x42);
    send(view);
  }],
  ["the memory of WebAssembly that grows after send() is empty", (send) => {
    const memory = new wasm.Memory({ initial: 1, maximum: 2 });
    send(new Uint8Array(memory.buffer, 0, 5).fill(0x43));
    memory.grow(1);
  }],
  ["a list that no memory could hold is too long", (send) => {
    send(Array(1000).fill(new Uint8Array(32 << 20)));
  }],
  ["a length of its own does not lengthen a buffer", (send) => {
    send(Object.defineProperties(text("four"), { length: { value: 9000 }, byteLength: { value: 9000 } }));
  }],
];

export const changedBytesScenarios: readonly Scenario[] = [
  ...changes.map(([name, give]) => scenario(name, { rows: [68, 80] }, (stage) => sendAndGoOn(stage, give))),

  scenario("an offset into a buffer that was transferred is out of bounds", { rows: [69] }, async (stage) => {
    const a = await stage.bound("a");
    const bytes = text("transferred");
    transfer(bytes);
    stage.call("send", () => a.send(bytes, 0, 4, 9, HOST));
    stage.call("send", () => a.send(bytes, 1, 0, 9, HOST));
  }),

  scenario("one buffer that is filled anew for each send arrives as it was at each", { rows: [80] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    const bytes = Buffer.alloc(3);
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    for (let i = 1; i <= 20; i++) {
      a.send(bytes.fill(i), peer.address().port, HOST);
      // Two in a turn share what it holds at the turn's end.
      if (i % 3 === 0) a.send(bytes, peer.address().port, HOST);
      await turn();
    }
    await stage.seen("Buffer 141414");
  }),
];
