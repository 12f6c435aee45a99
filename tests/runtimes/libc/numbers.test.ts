/** Descriptors that change places: by their numbers, which the kernel knows. */
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { exchange, openUnbound, ownUnwatched, putAt, replace, restore } from "../../../src/runtimes/libc/numbers.ts";
import { errnoOf } from "../../support/errno_of.ts";
import { libc, libcSkip, open } from "../../support/libc.ts";

const EBADF = errnoOf("EBADF");
/** No process has so many. */
const NOBODY = 1_000_000_000;

const isOpen = (fd: number): boolean => libc().calls.fcntl(fd, 1, 0) >= 0;
const close = (...fds: number[]): void => fds.forEach((fd) => libc().close(fd));
/** The socket's own port, which tells which it is. */
const socketAt = (fd: number): number => libc().nameAsNumber(fd);

test("two descriptors change places, and what was moved is answered", { skip: libcSkip }, () => {
  const [one, other] = [open(4), open(4)];
  const [first, second] = [socketAt(one), socketAt(other)];
  assertNotEquals(first, second);
  const moved = exchange(libc(), one, other);
  assert(moved >= 0 && moved !== one);
  assertEquals([socketAt(one), socketAt(moved), isOpen(other)], [second, first, moved === other]);
  assertEquals(replace(libc(), one, moved), 0);
  assertEquals([socketAt(one), isOpen(moved)], [first, false]);
  close(one);
});

test("where descriptors can't change places nothing is left open", { skip: libcSkip }, () => {
  const [one, other] = [open(4), open(4)];
  assertEquals(exchange(libc(), NOBODY, other), EBADF);
  assertEquals(isOpen(other), false);
  assertEquals([putAt(libc(), one, NOBODY), replace(libc(), one, NOBODY)], [EBADF, EBADF]);
  const before = socketAt(one);
  const { calls } = libc();
  const { dup2 } = calls;
  const third = open(4);
  Object.assign(calls, { dup2: () => -1 });
  try {
    assert(exchange(libc(), one, third) < 0);
  } finally {
    Object.assign(calls, { dup2 });
  }
  assertEquals([socketAt(one), isOpen(third)], [before, false]);
  close(one);
});

test("a number that was closed stands again for its socket, but not where it is somebody else's", {
  skip: libcSkip,
}, () => {
  const fd = open(4);
  const socket = socketAt(fd);
  const aside = open(4);
  assertEquals(putAt(libc(), aside, fd), 0);
  close(fd);
  restore(libc(), fd, aside);
  assertEquals([socketAt(fd), isOpen(aside)], [socket, false]);

  const again = open(4);
  const taken = socketAt(again);
  const kept = open(4);
  restore(libc(), again, kept);
  assertEquals([socketAt(again), isOpen(kept)], [taken, false]);
  close(fd, again);
});

test("who owns a number without waiting for its socket finds another there, and the socket afterwards", {
  skip: libcSkip,
}, () => {
  const fd = open(4);
  const socket = socketAt(fd);
  assertEquals(ownUnwatched(libc(), fd, () => socketAt(fd) === socket), false);
  assertEquals(socketAt(fd), socket);
  assertThrows(
    () =>
      ownUnwatched(libc(), fd, () => {
        throw new Error("no");
      }),
    Error,
    "no",
  );
  assertEquals([socketAt(fd), ownUnwatched(libc(), NOBODY, () => "owner")], [socket, EBADF]);
  const unbound = openUnbound(libc());
  assert(unbound >= 0 && isOpen(unbound));
  close(fd, unbound);
});
