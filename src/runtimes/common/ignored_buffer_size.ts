import { getProcess } from "../../core/process.ts";

const MESSAGE = "The sizes of the kernel's buffers can't be set here: recvBufferSize, sendBufferSize, " +
  "setRecvBufferSize() and setSendBufferSize() have no effect. That ";

let told = false;

/**
 * Takes a size that can't be set (Deno 2.9.5), since a socket works without it, and warns once for each thread.
 *
 * @param remedy asked for the warning alone
 */
export function ignoreBufferSize(remedy: () => string): number {
  if (!told) {
    told = true;
    getProcess().emitWarning(MESSAGE + remedy(), { type: "UnsupportedWarning", code: "DGRAM_BUFFER_SIZE_IGNORED" });
  }
  return 0;
}

/** The note of both features. */
export function noteOfBufferSize(remedy: string): string {
  return `a size is taken, with a warning, and not set; to set and to read it ${remedy}`;
}
