/** Descriptors between processes as Linux has them: control messages of a Unix socket (SCM_RIGHTS). */
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { getErrno, systemCallError } from "../core/errors.ts";
import type { Libc } from "./kernel.ts";

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
/** MSG_CMSG_CLOEXEC. */
const CLOSE_ON_EXEC = 0x4000_0000;
const NAME_BYTES = 16;

/** Where each part of the block is: struct mmsghdr, struct iovec, struct cmsghdr with room for one int, name, bytes. */
const IOVEC = 64;
const CONTROL = 80;
/** Without the padding, in which the kernel would put a second descriptor. */
const CONTROL_LENGTH = 20;
const NAME = 104;
/** The family, a byte 0 for a name that is in no file system, and the name. */
const NAME_LENGTH = 3 + NAME_BYTES;
const BYTES = 128;
/** More than the kernel queues for a socket: who sends on and on is not listened to for ever. */
const MOST_LETTERS = 1024;

/** True if descriptors can be passed by these calls. */
export function hasLetters({ layout }: Libc): boolean {
  return layout.linux !== null;
}

/** A receiver's socket, which has one descriptor sent to it. */
export class Letterbox {
  /** A `token`, which goes by the IPC channel alone, has to come with what is sent here. */
  readonly name: string = randomBytes(NAME_BYTES).toString("hex");
  readonly #libc: Libc;
  #fd: number;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#fd = open(libc);
    const { block, pointer } = blockOf(libc, this.name);
    if (libc.calls.bind(this.#fd, pointer(NAME), NAME_LENGTH) < 0) {
      const errno = libc.failure();
      this.close();
      throw systemCallError(errno, "bind");
    }
    keep(block);
  }

  /**
   * The descriptor that came with the token: what others have sent, who see the name in /proc/net/unix, is closed. Throws
   * if there is none.
   */
  take(token: string): number {
    const { calls, layout } = this.#libc;
    for (let i = 0; i < MOST_LETTERS; i++) {
      const { block, view, pointer } = blockOf(this.#libc, "");
      if (calls.recvmsg(this.#fd, pointer(0), layout.dontWait | CLOSE_ON_EXEC) < 0) {
        throw systemCallError(this.#libc.failure(), "recvmsg");
      }
      // Where there were more the kernel has closed what had no room.
      const came = view.getUint32(40, true) >= CONTROL_LENGTH && view.getInt32(CONTROL + 8, true) === SOL_SOCKET &&
        view.getInt32(CONTROL + 12, true) === SCM_RIGHTS;
      const fd = came ? view.getInt32(CONTROL + 16, true) : -1;
      if (fd >= 0 && block.toString("latin1", BYTES, BYTES + token.length) === token) return fd;
      if (fd >= 0) this.#libc.close(fd);
    }
    throw systemCallError(getErrno("EAGAIN"), "recvmsg");
  }

  /** May be called again: the number may be another's by then. */
  close(): void {
    if (this.#fd >= 0) this.#libc.close(this.#fd);
    this.#fd = -1;
  }
}

/** Sends a descriptor to the letterbox of that name; throws if it is not there. */
export function post(libc: Libc, fd: number, name: string, token: string): void {
  const from = open(libc);
  const { block, view, pointer } = blockOf(libc, name);
  block.write(token, BYTES, "latin1");
  view.setInt32(CONTROL + 16, fd, true);
  const errno = libc.calls.sendmmsg(from, pointer(0), 1, libc.layout.dontWait) < 0 ? libc.failure() : 0;
  keep(block);
  libc.close(from);
  if (errno < 0) throw systemCallError(errno, "sendmsg");
}

function open(libc: Libc): number {
  const { linux, datagram, descriptors } = libc.layout;
  const fd = libc.calls.socket(linux!.unix, datagram | descriptors.socketFlags, 0);
  if (fd < 0) throw systemCallError(libc.failure(), "socket");
  return fd;
}

interface Block {
  readonly block: Buffer;
  readonly view: DataView;
  pointer(at: number): ReturnType<Libc["binding"]["pointer"]>;
}

/** A message of 32 bytes with one descriptor, to or from that name. The structs are those of 64-bit systems. */
function blockOf({ binding }: Libc, name: string): Block {
  const block = Buffer.from(new ArrayBuffer(256));
  const view = new DataView(block.buffer);
  const address = (at: number): bigint => binding.address(block.subarray(at));
  if (name !== "") {
    view.setBigUint64(0, address(NAME), true);
    view.setUint32(8, NAME_LENGTH, true);
    view.setUint16(NAME, 1, true);
    block.write(name, NAME + 3, "hex");
  }
  view.setBigUint64(16, address(IOVEC), true);
  view.setUint32(24, 1, true);
  view.setBigUint64(32, address(CONTROL), true);
  view.setUint32(40, CONTROL_LENGTH, true);
  view.setBigUint64(IOVEC, address(BYTES), true);
  view.setUint32(IOVEC + 8, 32, true);
  view.setUint32(CONTROL, CONTROL_LENGTH, true);
  view.setInt32(CONTROL + 8, SOL_SOCKET, true);
  view.setInt32(CONTROL + 12, SCM_RIGHTS, true);
  return { block, view, pointer: (at) => binding.pointer(block.subarray(at)) };
}

/** A use after the call, so that no engine frees the memory during it. */
function keep(block: Buffer): void {
  block[0] = 0;
}
