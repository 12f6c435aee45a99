import "../dgram.ts";
import { builtin } from "../core/builtins.ts";
import { rawOf } from "../core/raw_of.ts";
import { kState, type StatefulSocket } from "../core/state.ts";
import type { Socket } from "../core/types.ts";
import { isObject } from "../core/validate.ts";
import { sum } from "./sum.ts";
import { Tap } from "./tap.ts";
import type { Observation, Observations, SocketStats } from "./types.ts";

/** A socket of this module, or what has one, as those of the promises entry have. */
export type Observable = Socket | { readonly raw: Socket };

/**
 * Counts what a socket does, from before it is bound: what came and what became of it, what left and what did not, by
 * reason, what waits, and what the kernel dropped. The channels `x-dgram:socket:…` of `node:diagnostics_channel` are told
 * of it from then on.
 *
 * Native on Node 18 to 26, Deno and Bun. System calls are counted where libc makes them; what the kernel dropped is known
 * with libc, or from /proc/net/udp, on Linux, and in networks in memory. What is not there is undefined, and `missing` says
 * why. Sockets that are not observed cost nothing. On Node without libc, and on Deno without FFI, each send of an observed
 * socket costs what one with a callback does, since nobody else is told how a send ended.
 *
 * @param socket a socket of this copy of the module that is not bound yet, or one that is observed
 * @returns what reads the numbers; for one that is observed, the same as before
 * @throws {TypeError} ERR_INVALID_ARG_TYPE for what is no such socket
 * @throws {Error} ERR_SOCKET_ALREADY_BOUND for one that is bound, or being bound, and was not observed before;
 * ERR_SOCKET_DGRAM_NOT_RUNNING for one that is closed
 *
 * @example
 * ```ts
 * import { createSocket } from "@x/dgram";
 * import { observe } from "@x/dgram/observe";
 *
 * const socket = createSocket("udp4");
 * const observation = observe(socket);
 * socket.on("message", () => {
 *   const { sent, received } = observation.read();
 *   console.log(sent.datagrams, sent.bytes, received.delivered); // prints 1 5 1
 *   socket.close();
 * });
 * socket.bindSync({ address: "127.0.0.1" });
 * socket.send("hello", socket.address().port, "127.0.0.1");
 * ```
 */
export function observe(socket: Observable): Observation {
  return Tap.of(rawOf(socket)).observation;
}

/**
 * Observes all sockets that this copy of the module creates from now on, those of other entries and of libraries over it
 * too: by the channel `udp.socket` of `node:diagnostics_channel`.
 *
 * @returns what lists them and sums up
 *
 * @example
 * ```ts
 * import { observeAll } from "@x/dgram/observe";
 * import { bind } from "@x/dgram/promises";
 *
 * const all = observeAll();
 * const socket = await bind({ address: "127.0.0.1" });
 * await socket.send("hello", socket.address().port, "127.0.0.1");
 * await socket.receive();
 * console.log(all.open().length, all.read().received.delivered); // prints 1 1
 * await socket.close();
 * console.log(all.open().length, all.read().received.delivered); // prints 0 1
 * all.stop();
 * ```
 */
export function observeAll(): Observations {
  const created = builtin("diagnostics_channel").channel("udp.socket");
  const open = new Set<Observation>();
  let closed: SocketStats = sum([]);
  const onCreated = (message: unknown): void => {
    const { socket } = message as { readonly socket: unknown };
    // node:dgram tells of its own there, too.
    if (!isObject(socket) || !(kState in socket)) return;
    const { closing, binding } = (socket as unknown as StatefulSocket)[kState];
    if (closing || binding !== "unbound") return;
    const { bound, closed: ends, observation } = Tap.of(socket as unknown as StatefulSocket);
    // Not before: a socket that is forgotten unbound may be collected.
    bound.add(() => open.add(observation));
    ends.add(() => {
      open.delete(observation);
      closed = sum([closed, observation.read()]);
    });
  };
  created.subscribe(onCreated);
  return {
    open: () => [...open],
    read: () => sum([closed, ...[...open].map((one) => one.read())]),
    stop: () => void created.unsubscribe(onCreated),
  };
}
