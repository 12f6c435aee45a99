import "../dgram.ts";
import { bindImplicitly } from "../core/bind.ts";
import { invalidArgType, invalidArgValue } from "../core/errors.ts";
import { rawOf } from "../core/raw_of.ts";
import { runtimeBackend } from "../core/runtime_backend.ts";
import { accept } from "../core/send.ts";
import { Batch, placed } from "../core/send_many.ts";
import { type ReadMessage, readMessage } from "../core/send_arguments.ts";
import { checkNotClosing, kState, type State } from "../core/state.ts";
import type { Socket } from "../core/types.ts";
import { InformedOutgoing } from "./informed_outgoing.ts";
import { readInfo } from "./read_info.ts";
import { ancillarySupportOf, supportOf, unavailable } from "./support.ts";
import type { AncillarySupport, MessageWithInfo } from "./types.ts";

/** A socket of this module, or what has one, as those of the promises entry have. */
export type Sending = Socket | { readonly raw: Socket };

/**
 * Sends each message as a datagram of its own, as `sendMany()` does, and tells the kernel of each what is asked for: the
 * local address and the interface that it leaves by, its hop limit, its traffic class and ECN. They leave in the order of
 * all sends of the socket, up to sixteen in one system call.
 *
 * Native on Linux where libc is there (Node 26 with node:ffi or Node 18 to 24 with koffi through `@x/dgram/ffi`, Deno
 * with --allow-ffi, Bun), and in networks in memory; unavailable elsewhere: see {@linkcode ancillarySupport}.
 * Source: ip(7), ipv6(7), RFC 3542, and measurements.
 *
 * @param socket a socket of this copy of the module, or one of its promises entry
 * @param messages what is sent, each with its destination; without `port` and `address` on a connected socket. It can't
 * have a `segmentSize`
 * @returns How many messages were sent: all. It rejects, with `index` and `sent`, with the error of the first that
 * failed: EINVAL or ENETUNREACH for a `source` that is no address of this host, ENODEV for an interface that is not there,
 * and all that `send()` has. When a message is malformed nothing is sent
 * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; ERR_FEATURE_UNAVAILABLE_ON_PLATFORM where the kernel
 * can't be told. All errors reject the promise
 * @throws {RangeError} ERR_OUT_OF_RANGE; ERR_SOCKET_BAD_PORT
 * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`; ERR_SOCKET_DGRAM_IS_CONNECTED
 *
 * @example
 * ```ts
 * import { createSocket } from "@x/dgram";
 * import { ancillarySupport, sendWith } from "@x/dgram/ancillary";
 *
 * const peer = createSocket("udp4", (_message, from) => {
 *   console.log(from.address); // 127.0.0.2
 *   peer.close();
 * });
 * peer.bindSync({ address: "127.0.0.1" });
 * const { port } = peer.address();
 * const socket = createSocket("udp4");
 * if (ancillarySupport(socket).support === "native") {
 *   await sendWith(socket, [{ data: "hello", port, address: "127.0.0.1", source: "127.0.0.2", hopLimit: 1 }]);
 * } else {
 *   peer.close();
 * }
 * socket.close();
 * ```
 */
export function sendWith(socket: Sending, messages: readonly MessageWithInfo[]): Promise<number> {
  return new Promise((done, fail) => {
    const state = rawOf(socket)[kState];
    if (!Array.isArray(messages)) throw invalidArgType("messages", "an instance of Array", messages);
    const batch = new Batch(messages.length, done, fail);
    const items = Array.from(messages, (message: unknown, index) => readItem(state, message, index, batch));
    batch.left += items.length;
    checkNotClosing(state);
    if (items.length === 0) return done(0);
    if (supportOf(state).support === "unavailable") throw unavailable(state);
    if (state.binding === "unbound") bindImplicitly(state);
    for (const item of items) accept(state, item, true);
  });
}

/**
 * Whether the kernel can be told of single datagrams here, and if not, what would bring it.
 *
 * @param socket one of this copy of the module; without it, those that this runtime's sockets are made of by default
 * @returns its `support` and a `note`, and the same of ICMP errors as `icmp`
 * @throws {TypeError} ERR_INVALID_ARG_TYPE for what is no such socket
 *
 * @example
 * ```ts
 * import { ancillarySupport } from "@x/dgram/ancillary";
 *
 * const { support, note } = ancillarySupport();
 * console.log(support === "native" || note !== undefined); // prints true
 * ```
 */
export function ancillarySupport(socket?: Sending): AncillarySupport {
  return ancillarySupportOf(socket === undefined ? runtimeBackend!.capabilities : rawOf(socket)[kState]);
}

function readItem(
  state: State,
  message: unknown,
  index: number,
  batch: Batch,
): InformedOutgoing {
  const read: ReadMessage = { data: [], hostname: undefined, port: 0, toPeer: state.peer !== null, segmentSize: 0 };
  try {
    readMessage(message, read);
    if (read.segmentSize > 0) throw invalidArgValue("segmentSize", "must be left out here", read.segmentSize);
    const info = readInfo(message as MessageWithInfo, state.settings.family);
    return new InformedOutgoing(read, info, state, (error) => batch.ended(index, error));
  } catch (error) {
    throw placed(error, { index });
  }
}
