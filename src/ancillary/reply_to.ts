import "../dgram.ts";
import { builtin } from "../core/builtins.ts";
import type { RemoteInfo } from "../core/backend.ts";
import { invalidArgValue } from "../core/errors.ts";
import { nothingElse } from "../core/nothing_else.ts";
import { rawOf } from "../core/raw_of.ts";
import { kState, type State } from "../core/state.ts";
import type { OutgoingMessage } from "../core/types.ts";
import { validateObject, validatePort, validateString } from "../core/validate.ts";
import { isOfMany } from "./reach.ts";
import { type Sending, sendWith } from "./send_with.ts";
import type { MessageWithInfo, SendInfo } from "./types.ts";

/** What {@linkcode replyTo} takes beside the answer. */
export type ReplyOptions = Pick<SendInfo, "hopLimit" | "trafficClass" | "ecn">;

/** fe80::/10, as the kernel writes it. */
const LINK_LOCAL = /^fe[89ab][\da-f]:/;
/** All addresses, or all of IPv4. */
const ANY = /^(::|(::ffff:)?0\.0\.0\.0)$/;

/** Who is answered: what came with the question. */
export type Asker = Pick<RemoteInfo, "address" | "port" | "destination" | "interfaceIndex">;

/**
 * Answers a datagram from the address that it was sent to. On a host with several addresses a plain `send()` leaves from
 * the one that the route gives, and a client that is connected, or behind a firewall, never hears it (RFC 1122, 4.1.3.5).
 * What was sent to a group or to a broadcast address is answered from the interface that it came in by.
 *
 * With a socket that is bound to all addresses, which it is made for, it needs `receiveInfo: true`, and what
 * {@linkcode sendWith} needs. A socket that is bound to one address has one to answer from: there it is a `send()`, on
 * every runtime and without `receiveInfo`.
 *
 * @param socket a socket of this copy of the module, or one of its promises entry
 * @param from what came with the question: `rinfo` of 'message', or a received datagram
 * @param data the answer; a list is joined to one datagram
 * @param options see {@linkcode ReplyOptions}; they need what {@linkcode sendWith} needs, on every socket
 * @returns True when the kernel has taken the answer; false if there is nobody to answer: the source port is 0, which a
 * sender may leave out (RFC 768). It rejects with what `send()` tells; EINVAL or ENETUNREACH also if the address is this host's no more
 * @throws {TypeError} ERR_INVALID_ARG_TYPE; ERR_INVALID_ARG_VALUE for a `from` without `destination` where the socket is
 * bound to all addresses; ERR_FEATURE_UNAVAILABLE_ON_PLATFORM where the kernel can't be told. All errors reject the promise
 * @throws {RangeError} ERR_OUT_OF_RANGE
 * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`; ERR_SOCKET_DGRAM_IS_CONNECTED
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
 * const client = createSocket("udp4", (message) => {
 *   console.log(String(message)); // prints hello
 *   client.close();
 *   server.close();
 * });
 * client.send("hello", server.address().port, "127.0.0.1");
 * ```
 */
export async function replyTo(
  socket: Sending,
  from: Asker,
  data: OutgoingMessage["data"],
  options: ReplyOptions = nothingElse({}),
): Promise<boolean> {
  const raw = rawOf(socket);
  validateObject(from, "from");
  validateObject(options, "options");
  const { address, port, destination, interfaceIndex } = nothingElse({ ...from });
  validateString(address, "from.address");
  validatePort(port, "from.port", true);
  const { hopLimit, trafficClass, ecn } = options;
  if (port === 0) return false;
  const message: MessageWithInfo = nothingElse({ data, port, address, hopLimit, trafficClass, ecn });
  const isPlain = hopLimit === undefined && trafficClass === undefined && ecn === undefined;
  if (isBoundToOne(raw[kState])) {
    await (isPlain ? raw.sendMany([nothingElse({ data, port, address })]) : sendWith(raw, [message]));
    return true;
  }
  if (destination === undefined) {
    throw invalidArgValue("from", "must have the destination, by receiveInfo", from);
  }
  validateString(destination, "from.destination");
  const toMany: MessageWithInfo = nothingElse({ ...message, interfaceIndex });
  if (isOfMany(destination)) {
    await sendWith(raw, [toMany]);
    return true;
  }
  const near = LINK_LOCAL.test(destination) ? interfaceIndex : undefined;
  try {
    await sendWith(raw, [nothingElse({ ...message, source: destination, interfaceIndex: near })]);
  } catch (error) {
    // Nothing but the netmasks tells that it was a broadcast address, from which nothing leaves.
    const isBroadcast = raw[kState].handle?.kernel?.isBroadcast ?? isBroadcastOfHost;
    // What a guard or a bound on the queue refuses is refused again.
    if (!(error as NodeJS.ErrnoException).errno || !isBroadcast(destination)) throw error;
    await sendWith(raw, [toMany]);
  }
  return true;
}

/** False for one that is bound to all addresses, and while it is not bound. */
function isBoundToOne({ handle, peer }: State): boolean {
  const own = handle?.address();
  if (own === undefined || typeof own === "number") return false;
  return peer !== null || !ANY.test(own.address);
}

/** True for the broadcast address of one of this host's networks. */
function isBroadcastOfHost(address: string): boolean {
  const text = address.replace(/^::ffff:/, "");
  try {
    return Object.values(builtin("os").networkInterfaces()).some((all) =>
      all?.some(({ family, netmask, address: own }) =>
        family === "IPv4" && text === broadcastOf(own, netmask) && text !== own
      )
    );
  } catch {
    // A permission is lacking: Deno's --allow-sys=networkInterfaces.
    return false;
  }
}

function broadcastOf(address: string, netmask: string): string {
  const mask = netmask.split(".").map(Number);
  return address.split(".").map((part, i) => Number(part) | ~mask[i] & 255).join(".");
}
