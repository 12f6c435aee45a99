import type { Capabilities } from "../../core/backend.ts";

/** Why ports can't be shared on Windows and macOS, where libuv refuses it. */
export const NOT_SPREAD: string =
  "the kernel spreads no datagrams over the sockets of a port: those of Linux and FreeBSD do";

/** Why Bun and Deno lack on Windows what they have elsewhere. */
export const NOTES_ON_WINDOWS: Capabilities["notes"] = {
  cluster: "Windows gives no UDP socket to another process: each worker binds its own",
  fd: "Windows' sockets have no descriptors",
  icmpErrors:
    "Windows tells of them as of a reset, and also a socket that is not connected: here, as in libuv, nobody is told",
  reusePort: NOT_SPREAD,
};
