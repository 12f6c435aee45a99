import type { Capabilities } from "../../core/backend.ts";
import { noteOfBufferSize } from "../common/ignored_buffer_size.ts";
import { denoLibc } from "./libc.ts";
import { isLibc } from "../libc/load.ts";
import { OFFLOAD_NOTES } from "../kernel/offload_support.ts";
import { isLinux, isWindows } from "../common/platform.ts";
import { NOT_SPREAD, NOTES_ON_WINDOWS } from "../common/windows_notes.ts";

/** What would bring what is missing without libc, or why nothing does here. */
export function needsFFI(): string {
  const loaded = denoLibc();
  if (isLibc(loaded)) return "needs libc through --allow-ffi, on Linux";
  return loaded.remedy === undefined ? `needs libc (${loaded.absent})` : "needs libc through --allow-ffi";
}

/** The notes that hold for every socket of Deno's, whichever of its two APIs it is made of. @param needs `needsFFI()` */
export function denoNotes(needs: string): Capabilities["notes"] {
  return {
    ...OFFLOAD_NOTES,
    bindToDevice: needs,
    closeInTurn: "'close' comes when the pending receive has let go of the port, some turns after close(); " +
      `an earlier one ${needs}`,
    cluster: CLUSTER_NOTE,
    connect:
      "foreign datagrams are filtered, the local address is inferred from the interfaces (--allow-sys), and that " +
      `no way leads to the peer is told by the first send; a connection in the kernel ${needs}`,
    dontFragment: needs,
    fd: isWindows() ? NOTES_ON_WINDOWS.fd : "the socket is received from and sent by a duplicate; that a socket of " +
      "another module's has the descriptor shows with libc only",
    icmpErrors: isWindows() ? NOTES_ON_WINDOWS.icmpErrors : `ECONNREFUSED of a connected socket ${needs}`,
    ipv6Only: isWindows() ? "left out, a udp6 socket on :: is two sockets in the kernel, at one port" : undefined,
    linkLocalScope: SCOPE_NOTE,
    multicastTTL: `on udp6 sockets any value but 1, which they have at first, ${needs}`,
    pathMTU: needs,
    receiveInfo: needs,
    recvBufferSize: noteOfBufferSize(needs),
    reusePort: isLinux() ? needs : NOT_SPREAD,
    sendBatch: "one datagram at a time, to keep the order",
    sendBufferSize: noteOfBufferSize(needs),
    sendInTurn: `Deno's sends are asynchronous, and their callbacks come some turns later; the kernel's own ${needs}`,
    trafficClass: needs,
  };
}

/** The note of `cluster`. */
export const CLUSTER_NOTE: string = "Deno's workers share no UDP sockets";

/** The note of `linkLocalScope`. */
export const SCOPE_NOTE: string =
  "Deno tells no scope: it is that of the address bound to, or of the only interface with link-local " +
  "addresses (--allow-sys)";
