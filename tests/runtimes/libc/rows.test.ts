/** Which datagrams of a batch leave as one message, and what becomes of them when the kernel refuses that. */
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { AddressInfo, Datagram, Family } from "../../../src/core/backend.ts";
import { Descriptor } from "../../../src/runtimes/libc/descriptor.ts";
import { Libc } from "../../../src/runtimes/libc/libc.ts";
import { ReceiveBatch } from "../../../src/runtimes/libc/receive_batch.ts";
import { errnoOf } from "../../support/errno_of.ts";
import { datagram, libc, libcSkip, open, withSocket } from "../../support/libc.ts";

const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;

const skip = libcSkip || (!libc().offloads.send && "the kernel cuts nothing");

/** A kernel that may refuse, and how many messages each of its calls was given. */
class Kernel {
  readonly messages: number[] = [];
  readonly libc: Libc;
  /** What a call is answered: 0 is left to the kernel, others are an errno. */
  refuse: (messages: number) => number = () => 0;
  #errno = 0;

  constructor() {
    const { binding, layout } = libc();
    const { sendmmsg } = binding.calls;
    const calls = {
      ...binding.calls,
      sendmmsg: (...[fd, headers, count, flags]: Parameters<typeof sendmmsg>): number => {
        if (count > 0) this.messages.push(count);
        this.#errno = this.refuse(count);
        return this.#errno === 0 ? sendmmsg(fd, headers, count, flags) : -1;
      },
    };
    this.libc = new Libc({ ...binding, calls, errno: () => -this.#errno || binding.errno() }, layout);
    // Of its own tests nothing is to be seen.
    void this.libc.offloads;
    this.messages.length = 0;
  }

  /** A socket that sends through it. */
  socket(family: Family): Descriptor {
    return new Descriptor(this.libc, open(family), family, true);
  }
}

/** Each of so many bytes, of which the first is its number. */
function bytes(sizes: readonly number[]): Uint8Array[] {
  return sizes.map((size, i) => Buffer.alloc(size, i + 1));
}

function receiveAll(socket: Descriptor): Uint8Array[] {
  const batch = new ReceiveBatch();
  const all: Uint8Array[] = [];
  for (let count; (count = socket.receive(batch)) > 0;) all.push(...batch.data.slice(0, count));
  return all;
}

const many = (count: number, size: number): number[] => new Array<number>(count).fill(size);

const CASES: [what: string, sizes: number[], messages: number][] = [
  ["of one size", many(10, 5), 1],
  ["as many as the kernel cuts", many(64, 9), 1],
  ["of which the last is shorter", [5, 5, 5, 1], 1],
  ["of which one in the middle is shorter", [5, 5, 1, 5, 5], 2],
  ["of which one is longer", [5, 5, 6, 6], 2],
  ["that grow", [1, 2, 3], 3],
  ["that shrink", [4, 3, 2, 1], 2],
  ["of which some are empty", [1, 1, 0, 1, 1, 0, 0], 5],
  ["of more bytes than one message has", many(50, 1400), 2],
  ["that fill one message to the last byte", [...many(2, 21_835), 21_837], 3],
];

for (const family of [4, 6] as const) {
  for (const [what, sizes, expected] of CASES) {
    test(`datagrams ${what} leave as ${expected} messages, and arrive as they are, IPv${family}`, { skip }, () => {
      const kernel = new Kernel();
      withSocket(family, (to, port) => {
        to.set("recvBufferSize", 1 << 20);
        const from = kernel.socket(family);
        const sent = bytes(sizes);
        const batch = sent.map((data) => datagram(data, LOOPBACK[family], port));
        assertEquals(from.sendBatch(batch, 0, batch.length), batch.length);
        assertEquals(kernel.messages, [expected]);
        assertEquals(receiveAll(to), sent);
        from.rows = null;
        assertEquals(from.sendBatch(batch, 0, batch.length), batch.length);
        assertEquals(kernel.messages, [expected, batch.length]);
        assertEquals(receiveAll(to), sent);
        from.close();
      });
    });
  }
}

test("a message holds up to 65,507 bytes over IPv4, and by IPv6's header fewer over IPv6", { skip }, () => {
  for (const [family, longest] of [[4, 65_507], [6, 65_487]] as const) {
    const kernel = new Kernel();
    withSocket(family, (to, port) => {
      to.set("recvBufferSize", 1 << 20);
      const from = kernel.socket(family);
      const last = longest - 6 * 10_000;
      for (const [more, messages] of [[0, 1], [1, 2]]) {
        const sent = bytes([...many(6, 10_000), last + more]);
        const batch = sent.map((data) => datagram(data, LOOPBACK[family], port));
        assertEquals(from.sendBatch(batch, 0, batch.length), batch.length);
        assertEquals([family, kernel.messages.pop()], [family, messages]);
        assertEquals(receiveAll(to), sent);
      }
      from.close();
    });
  }
});

test("datagrams to several peers leave together as far as they follow each other", { skip }, () => {
  const kernel = new Kernel();
  withSocket(4, (one, onePort) =>
    withSocket(4, (other, otherPort) => {
      const from = kernel.socket(4);
      const batch = [onePort, onePort, otherPort, onePort, otherPort, otherPort]
        .map((port, i) => datagram(`${i}`, "127.0.0.1", port));
      assertEquals(from.sendBatch(batch, 0, 6), 6);
      assertEquals(kernel.messages, [4]);
      assertEquals([receiveAll(one).join(""), receiveAll(other).join("")], ["013", "245"]);
      from.close();
    }));
});

test("what is to be cut as its sender said is a message of its own", { skip }, () => {
  const kernel = new Kernel();
  withSocket(4, (to, port) => {
    const from = kernel.socket(4);
    const rowOf = (text: string): Datagram => ({ ...datagram(text, "127.0.0.1", port), segmentSize: 2 });
    const alone = datagram("abcd", "127.0.0.1", port);
    assertEquals(from.sendBatch([alone, rowOf("efgh"), rowOf("ijkl"), alone], 0, 4), 4);
    assertEquals(kernel.messages, [4]);
    assertEquals(receiveAll(to).map(String), ["abcd", "ef", "gh", "ij", "kl", "abcd"]);
    from.close();
  });
});

const REFUSALS: [name: string, smallerStillJoined: boolean][] = [
  ["EINVAL", true],
  ["EMSGSIZE", true],
  ["EIO", false],
  ["EPERM", false],
  ["ENOBUFS", false],
  ["ENOMEM", false],
];

for (const [name, smallerStillJoined] of REFUSALS) {
  test(`when a row is refused with ${name} its datagrams leave alone, and it is tried again after a while`, {
    skip,
  }, () => {
    const kernel = new Kernel();
    withSocket(4, (to, port) => {
      const from = kernel.socket(4);
      const sendOf = (size: number): number => {
        const batch = bytes(many(64, size)).map((data) => datagram(data, "127.0.0.1", port));
        kernel.messages.length = 0;
        assertEquals(from.sendBatch(batch, 0, 64), 64);
        assertEquals(receiveAll(to), batch.map(({ data }) => data));
        return kernel.messages.pop()!;
      };
      assertEquals(sendOf(10), 1);
      kernel.refuse = (messages) => messages === 1 ? errnoOf(name) : 0;
      assertEquals([sendOf(10), sendOf(10)], [64, 64]);
      kernel.refuse = () => 0;
      assertEquals([sendOf(10), sendOf(11)], [64, 64]);
      assertEquals(sendOf(9), smallerStillJoined ? 1 : 64);
      let before = 0;
      while (before < 100 && sendOf(10) === 64) before++;
      assertEquals([before > 30, before < 100], [true, true], `${before} batches`);
      from.close();
    });
  });

  test(`a refusal of a row with ${name} that its datagrams meet too is the first one's`, { skip }, () => {
    const kernel = new Kernel();
    withSocket(4, (to, port) => {
      const from = kernel.socket(4);
      const batch = bytes(many(3, 10)).map((data) => datagram(data, "127.0.0.1", port));
      kernel.refuse = () => errnoOf(name);
      assertEquals(from.sendBatch(batch, 0, 3), name === "ENOBUFS" ? 0 : errnoOf(name));
      assertEquals(kernel.messages, [1, 3]);
      assertEquals(receiveAll(to), []);
      from.close();
    });
  });
}

test("a kernel that has no room is not asked again, and rows are sent as before when it has", { skip }, () => {
  const kernel = new Kernel();
  withSocket(4, (to, port) => {
    const from = kernel.socket(4);
    const batch = bytes(many(3, 10)).map((data) => datagram(data, "127.0.0.1", port));
    kernel.refuse = () => errnoOf("EAGAIN");
    assertEquals(from.sendBatch(batch, 0, 3), 0);
    kernel.refuse = () => 0;
    assertEquals(from.sendBatch(batch, 0, 3), 3);
    assertEquals(kernel.messages, [1, 1]);
    assertEquals(receiveAll(to).length, 3);
    from.close();
  });
});

test("a refusal after the first message leaves what was taken taken, in order", { skip }, () => {
  const kernel = new Kernel();
  withSocket(4, (to, port) => {
    const from = kernel.socket(4);
    const bad = { ...datagram("bad", "127.0.0.1", port), address: "no address" };
    const batch = [...bytes([5, 5, 5]).map((data) => datagram(data, "127.0.0.1", port)), bad];
    assertEquals(from.sendBatch(batch, 0, 4), 3);
    assertEquals(from.sendBatch(batch, 3, 4), errnoOf("EINVAL"));
    assertEquals(receiveAll(to).length, 3);
    from.close();
  });
});

for (const together of [true, false]) {
  const how = together ? "that could leave together" : "that leave alone";
  test(`the ICMP error of an earlier datagram spoils the first of those ${how}`, { skip }, () => {
    const kernel = new Kernel();
    const gone = open(4);
    const closed = new Descriptor(libc(), gone, 4, true);
    const { port } = closed.address() as AddressInfo;
    const from = kernel.socket(4);
    assertEquals(from.connect("127.0.0.1", port), 0);
    closed.close();
    if (!together) from.rows = null;
    const batch = bytes(many(3, 4)).map((data) => datagram(data, null));
    assertEquals(from.send(batch[0]), 1);
    assertEquals(from.sendBatch(batch, 0, 3), errnoOf("ECONNREFUSED"));
    const to = new Descriptor(libc(), open(4, { port }), 4, true);
    assertEquals(from.sendBatch(batch, 1, 3), 2);
    assertEquals(receiveAll(to), [batch[1].data, batch[2].data]);
    for (const socket of [from, to]) socket.close();
  });
}
