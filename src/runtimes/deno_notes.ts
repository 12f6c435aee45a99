import type { Capabilities } from "../core/backend.ts";
import { OFFLOAD_NOTES } from "./offload_support.ts";

/** What is missing without libc, and what would bring it. */
export const NEEDS_FFI = "needs libc through --allow-ffi";

/** The notes that hold for every socket of Deno's, whichever of its two APIs it is made of. */
export const DENO_NOTES: Capabilities["notes"] = {
  ...OFFLOAD_NOTES,
  bindToDevice: NEEDS_FFI,
  closeInTurn: "'close' comes when the pending receive has let go of the port, some turns after close(); " +
    "an earlier one " + NEEDS_FFI,
  cluster: "Deno's workers share no UDP sockets",
  connect: "foreign datagrams are filtered and the local address is inferred from the interfaces (--allow-sys); " +
    "a connection in the kernel " + NEEDS_FFI,
  dontFragment: NEEDS_FFI,
  fd: "what is neither a UDP socket nor a TCP socket, a pipe, a file or a terminal is closed in the attempt, and so " +
    "is the descriptor of a socket that Deno opened itself; to leave them alone " + NEEDS_FFI,
  icmpErrors: `ECONNREFUSED of a connected socket ${NEEDS_FFI}`,
  linkLocalScope: "Deno tells no scope: it is that of the address bound to, or of the only interface with link-local " +
    "addresses (--allow-sys)",
  pathMTU: NEEDS_FFI,
  receiveInfo: NEEDS_FFI,
  recvBufferSize: NEEDS_FFI,
  reusePort: NEEDS_FFI,
  sendBatch: "one datagram at a time, to keep the order",
  sendBufferSize: NEEDS_FFI,
  sendInTurn: "Deno's sends are asynchronous, and their callbacks come some turns later; the kernel's own " + NEEDS_FFI,
  trafficClass: NEEDS_FFI,
};
