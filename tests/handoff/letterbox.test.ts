/** Where a descriptor arrives from another process: a socket of its own, which is closed once. */
import { assertEquals } from "@std/assert";
import { createSocket } from "@x/dgram/ffi";
import { test } from "node:test";
import { kernelOf } from "../../src/handoff/kernel.ts";
import { Letterbox } from "../../src/handoff/letterbox.ts";
import { socketCount } from "../support/proc.ts";
import { libc, libcSkip, open } from "../support/libc.ts";

test("a letterbox that is closed twice closes nothing of anybody else's", { skip: libcSkip }, () => {
  const socket = createSocket("udp4");
  socket.bindSync({ address: "127.0.0.1" });
  const kernel = kernelOf(socket as never)!;
  const before = socketCount();
  const letterbox = new Letterbox(kernel.libc);
  assertEquals(socketCount(), before + 1);
  letterbox.close();
  // The lowest number that is free is the one that it had.
  const other = open(4);
  const port = libc().nameAsNumber(other);
  letterbox.close();
  assertEquals([libc().nameAsNumber(other), socketCount()], [port, before + 1]);
  libc().close(other);
  socket.close();
});
