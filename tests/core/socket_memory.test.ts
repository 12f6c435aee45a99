/** What a kernel tells of a socket's memory, as it writes that: over one that a test has written. */
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import type { KernelSocket } from "../../src/core/kernel_socket.ts";
import { hasEmptyQueue, socketMemory } from "../../src/core/socket_memory.ts";

interface Written {
  readonly system?: string;
  readonly isOurs?: boolean;
  /** What getsockopt answers, and how many bytes it says it has written. */
  readonly result?: number;
  readonly size?: number;
  readonly words?: readonly number[];
}

/** SK_MEMINFO_RMEM_ALLOC, _RCVBUF, _WMEM_ALLOC, _SNDBUF, four others, and _DROPS. */
const WORDS = [0x01020304, 212_992, 768, 212_993, 4, 5, 6, 7, 8];

function kernel({ system = "linux", isOurs = true, result = 0, size = 36, words = WORDS }: Written): KernelSocket {
  const request = { pointer: {}, view: new DataView(new ArrayBuffer(320)) };
  const name = { pointer: {}, view: new DataView(new ArrayBuffer(128)) };
  const getsockopt = (fd: number, level: number, option: number, value: object, length: object): number => {
    // SOL_SOCKET and SO_MEMINFO.
    assertEquals([fd, level, option, name.view.getUint32(0, true)], [5, 1, 55, 36]);
    assertEquals([value, length], [request.pointer, name.pointer]);
    for (const [at, word] of words.entries()) request.view.setUint32(4 * at, word, true);
    name.view.setUint32(0, size, true);
    return result;
  };
  const libc = { layout: { name: system, dontWait: 0x40 }, calls: { getsockopt }, name, request };
  return { fd: 5, isOurs: () => isOurs, libc } as unknown as KernelSocket;
}

test("what a socket's datagrams take is what Linux writes, word by word", () => {
  assertEquals(socketMemory(kernel({})), {
    receiveBuffer: { used: 0x01020304, size: 212_992 },
    sendBuffer: { used: 768, size: 212_993 },
    dropped: 8,
  });
});

test("nothing is told of a socket where Linux is not asked, fails, or tells less, as before 4.12", () => {
  for (
    const written of [{ system: "darwin" }, { isOurs: false }, { result: -1 }, { size: 32 }, { result: -1, size: 0 }]
  ) {
    assertEquals([socketMemory(kernel(written)), hasEmptyQueue(kernel(written))], [undefined, false]);
  }
  const without = { ...kernel({}), libc: undefined };
  assertEquals([socketMemory(without), hasEmptyQueue(without)], [undefined, false]);
});

test("a queue is empty where none of its memory is used", () => {
  assertEquals(hasEmptyQueue(kernel({})), false);
  assertEquals(hasEmptyQueue(kernel({ words: [0, ...WORDS.slice(1)] })), true);
});
