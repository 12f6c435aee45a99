import type { Capabilities } from "../core/backend.ts";
import { noteOfBufferSize } from "./ignored_buffer_size.ts";
import { OFFLOAD_NOTES } from "./offload_support.ts";

/** What is missing without libc, and what would bring it. */
export const NEEDS_FFI = "needs libc through --allow-ffi";

/** The note of `multicastTTL`. */
export const MULTICAST_TTL_NOTE: string = `on udp6 sockets any value but 1, which they have at first, ${NEEDS_FFI}`;

/** The notes that hold for every socket of Deno's, whichever of its two APIs it is made of. */
export const DENO_NOTES: Capabilities["notes"] = {
  ...OFFLOAD_NOTES,
  bindToDevice: NEEDS_FFI,
  closeInTurn: "'close' comes when the pending receive has let go of the port, some turns after close(); " +
    "an earlier one " + NEEDS_FFI,
  cluster: "Deno's workers share no UDP sockets",
  connect:
    "foreign datagrams are filtered, the local address is inferred from the interfaces (--allow-sys), and that " +
    "no way leads to the peer is told by the first send; a connection in the kernel " + NEEDS_FFI,
  dontFragment: NEEDS_FFI,
  fd:
    "the socket is received from and sent by a duplicate; that a socket of another module's has the descriptor shows " +
    "with libc only",
  icmpErrors: `ECONNREFUSED of a connected socket ${NEEDS_FFI}`,
  linkLocalScope: "Deno tells no scope: it is that of the address bound to, or of the only interface with link-local " +
    "addresses (--allow-sys)",
  pathMTU: NEEDS_FFI,
  receiveInfo: NEEDS_FFI,
  recvBufferSize: noteOfBufferSize(NEEDS_FFI),
  reusePort: NEEDS_FFI,
  sendBatch: "one datagram at a time, to keep the order",
  sendBufferSize: noteOfBufferSize(NEEDS_FFI),
  sendInTurn: "Deno's sends are asynchronous, and their callbacks come some turns later; the kernel's own " + NEEDS_FFI,
  trafficClass: NEEDS_FFI,
};
