/** Where a descriptor arrives from another process: a socket of its own, which is closed once. */
import { assertEquals } from "@std/assert";
import { createSocket } from "@x/dgram/ffi";
import { readdirSync, readlinkSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { kernelOf } from "../../src/handoff/kernel.ts";
import { Letterbox } from "../../src/handoff/letterbox.ts";
import { descriptorsOf } from "../support/proc.ts";
import { libc, libcSkip, open } from "../support/libc.ts";

/** Sockets alone: a runtime opens others when it likes. A child that looks is started with some, so only in need. */
function socketCount(): number {
  try {
    return readdirSync(FDS).filter((fd) => isSocket(`${FDS}/${fd}`)).length;
  } catch {
    return descriptorsOf(process.pid).split("socket:[").length;
  }
}

const FDS = "/proc/self/fd";

/** The one by which they are read is closed by then. */
function isSocket(file: string): boolean {
  try {
    return readlinkSync(file).startsWith("socket:");
  } catch {
    return false;
  }
}

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
