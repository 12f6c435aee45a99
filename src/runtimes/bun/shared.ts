import { nextTick } from "../../core/process.ts";
import type { Handle, Host, OpenOptions } from "../../core/backend.ts";
import { DescriptorSearch } from "../libc/descriptor_search.ts";
import { forBun } from "./address.ts";
import { BunHandle } from "./handle.ts";
import { type BunSockets, withDescriptor } from "./open.ts";
import type { BunSocket } from "./types.ts";
import { errnoOf } from "../common/errno.ts";
import { createDgram, stateOf } from "../node/dgram.ts";

/** Where Bun 1.4.5's node:dgram keeps the socket of `Bun.udpSocket` that it is made of. */
interface State {
  readonly handle: { readonly socket: BunSocket };
}

/**
 * Binds in a cluster worker the socket that the primary shares between the workers. Only Bun's node:dgram can ask the
 * primary; the socket that it gets is then taken from it, so that a shared one behaves as every other does.
 */
export function openSharedThrough(
  sockets: BunSockets,
  options: OpenOptions,
  host: Host,
  done: (result: Handle | number) => void,
): void {
  const { family, reuseAddr, ipv6Only, port, fd } = options;
  const address = forBun(options.address, sockets.libc);
  const outer = createDgram({ family, reuseAddr, ipv6Only });
  // Bun 1.4.5 emits 'listening' within a promise chain, which would swallow what a listener throws.
  const onError = (error: Error): void => {
    outer.off("listening", onListening);
    outer.close();
    nextTick(done, errnoOf(error));
  };
  const onListening = (): void => {
    outer.off("error", onError);
    const handle = new BunHandle(sockets, host, options);
    const { libc } = sockets;
    const socket = withDescriptor(stateOf<State>(outer)!.handle.socket, libc && new DescriptorSearch(libc));
    socket.reload(handle.receiving);
    handle.start(socket, address, () => outer.close());
    let given = false;
    let closed = false;
    const { close } = outer;
    // The cluster module closes the shared sockets of a worker that leaves: what waits is not sent to a closed one.
    outer.close = (told) => {
      closed = true;
      if (given) handle.closedBelow();
      return close.call(outer, told);
    };
    nextTick(() => {
      given = true;
      done(handle);
      if (closed) handle.closedBelow();
    });
  };
  outer.once("error", onError);
  outer.once("listening", onListening);
  outer.bind(fd === undefined ? { port, address } : { fd } as never);
}

/** True if a socket can be taken from Bun's node:dgram. */
export function canTakeSockets(): boolean {
  return stateOf<State>(createDgram({ family: 4 })) !== undefined;
}
