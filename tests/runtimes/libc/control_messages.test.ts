/** What the kernel tells of a datagram, where there is not room for all of it: what it cuts (MSG_CTRUNC) is not there. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { askForInfo } from "../../../src/runtimes/kernel/receive_info.ts";
import { type ControlInfo, ControlReader } from "../../../src/runtimes/libc/control_messages.ts";
import type { Descriptor } from "../../../src/runtimes/libc/descriptor.ts";
import { addressOf, allocate } from "../../../src/runtimes/libc/memory.ts";
import {
  CONTROL,
  CONTROL_LENGTH,
  FLAGS,
  HEADER_WORDS,
  IOVEC_WORDS,
  writeLong,
} from "../../../src/runtimes/libc/message_header.ts";
import { ReceiveBatch } from "../../../src/runtimes/libc/receive_batch.ts";
import { datagram, libc, libcSkip, withSocket } from "../../support/libc.ts";

const MSG_PEEK = 2;
const MSG_CTRUNC = 8;
/** Of a control message. */
const HEADER_SIZE = 16;
/** More than all of them take here. */
const ROOM = 512;

/** Looks at the datagram that waits, as often as it is asked, and leaves it there. */
class Looker {
  readonly bytes: Uint8Array;
  readonly controlAt: number;
  readonly #words: Int32Array;
  readonly #look: (fd: number) => number;

  constructor() {
    const { binding, calls, layout } = libc();
    const vectorAt = HEADER_WORDS * 4;
    const dataAt = vectorAt + IOVEC_WORDS * 4;
    const dataSize = 1024;
    this.controlAt = dataAt + dataSize;
    const { bytes, pointer } = allocate(binding, this.controlAt + ROOM);
    const words = new Int32Array(bytes.buffer);
    const base = addressOf(binding, bytes);
    writeLong(words, 4, base + vectorAt);
    words[6] = 1;
    writeLong(words, CONTROL, base + this.controlAt);
    writeLong(words, vectorAt / 4, base + dataAt);
    words[vectorAt / 4 + 2] = dataSize;
    this.bytes = bytes;
    this.#words = words;
    this.#look = (fd) => calls.recvmsg(fd, pointer, layout.dontWait | MSG_PEEK);
  }

  /** With room for so many bytes of control messages: how many the kernel has written, and whether it has cut some. */
  look(fd: number, room: number): { written: number; cut: boolean } {
    // As earlier datagrams leave it.
    this.bytes.fill(0x77, this.controlAt);
    this.#words[CONTROL_LENGTH] = room;
    this.#words[FLAGS] = 0;
    assert(this.#look(fd) > 0, "a datagram waits");
    return { written: this.#words[CONTROL_LENGTH], cut: (this.#words[FLAGS] & MSG_CTRUNC) !== 0 };
  }

  /** What is read in a slot of this size. */
  read(slotSize: number, written: number): ControlInfo {
    // Nothing is behind it: what was read there would throw.
    const memory = this.bytes.subarray(0, this.controlAt + slotSize);
    return new ControlReader(libc(), memory, this.controlAt, slotSize).read(0, written);
  }
}

/** One control message as it came: where it ends, and what it says. */
interface Part {
  readonly end: number;
  readonly says: ControlInfo;
}

/** What came, message by message, each of them read alone. */
function parts({ bytes, controlAt }: Looker, written: number): Part[] {
  const view = new DataView(bytes.buffer);
  const all: Part[] = [];
  for (let at = 0; at + HEADER_SIZE <= written;) {
    const size = view.getUint32(controlAt + at, true);
    const alone = bytes.slice(controlAt + at, controlAt + at + size);
    all.push({ end: at + size, says: new ControlReader(libc(), alone, 0, size).read(0, size) });
    at += size + 7 & ~7;
  }
  return all;
}

const TOLD = ["destination", "hopLimit", "interfaceIndex", "receivedAt", "trafficClass"];

/** Whatever room there is, what is read is what was not cut: no part of a message, and none that is whole is missing. */
function readsWhatIsWhole({ fd }: Descriptor, told: readonly string[]): void {
  const looker = new Looker();
  const { written, cut } = looker.look(fd, ROOM);
  assertEquals([cut, Object.keys(looker.read(ROOM, written)).sort()], [false, told]);
  const all = parts(looker, written);
  const needed = all.at(-1)!.end;
  for (let room = 0; room <= written + 1; room++) {
    const looked = looker.look(fd, room);
    assertEquals([room, looked.cut], [room, room < needed]);
    const whole = all.filter(({ end }) => end <= room).map(({ says }) => says);
    assertEquals([room, looker.read(room, looked.written)], [room, Object.assign({}, ...whole)]);
  }
}

const CASES = [
  { name: "an IPv4 datagram", family: 4, address: "0.0.0.0", to: "127.0.0.1" },
  { name: "an IPv6 datagram", family: 6, address: "::", to: "::1" },
  { name: "an IPv4 datagram on an IPv6 socket", family: 6, address: "::", to: "::ffff:127.0.0.1" },
] as const;

for (const { name, family, address, to } of CASES) {
  test(
    `of ${name} what the kernel has cut is not read, and all else is`,
    { skip: libcSkip },
    () =>
      withSocket(family, (socket, port) => {
        assertEquals(askForInfo(socket), 0);
        assertEquals(socket.send(datagram("hello", to, port)), 1);
        readsWhatIsWhole(socket, TOLD);
      }, { address }),
  );
}

test("of a joined row what the kernel has cut is not read, and all else is", {
  skip: libcSkip || (libc().offloads.send && libc().offloads.receive ? false : "the kernel cuts or joins nothing"),
}, () =>
  withSocket(4, (socket, port) => {
    assertEquals([askForInfo(socket), socket.set("receiveOffload", 1)], [0, 0]);
    const row = ["aaaa", "bbbb", "cc"].map((text) => datagram(text, "127.0.0.1", port));
    assertEquals(socket.sendBatch(row, 0, 3), 3);
    readsWhatIsWhole(socket, [...TOLD, "segmentSize"].sort());
  }));

/** What nobody asks for here, and whoever opened an adopted socket may have: by level and name. */
const OTHERS: readonly (readonly [name: string, level: number, option: number, value: number])[] = [
  ["SO_TIMESTAMPING, of software", 1, 37, 24],
  ["IPV6_2292PKTINFO", 41, 2, 1],
  ["IPV6_2292HOPLIMIT", 41, 8, 1],
  ["IPV6_RECVORIGDSTADDR", 41, 74, 1],
];

test("where the kernel has more to tell than there is room for, what this module asks for is there", {
  skip: libcSkip,
}, () =>
  withSocket(6, (socket, port) => {
    assertEquals(askForInfo(socket), 0);
    for (const [name, ...option] of OTHERS) assertEquals([name, libc().setOption(socket.fd, ...option)], [name, 0]);
    assertEquals([socket.set("ttl", 33), socket.set("trafficClass", 0x2c)], [0, 0]);
    assertEquals(socket.send(datagram("hello", "::1", port)), 1);
    const { written } = new Looker().look(socket.fd, ROOM);
    // What a slot holds: `receive_memory.ts`.
    assert(written > 256, `${written} bytes`);
    const batch = new ReceiveBatch(true);
    assertEquals(socket.receive(batch), 1);
    const [{ receivedAt, ...info }] = batch.control!;
    assertEquals(info, { destination: "::1", interfaceIndex: 1, hopLimit: 33, trafficClass: 0x2c });
    assert(receivedAt! > 0n);
  }, { address: "::" }));
