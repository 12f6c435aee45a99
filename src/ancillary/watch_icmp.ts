import "../dgram.ts";
import type { Handle } from "../core/backend.ts";
import type { KernelIcmpError } from "../core/kernel_socket.ts";
import { builtin } from "../core/builtins.ts";
import { getErrno, systemCallError } from "../core/errors.ts";
import { nextTick } from "../core/process.ts";
import { rawOf } from "../core/raw_of.ts";
import { runningState, type State } from "../core/state.ts";
import { validateFunction } from "../core/validate.ts";
import { isHard } from "./icmp_errnos.ts";
import { QueueWatch } from "./queue_watch.ts";
import type { Sending } from "./send_with.ts";
import { icmpSupportOf, unavailable } from "./support.ts";
import type { IcmpError } from "./types.ts";

/**
 * Has a socket emit 'icmp', with an {@linkcode IcmpError}, for each ICMP error that comes about a datagram it has sent:
 * which datagram, who says so, and why. Without it a connected socket is told of some as 'error', without a word about
 * which datagram, and an unconnected one of none. For a program that traces routes, looks for a path's MTU, or has many
 * peers and wants to know which of them are gone.
 *
 * What it says is a claim: whoever can guess a datagram's ends can forge an ICMP error about it. As long as the socket
 * is watched, no send fails for an error of another's; a connected socket emits 'error' as it does otherwise.
 *
 * Native where {@linkcode ancillarySupport} says so of `icmp`: Linux, with libc, on sockets with `receiveInfo: true`;
 * and in networks in memory. While the socket is paused errors are looked for after each send: in that turn, and 1, 2, 4,
 * … 2048 ms later; `receivedAt` is exact all the same.
 * Source: ip(7) and ipv6(7), IP_RECVERR; measurements.
 *
 * @param socket a socket of this copy of the module, or one of its promises entry; it is bound, and was made with
 * `receiveInfo: true`
 * @param listener is added as one of 'icmp', if it is given
 * @returns What ends that, and removes the listener. `close()` ends it as well
 * @throws {TypeError} ERR_INVALID_ARG_TYPE; ERR_FEATURE_UNAVAILABLE_ON_PLATFORM
 * @throws {Error} EBADF for a socket that is not bound; ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`
 *
 * @example
 * ```ts
 * import { createSocket } from "@x/dgram";
 * import { ancillarySupport, watchIcmp } from "@x/dgram/ancillary";
 *
 * const receiveInfo = ancillarySupport().icmp.support === "native";
 * const socket = createSocket({ type: "udp4", receiveInfo });
 * socket.bindSync({ address: "127.0.0.1" });
 * if (receiveInfo) {
 *   watchIcmp(socket, ({ code, address, port, offender, data }) => {
 *     console.log(code, address, port, offender, String(data)); // ECONNREFUSED 127.0.0.1 9 127.0.0.1 hello
 *     socket.close();
 *   });
 *   socket.send("hello", 9, "127.0.0.1");
 * } else {
 *   socket.close();
 * }
 * ```
 */
export function watchIcmp(socket: Sending, listener?: (error: IcmpError) => void): () => void {
  const raw = rawOf(socket);
  const state = runningState(raw);
  if (listener !== undefined) validateFunction(listener, "listener");
  const { support, note } = icmpSupportOf(state);
  if (support === "unavailable") throw unavailable(state, note);
  const { handle } = state;
  if (handle === null) throw systemCallError(getErrno("EBADF"), "watchIcmp");
  const watch = watches.get(handle) ?? new IcmpWatch(state, handle);
  watches.set(handle, watch);
  watch.begin();
  if (listener !== undefined) raw.on("icmp", listener);
  let isOn = true;
  return () => {
    if (!isOn) return;
    isOn = false;
    if (listener !== undefined) raw.removeListener("icmp", listener);
    watch.end();
  };
}

const watches: WeakMap<Handle, IcmpWatch> = new WeakMap();

/** What is told of one socket's errors. */
class IcmpWatch {
  readonly #state: State;
  readonly #handle: Handle;
  readonly #queue: QueueWatch | null;
  #users = 0;

  constructor(state: State, handle: Handle) {
    this.#state = state;
    this.#handle = handle;
    this.#queue = handle.kernel!.watchIcmp
      ? null
      : new QueueWatch(handle, state.settings.family, () => state.paused, (errors) => this.#tellAll(errors));
  }

  begin(): void {
    if (this.#users === 0) {
      const errno = this.#queue?.begin() ?? 0;
      if (errno < 0) throw systemCallError(errno, "setsockopt");
      this.#handle.kernel!.watchIcmp?.((error) => this.#tell(error));
    }
    this.#users++;
  }

  end(): void {
    if (--this.#users > 0) return;
    this.#queue?.end();
    this.#handle.kernel!.watchIcmp?.(null);
  }

  #tellAll(errors: readonly KernelIcmpError[]): void {
    for (const error of errors) this.#tell(error);
    const hard = errors.filter((error) => this.#isOfPeer(error) && isHard(error, this.#cuts(error))).at(-1);
    // As often as a socket that knows no more than the last error.
    if (hard !== undefined) this.#emit("error", () => systemCallError(hard.errno, "recvmsg"));
  }

  #tell(error: KernelIcmpError): void {
    this.#emit("icmp", () => this.#users > 0 ? shown(error) : undefined);
  }

  /** In a tick, where what a listener throws is an `uncaughtException`. */
  #emit(event: string, value: () => unknown): void {
    const { context, socket } = this.#state;
    nextTick(() => {
      const told = this.#state.closed ? undefined : value();
      if (told !== undefined) context.runInAsyncScope(() => socket.emit(event, told));
    });
  }

  #isOfPeer({ address, port }: KernelIcmpError): boolean {
    const { peer } = this.#state;
    return peer !== null && peer.address === address && peer.port === port;
  }

  #cuts({ origin }: KernelIcmpError): boolean {
    return this.#queue!.cuts(origin === "icmp6" ? 6 : 4);
  }
}

function shown(error: KernelIcmpError): IcmpError {
  return { code: builtin("util").getSystemErrorName(error.errno), ...error };
}
