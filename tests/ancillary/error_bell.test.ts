/** What wakes Deno when the kernel keeps an error of a socket, which nobody looks for. */
import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import "../../src/dgram.ts";
import { ErrorBell } from "../../src/ancillary/error_bell.ts";
import { ErrorQueue } from "../../src/ancillary/error_queue.ts";
import { Descriptor } from "../../src/runtimes/libc/descriptor.ts";
import { runtime } from "../support/child.ts";
import { datagram, libc, libcSkip, open } from "../support/libc.ts";
import { within } from "../support/within.ts";

const skip = (runtime !== "deno" && "the runtime is woken by errors") || libcSkip;

const HERE = "127.0.0.1";

/** An unconnected socket whose errors the kernel keeps, and a port that nobody has. */
function watched(): { socket: Descriptor; gone: number } {
  // First, so that it can't get the number of the other.
  const socket = new Descriptor(libc(), open(4), 4, true);
  const other = new Descriptor(libc(), open(4), 4, true);
  const { port: gone } = other.address() as { port: number };
  other.close();
  assertEquals(libc().setOption(socket.fd, 0, 11, 1), 0);
  return { socket, gone };
}

/** How many numbers stand for something. */
function descriptors(): number {
  const { calls, layout } = libc();
  const numbers = Array.from({ length: 256 }, (_, number) => number);
  return numbers.filter((number) => calls.fcntl(number, layout.descriptors.getDescriptorFlags, 0) >= 0).length;
}

test("a bell rings for each error, and not for what can be read", { skip }, async () => {
  const before = descriptors();
  const { socket, gone } = watched();
  const queue = new ErrorQueue(libc());
  const told: string[] = [];
  let tell = (): void => {};
  const bell = ErrorBell.open(libc(), socket.fd, () => {
    for (let error = queue.read(socket.fd); typeof error === "object"; error = queue.read(socket.fd)) {
      told.push(`${error!.data}`);
    }
    tell();
  });
  assert(bell !== null);
  for (const text of ["one", "two", "three"]) {
    const heard = new Promise<void>((done) => tell = () => told.includes(text) && done());
    const { port } = socket.address() as { port: number };
    assertEquals([socket.send(datagram("to itself", HERE, port)), socket.send(datagram(text, HERE, gone))], [1, 1]);
    await within(heard, text);
  }
  assertEquals(told, ["one", "two", "three"]);
  bell.close();
  bell.close();
  socket.close();
  assertEquals(descriptors(), before);
});

test("where the kernel refuses an epoll there is no bell, and nothing is left of it", { skip }, () => {
  const before = descriptors();
  const { socket } = watched();
  const { calls } = libc();
  for (const name of ["epoll_create1", "epoll_ctl", "socketpair", "dup2", "fcntl"]) {
    const refusing = Object.create(calls, { [name]: { value: () => -1 } });
    const bell = ErrorBell.open(Object.create(libc(), { calls: { value: refusing } }), socket.fd, () => {});
    assertEquals([name, bell], [name, null]);
  }
  assertEquals(ErrorBell.open(libc(), 1 << 20, () => {}), null);
  socket.close();
  assertEquals(descriptors(), before);
});
