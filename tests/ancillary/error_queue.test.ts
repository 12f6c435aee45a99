/** What a kernel that lies makes of its queue of errors: nothing is read past what is this module's own. */
import { assertEquals } from "@std/assert";
import "../../src/dgram.ts";
import { test } from "node:test";
import type { KernelCalls } from "../../src/core/kernel_socket.ts";
import { ErrorQueue } from "../../src/ancillary/error_queue.ts";
import { errnoOf } from "../support/errno_of.ts";

const NAME_AT = 96;
const CONTROL_AT = 128;
const DATA_AT = 672;

/** A kernel that writes what it is told to into the memory that it is given. */
class Kernel {
  readonly libc: KernelCalls;
  #memory!: Uint8Array;
  #answer: (view: DataView, bytes: Uint8Array) => number = () => -1;
  #errnos: number[] = [];

  constructor() {
    const binding = {
      pointer: (memory: Uint8Array) => this.#memory = memory,
      address: () => 0n,
    };
    const recvmsg = (): number => {
      const { buffer, byteLength } = this.#memory;
      return this.#answer(new DataView(buffer, 0, byteLength), this.#memory);
    };
    const addresses = {
      family: (from: Uint8Array) => from[0] === 2 ? 4 : from[0] === 10 ? 6 : 0,
      read: (from: Uint8Array) => from.subarray(4, 8).join("."),
    };
    const failure = (): number => this.#errnos.shift() ?? errnoOf("EAGAIN");
    this.libc = {
      binding,
      addresses,
      calls: { recvmsg },
      failure,
      layout: { dontWait: 0x40 },
    } as unknown as KernelCalls;
  }

  read(answer: (view: DataView, bytes: Uint8Array) => number, errnos: number[] = []): ReturnType<ErrorQueue["read"]> {
    this.#answer = answer;
    this.#errnos = errnos;
    return this.queue.read(3);
  }

  readonly queue: ErrorQueue = undefined!;
}

function kernel(): Kernel {
  const made = new Kernel();
  Object.assign(made, { queue: new ErrorQueue(made.libc) });
  return made;
}

/** Writes one error, of a refused port. */
function write(view: DataView, bytes: Uint8Array, at = CONTROL_AT): void {
  bytes.set([2, 0, 0, 9, 127, 0, 0, 1], NAME_AT);
  view.setUint32(8, 16, true);
  view.setBigUint64(at, 48n, true);
  view.setInt32(at + 8, 0, true);
  view.setInt32(at + 12, 11, true);
  view.setUint32(at + 16, 111, true);
  bytes.set([2, 3, 3], at + 20);
  view.setUint32(at + 24, 1280, true);
  bytes.set([2, 0, 0, 0, 127, 0, 0, 2], at + 32);
  view.setBigUint64(40, 48n, true);
  bytes.set([104, 105], DATA_AT);
}

const REFUSED = {
  origin: "icmp",
  icmpType: 3,
  icmpCode: 3,
  errno: -111,
  offender: "127.0.0.2",
  address: "127.0.0.1",
  port: 9,
  mtu: undefined,
  receivedAt: undefined,
};

function shown(error: ReturnType<ErrorQueue["read"]>): unknown {
  if (error === null || typeof error === "number") return error;
  const { data, ...others } = error;
  return { ...others, data: data.length <= 2 ? `${data}` : data.length };
}

test("an error is read with its ends and its data", () => {
  const error = kernel().read((view, bytes) => {
    write(view, bytes);
    return 2;
  });
  assertEquals(shown(error), { ...REFUSED, data: "hi" });
});

test("no length that is claimed has more read than there is room for", () => {
  const claims: readonly ((view: DataView) => number)[] = [
    () => 0x7fff_ffff,
    (view) => (view.setBigUint64(40, 2n ** 63n, true), 5000),
    (view) => (view.setUint32(8, 0xffff_ffff, true), 2049),
  ];
  for (const claim of claims) {
    const error = kernel().read((view, bytes) => {
      write(view, bytes);
      return claim(view);
    });
    assertEquals(shown(error), { ...REFUSED, data: 2048 });
  }
});

test("control messages that are longer than there is room, shorter than their header or half there are none", () => {
  const lies: readonly ((view: DataView, bytes: Uint8Array) => void)[] = [
    (view) => view.setBigUint64(CONTROL_AT, 0n, true),
    (view) => view.setBigUint64(CONTROL_AT, 15n, true),
    (view) => view.setBigUint64(CONTROL_AT, 49n, true),
    (view) => view.setBigUint64(CONTROL_AT, 0xffff_fff0n, true),
    (view) => view.setBigUint64(CONTROL_AT, 31n, true),
    (view) => view.setBigUint64(40, 0n, true),
    (view) => view.setBigUint64(40, 47n, true),
    (view) => view.setInt32(CONTROL_AT + 12, 12, true),
    (_view, bytes) => bytes[CONTROL_AT + 20] = 0,
    (_view, bytes) => bytes[CONTROL_AT + 20] = 200,
  ];
  for (const lie of lies) {
    const error = kernel().read((view, bytes) => {
      write(view, bytes);
      lie(view, bytes);
      return 2;
    });
    assertEquals([lies.indexOf(lie), error], [lies.indexOf(lie), null]);
  }
});

test("at the very end of its room an error has no offender that was not written", () => {
  const error = kernel().read((view, bytes) => {
    write(view, bytes);
    bytes.fill(0, CONTROL_AT, DATA_AT);
    const at = CONTROL_AT + 512 - 32;
    view.setBigUint64(CONTROL_AT, BigInt(512 - 32), true);
    view.setBigUint64(at, 32n, true);
    view.setInt32(at + 12, 11, true);
    view.setUint32(at + 16, -errnoOf("EMSGSIZE"), true);
    bytes.set([1, 0, 0], at + 20);
    view.setUint32(at + 24, 1280, true);
    view.setBigUint64(40, 512n, true);
    return 0;
  });
  const { mtu, offender, origin } = error as Exclude<typeof error, number | null>;
  assertEquals([origin, offender, mtu], ["local", undefined, 1280]);
});

test("nothing of the last error is taken for the next one's", () => {
  const lying = kernel();
  lying.read((view, bytes) => {
    write(view, bytes);
    return 2;
  });
  assertEquals(lying.read((view) => (view.setBigUint64(40, 512n, true), 0)), null);
});

test("an interruption has it ask again, but not for ever", () => {
  const [EINTR, EAGAIN] = [errnoOf("EINTR"), errnoOf("EAGAIN")];
  assertEquals(kernel().read(() => -1, [EINTR, EINTR]), EAGAIN);
  assertEquals(kernel().read(() => -1, new Array(1000).fill(EINTR)), EINTR);
});
