/**
 * What sockets do, for who operates them: numbers of each way, by reason, with what the kernel dropped; events on
 * `node:diagnostics_channel`; and captures.
 *
 * @example
 * ```ts
 * import { createSocket } from "@x/dgram";
 * import { observe } from "@x/dgram/observe";
 *
 * const server = createSocket("udp4");
 * const observation = observe(server);
 * server.bindSync({ address: "127.0.0.1" });
 * console.log(observation.read().received.datagrams); // prints 0
 * server.close();
 * ```
 *
 * @module
 */
export { capture } from "./capture.ts";
export { type Observable, observe, observeAll } from "./observe.ts";
export type {
  BatchCount,
  BufferUse,
  Capture,
  CaptureOptions,
  ChannelMessages,
  KernelStats,
  Observation,
  Observations,
  ReceivedStats,
  SentStats,
  SocketStats,
} from "./types.ts";
