/**
 * The stand-in for Deno, whose epoll is edge-triggered.
 */
import { Buffer } from "node:buffer";
import { EBADF } from "./error_numbers.ts";
import { replace } from "./numbers.ts";
import type { StandIn } from "./stand_in.ts";
import type { SystemCalls } from "./system_calls.ts";
import { unwatchFormer } from "./watched.ts";

/** What stands in the place of a socket, of which the runtime's epoll has to forget that it was there. */
export interface Bell extends StandIn {
  /** To be called before its number is closed, and while `socket` is open. */
  end(socket: number): void;
}

const RING: Uint8Array = Buffer.alloc(128).subarray(0, 1);

/** An address of no more than a family: the kernel is to choose the name, or of family 0 no peer is meant. */
const FAMILY_SIZE = 2;

/**
 * For a runtime that has the socket in its epoll as `fd` too, edge-triggered (Deno): it finds what a socket of no
 * network sent to itself, whose address it can't read, or nothing before `arm`. Waiting ends only when there was nothing.
 */
export function putBell(libc: SystemCalls, fd: number): Bell | number {
  const bell = openBell(libc);
  if (bell < 0) return bell;
  const errno = replace(libc, fd, bell);
  if (errno !== 0) return errno;
  const cookie = libc.cookie(fd);
  // Whoever else has the number by now is left alone.
  const isBell = (): boolean => libc.cookie(fd) === cookie;
  const ring = (): number => libc.calls.send(fd, RING, RING.length, libc.layout.dontWait) < 0 ? libc.failure() : 0;
  return {
    lasting: false,
    arm: () => isBell() ? ring() : -EBADF,
    hold: () => 0,
    letGo: () => 0,
    end(socket) {
      if (isBell()) unwatchFormer(libc, fd, socket);
    },
  };
}

/**
 * A socket of AF_UNIX with a name that the kernel chose, connected to itself: nobody else's datagrams reach it, and no
 * firewall or network device has a say. It is one of a pair, since a service may be forbidden socket() of that family.
 */
export function openBell(libc: SystemCalls): number {
  const { calls, layout, name, request } = libc;
  const { unix } = layout.linux!;
  const { socketFlags } = layout.descriptors;
  // What is not written is no descriptor of ours.
  request.view.setInt32(0, -1, true);
  request.view.setInt32(4, -1, true);
  if (calls.socketpair(unix, layout.datagram | socketFlags, 0, request.pointer) < 0) return libc.failure();
  const [fd, other] = [request.view.getInt32(0, true), request.view.getInt32(4, true)];
  name.bytes.fill(0);
  name.bytes[0] = unix;
  const bound = libc.bind(fd, FAMILY_SIZE);
  // As long as it has the other for its peer it may not send to itself.
  name.bytes.fill(0);
  const errno = bound || libc.connect(fd, FAMILY_SIZE) || libc.localName(fd) || libc.connect(fd, libc.nameLength);
  libc.close(other);
  if (errno === 0) return fd;
  libc.close(fd);
  return errno;
}
