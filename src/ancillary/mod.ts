/**
 * What the kernel is told of single datagrams: the address and the interface that they leave by, their hop limit, traffic
 * class and ECN; answers from the address that was asked, on hosts with several; and the ICMP errors that come back.
 *
 * @example
 * ```ts
 * import { createSocket } from "@x/dgram";
 * import { replyTo } from "@x/dgram/ancillary";
 *
 * const server = createSocket("udp4", (message, from) => {
 *   replyTo(server, from, message).catch(console.warn);
 * });
 * server.bindSync({ address: "127.0.0.1" });
 * console.log(server.address().address); // prints 127.0.0.1
 * server.close();
 * ```
 *
 * @module
 */
export { probePathMTU } from "./probe_path_mtu.ts";
export { type Asker, type ReplyOptions, replyTo } from "./reply_to.ts";
export { ancillarySupport, type Sending, sendWith } from "./send_with.ts";
export type { AncillarySupport, IcmpError, MessageWithInfo, SendInfo, Supported } from "./types.ts";
export { watchIcmp } from "./watch_icmp.ts";
