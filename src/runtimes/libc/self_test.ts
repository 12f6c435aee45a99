/**
 * Proves on throwaway sockets that the constants and layouts are this kernel's, so that a wrong one ends as a capability
 * that is missing and not as a user's crash.
 */
import { Buffer } from "node:buffer";
import type { AddressInfo, Family } from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import type { Descriptor } from "./descriptor.ts";
import { EBADF, isShortage } from "./error_numbers.ts";
import type { IntOption } from "./layout.ts";
import type { BatchCalls } from "./batch_calls.ts";
import { ReceiveBatch } from "./receive_batch.ts";
import { canWake } from "./stand_in.ts";
import { throwaway } from "./throwaway.ts";

const UNLIKELY: readonly (readonly [IntOption, number])[] = [
  ["ttl", 77],
  ["multicastTTL", 78],
  ["multicastLoopback", 0],
  ["broadcast", 1],
];
const SIZES: readonly (readonly [IntOption, number])[] = [["recvBufferSize", 20_480], ["sendBufferSize", 30_720]];

/** What a test answers that could not be made, and may be made later. */
export const SHORTAGE = "there is no descriptor or memory left";

/** What is wrong, or null. */
export function selfTest(libc: BatchCalls): string | null {
  try {
    // IPv6 may be switched off; a socket of it is then refused, and nothing of it is ever used.
    return testFamily(libc, 4) ?? testFamily(libc, 6);
  } catch (error) {
    return String(error);
  }
}

function testFamily(libc: BatchCalls, family: Family): string | null {
  const socket = throwaway(libc, family);
  if (typeof socket === "number") {
    return isShortage(socket) ? SHORTAGE : family === 4 ? `socket: errno ${-socket}` : null;
  }
  try {
    return testIdentity(libc, socket.fd, family) ?? testDescriptors(libc, socket.fd) ?? testOptions(socket) ??
      testName(libc, socket);
  } finally {
    socket.close();
  }
}

function testIdentity(libc: BatchCalls, fd: number, family: Family): string | null {
  const { layout } = libc;
  const [level, name] = layout.options.type ?? [0, 0];
  if (libc.getOption(fd, level, name) !== layout.datagram) return "SO_TYPE";
  if (libc.getOption(-1, level, name) !== -EBADF) return "errno";
  if (layout.linux === null) return null;
  const { socketLevel, domain, protocol } = layout.linux;
  if (libc.getOption(fd, socketLevel, domain) !== (family === 4 ? layout.inet : layout.inet6)) return "SO_DOMAIN";
  if (libc.getOption(fd, socketLevel, protocol) !== layout.udp) return "SO_PROTOCOL";
  // An older kernel has no cookies, nor has gVisor; then no descriptor is searched for.
  const cookie = libc.cookie(fd);
  libc.hasCookies = cookie !== null;
  return libc.cookie(fd) === cookie ? null : "SO_COOKIE";
}

/** Whether fcntl gets what it is given, where a socket needs it to be closed on exec and not to wait. */
function testDescriptors(libc: BatchCalls, fd: number): string | null {
  const { calls, layout: { descriptors } } = libc;
  if (descriptors.socketFlags !== 0) return null;
  const { closeOnExec, nonBlocking } = descriptors;
  if ((calls.fcntl(fd, descriptors.getStatusFlags, 0) & nonBlocking) === 0) return "fcntl";
  const copy = calls.fcntl(fd, descriptors.duplicate, 0);
  if (copy < 0) return isShortage(libc.failure()) ? SHORTAGE : "fcntl";
  const isSame = libc.nameAsNumber(copy) === libc.nameAsNumber(fd);
  const areClosed = [fd, copy].every((each) => calls.fcntl(each, descriptors.getDescriptorFlags, 0) === closeOnExec);
  libc.close(copy);
  return isSame && areClosed ? null : "fcntl";
}

/** An option that is refused is its own feature's matter. One that reads otherwise than it was set has a wrong number. */
function testOptions(socket: Descriptor): string | null {
  const before = UNLIKELY.map(([option]) => socket.get(option));
  // Compared only when all are set: two names for one option would agree with themselves.
  const accepted = UNLIKELY.filter(([option, value]) => socket.set(option, value) === 0);
  for (const [option, value] of UNLIKELY) if (before.shift() === value) return option;
  for (const [option, value] of accepted) if (!isAnswer(option, socket.get(option), value)) return option;
  const sizes = SIZES.filter(([option, size]) => socket.set(option, size) === 0);
  for (const [option, size] of sizes) if (!isAnswer(option, socket.get(option), size, 2 * size)) return option;
  return null;
}

/** A BSD kernel answers a flag's own number, and not 1. */
function isAnswer(option: IntOption, found: number, ...expected: number[]): boolean {
  return found < 0 || (option === "broadcast" ? found > 0 : expected.includes(found));
}

function testName(libc: BatchCalls, socket: Descriptor): string | null {
  const bound = bindToLoopback(libc, socket);
  // A wrong layout would be one of these; others say that there is no loopback address here, or that nobody may bind to it.
  if (bound < 0) return [getErrno("EINVAL"), getErrno("EAFNOSUPPORT")].includes(bound) ? "bind" : null;
  const local = socket.address();
  if (typeof local === "number" || local.address !== loopback(socket.family) || local.port === 0) return "getsockname";
  return null;
}

/** What is wrong with sendmmsg and recvmmsg, or null. */
export function testBatches(libc: BatchCalls): string | null {
  try {
    return testBatch(libc, 4) ?? testBatch(libc, 6);
  } catch (error) {
    return String(error);
  }
}

function testBatch(libc: BatchCalls, family: Family): string | null {
  const socket = throwaway(libc, family);
  if (typeof socket === "number") return isShortage(socket) ? SHORTAGE : null;
  try {
    const missing = testCalls(libc, socket.fd);
    if (missing !== null) return missing;
    if (bindToLoopback(libc, socket) < 0) return null;
    const { address, port } = socket.address() as AddressInfo;
    const sent = ["a", "bcd"].map((text) => ({
      data: Buffer.from(text),
      address,
      port,
      watched: false,
      segmentSize: 0,
    }));
    const taken = libc.sending.send(socket.fd, family, sent, 0, 2);
    // A firewall's refusal, or its silence, proves nothing about layouts.
    if (taken !== 2) return null;
    const batch = new ReceiveBatch();
    const count = libc.receiving.receive(socket.fd, batch, 2);
    if (count < 0) return "recvmmsg";
    for (let i = 0; i < count; i++) {
      const from = batch.from[i];
      if (!batch.data[i].equals(sent[i].data) || from.address !== address || from.port !== port) return "recvmmsg";
    }
    return null;
  } finally {
    socket.close();
  }
}

/** Of no message they take none, which needs no network; a sandbox may refuse them all the same. */
function testCalls({ calls, layout, name }: BatchCalls, fd: number): string | null {
  if (calls.sendmmsg(fd, name.pointer, 0, layout.dontWait) !== 0) return "sendmmsg";
  return calls.recvmmsg(fd, name.pointer, 0, layout.dontWait, null) !== 0 ? "recvmmsg" : null;
}

/** Which of the two the kernel has: Linux 4.18 cuts, 5.0 joins. Null if that can't be told now. */
export function findOffloads(libc: BatchCalls): { readonly send: boolean; readonly receive: boolean } | null {
  const socket = throwaway(libc, 4);
  if (typeof socket === "number") return null;
  const found = {
    send: socket.get("sendOffload") >= 0,
    receive: socket.set("receiveOffload", 1) === 0 && canWake(libc),
  };
  socket.close();
  return found;
}

function bindToLoopback(libc: BatchCalls, socket: Descriptor): number {
  return libc.bind(socket.fd, libc.addresses.write(socket.family, loopback(socket.family), 0, libc.name.bytes));
}

function loopback(family: Family): string {
  return family === 4 ? "127.0.0.1" : "::1";
}
