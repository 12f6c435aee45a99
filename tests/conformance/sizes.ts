/** What kernels make of a buffer's size. */
import process from "node:process";

/** The size that Linux would answer: twice what was asked for, half of which is for its own records. */
export function likeLinux(size: unknown): unknown {
  return process.platform === "linux" ? size : 2 * (size as number);
}
