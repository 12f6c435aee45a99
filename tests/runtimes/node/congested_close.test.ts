/** A socket of node:dgram that is closed while libuv's queue was last known to hold something: it can't be asked then. */
import { assertEquals } from "@std/assert";
import type { Socket as DgramSocket } from "node:dgram";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import type { Datagram, Host } from "../../../src/core/backend.ts";
import { NodeHandle } from "../../../src/runtimes/node/handle.ts";

/** Its queue is never empty, and can't be asked once it is closed, as that of node:dgram. */
class Congested extends EventEmitter {
  #closed = false;

  send(): void {}

  getSendQueueCount(): number {
    if (this.#closed) throw new TypeError("Cannot read properties of null (reading 'getSendQueueCount')");
    return 1;
  }

  getSendQueueSize(): number {
    return this.getSendQueueCount();
  }

  close(): void {
    this.#closed = true;
    this.emit("close");
  }
}

const host = { sent() {}, drained() {}, closed() {} } as unknown as Host;
const datagram: Datagram = {
  data: new Uint8Array(1),
  address: "127.0.0.1",
  port: 9,
  watched: true,
  segmentSize: 0,
};

for (
  const [what, close] of [
    ["close()", (handle: NodeHandle) => handle.close(() => {})],
    ["a cluster worker that leaves", (handle: NodeHandle) => {
      handle.closedBelow();
      handle.inner.close();
    }],
  ] as const
) {
  test(`after ${what} nothing is asked of the queue of a congested socket`, () => {
    const handle = new NodeHandle(new Congested() as unknown as DgramSocket, host);
    handle.send(datagram);
    assertEquals(handle.queueCount, 1);
    close(handle);
    assertEquals([handle.queueCount, handle.queueSize], [0, 0]);
  });
}
