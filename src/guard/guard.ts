import "../dgram.ts";
import type { MessageBuffer, RemoteInfo } from "../core/backend.ts";
import { nothingElse } from "../core/nothing_else.ts";
import type { Outgoing } from "../core/outgoing.ts";
import { rawOf } from "../core/raw_of.ts";
import { backendOf, kState, observerOf, type State, type StatefulSocket } from "../core/state.ts";
import type { ReceivedMessage, Socket } from "../core/types.ts";
import { alreadyGuarded } from "./errors.ts";
import { readOptions, readTokenOptions } from "./read_options.ts";
import { HmacTokens } from "./tokens.ts";
import type { Guard, GuardOptions, TokenOptions, Tokens } from "./types.ts";
import { Watch } from "./watch.ts";

const guarded: WeakSet<object> = new WeakSet();

/** A socket of this module, or what has one, as those of the promises entry have. */
export type Guardable = Socket | { readonly raw: Socket };

/**
 * Keeps watch over a socket, from now on: a server of a protocol that anybody may speak to.
 *
 * - To a source that has not been validated at most three times the bytes are sent that came from it (RFC 9000, 8.1), and
 *   nothing where nothing came from. An answer beyond that is not sent: its callback, or promise, gets an error, and
 *   `counts` has it. A source is validated by a token that it sends back, or by `validate`.
 * - From an IPv4 /24 or an IPv6 /64 no more comes than its rates allow, those of its validated sources apart.
 * - What could be a loop is not listened to: datagrams from the socket's own address and port, from its port number
 *   elsewhere, and from the ports of services that answer whatever comes.
 *
 * It stands between the socket and its listeners of 'message' or 'messages', of whatever kind and order, and before what
 * leaves by `send`, `sendto` and `sendMany`. A connected socket's peer is the program's own choice: what is sent to it is
 * not limited. The memory is fixed when the guard is made: 2 MB with the defaults.
 *
 * Works alike on Node 18 to 26, Deno and Bun, on every backend. On Deno the addresses of this host are known with
 * `--allow-sys=networkInterfaces`; without it, the one that it is bound to and those of loopback.
 *
 * @param socket a socket of this copy of the module, or one of its promises entry
 * @param options see {@linkcode GuardOptions}
 * @returns what counts, and validates
 * @throws {TypeError} ERR_INVALID_ARG_TYPE for what is no such socket; ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for
 * options that are none
 * @throws {RangeError} ERR_OUT_OF_RANGE; ERR_SOCKET_BAD_PORT
 * @throws {Error} ERR_SOCKET_DGRAM_GUARDED for a socket that has a guard
 *
 * @example An answer that is longer than its question only for who has shown where he is
 * ```ts
 * import { createSocket } from "@x/dgram";
 * import { guard } from "@x/dgram/guard";
 *
 * const server = createSocket("udp4");
 * const { token } = guard(server);
 * server.on("message", (message, from) => {
 *   const proven = token.check(message.subarray(0, 22), from);
 *   server.send(proven ? "a long answer".repeat(50) : token.make(from), from.port, from.address);
 * });
 * server.bindSync({ address: "127.0.0.1" });
 *
 * const client = createSocket("udp4", (message) => {
 *   if (message.length === 22) return client.send(message, server.address().port, "127.0.0.1");
 *   console.log(message.length); // prints 650
 *   client.close();
 *   server.close();
 * });
 * client.send("hello, and some padding", server.address().port, "127.0.0.1");
 * ```
 */
export function guard(socket: Guardable, options: GuardOptions = nothingElse({})): Guard {
  const raw = rawOf(socket);
  const read = readOptions(options);
  const { clock } = backendOf(raw);
  const now = clock === undefined ? Date.now : () => clock.now();
  const token = new HmacTokens(readTokenOptions(options.token ?? nothingElse({}), now));
  if (guarded.has(raw)) throw alreadyGuarded();
  const watch = new Watch(raw, read, now);
  const release = [standBeforeListeners(raw, watch), standBeforeOutbox(raw[kState], watch)];
  guarded.add(raw);
  return {
    get counts() {
      return { ...watch.counts };
    },
    token: {
      make: (source) => token.make(source),
      check: (text, source) => {
        const isGood = token.check(text, source);
        if (isGood) watch.validate(source);
        return isGood;
      },
    },
    validate: (source) => watch.validate(source),
    isValidated: (source) => watch.isValidated(source),
    invalidate: (source) => watch.invalidate(source),
    stop: () => {
      for (const end of release.splice(0)) {
        end();
        // Not where it was stopped before: the mark may be the next guard's.
        guarded.delete(raw);
      }
    },
  };
}

/**
 * Makes tokens and checks them, without a guard: for several processes that share a secret, or for other uses.
 *
 * @param options see {@linkcode TokenOptions}
 * @returns what makes and checks
 * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for options that are none
 * @throws {RangeError} ERR_OUT_OF_RANGE
 *
 * @example
 * ```ts
 * import { createTokens } from "@x/dgram/guard";
 *
 * const secret = "the same in each process, from its configuration";
 * const [one, other] = [createTokens({ secret }), createTokens({ secret })];
 * const token = one.make({ address: "192.0.2.1", port: 5000 });
 * console.log(other.check(token, { address: "192.0.2.1", port: 5000 })); // prints true
 * console.log(other.check(token, { address: "192.0.2.2", port: 5000 })); // prints false
 * ```
 */
export function createTokens(options: TokenOptions = nothingElse({})): Tokens {
  return new HmacTokens(readTokenOptions(options, Date.now));
}

/** Where a socket keeps the `emit` that was there before: what is called as its method costs less. */
const kEmit: unique symbol = Symbol("emit");

type Emit = (this: Socket, event: string | symbol, ...values: unknown[]) => boolean;
type GuardedSocket = StatefulSocket & { readonly [kEmit]: Emit };

/** All listeners are called by `emit`, those of classes and of others who stand there before, too. */
function standBeforeListeners(socket: StatefulSocket, watch: Watch): () => void {
  const own = Object.getOwnPropertyDescriptor(socket, "emit");
  const below = socket.emit as Emit;
  let isOver = false;
  const admits = (data: MessageBuffer, from: RemoteInfo): boolean => {
    const isAdmitted = watch.admits(data.length, from);
    if (!isAdmitted) observerOf(socket)?.keptBack("guard", data.length, from);
    return isAdmitted;
  };
  // Without an array of its arguments for each datagram.
  const emit = function (this: GuardedSocket, event: string | symbol, first: unknown, second: unknown): boolean {
    if (!isOver && event === "message" && arguments.length === 3) {
      if (isDatagram(first, second) && !admits(first as MessageBuffer, second as RemoteInfo)) return false;
      if (this === socket) return this[kEmit](event, first, second);
    }
    if (!isOver && event === "messages" && Array.isArray(first)) {
      const all = first as ReceivedMessage[];
      const admitted = all.filter((one) => !isDatagram(one?.data, one) || admits(one.data, one));
      if (!admitted.length && all.length) return false;
      return below.call(this, event, admitted);
    }
    return below.apply(this, arguments as unknown as Parameters<Emit>);
  };
  const define = (name: string | symbol, value: unknown): unknown =>
    Object.defineProperty(socket, name, { value, writable: true, configurable: true });
  define(kEmit, below);
  define("emit", emit);
  return () => {
    isOver = true;
    if (socket.emit !== emit as unknown) return;
    if (own) Object.defineProperty(socket, "emit", own);
    else delete (socket as { emit?: unknown }).emit;
  };
}

/** False for what only a program can have emitted. */
function isDatagram(data: unknown, from: unknown): boolean {
  return data instanceof Uint8Array && typeof (from as RemoteInfo | null)?.address === "string";
}

/** There every datagram has its numeric destination, whatever call and look-up it came from. */
function standBeforeOutbox({ outbox }: State, watch: Watch): () => void {
  const below = { push: outbox.push, pushNow: outbox.pushNow };
  const check = (outgoing: Outgoing): void => {
    if (outgoing.toPeer || outgoing.refusal) return;
    try {
      outgoing.refusal = watch.refusalOf(outgoing);
    } catch (error) {
      // What a list of the user's throws may be anything, and a number would be an errno.
      outgoing.refusal = Object(error);
    }
    if (outgoing.refusal) outgoing.forget();
  };
  outbox.push = (outgoing) => {
    check(outgoing);
    return below.push.call(outbox, outgoing);
  };
  outbox.pushNow = (outgoing) => {
    check(outgoing);
    below.pushNow.call(outbox, outgoing);
  };
  return () => Object.assign(outbox, below);
}
