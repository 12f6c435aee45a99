// What a socket tells, and who listens.
import type { MessageBuffer, RemoteInfo } from "./backend.ts";
import type { ReceivedMessage } from "./message_types.ts";

/** The events of a socket, with what their listeners are given. */
export interface SocketEvents {
  /** The socket is closed: the port is free, and no other event follows. */
  close: [];
  /** `connect()` or `connectSync()` has succeeded. */
  connect: [];
  /**
   * What had waited for room in the kernel has all left; without the feature `sendInTurn`, what waited for its turn.
   * Not in node:dgram.
   */
  drain: [];
  /**
   * A bind, a look-up or receiving failed, or a send without a callback could not be accepted. The socket stays open.
   * Without a listener it is an uncaught exception.
   */
  error: [error: Error];
  /** The socket is bound and receives. */
  listening: [];
  /** A datagram arrived. The message is a Buffer of its own, of just its size, that nobody else writes to. */
  message: [message: MessageBuffer, from: RemoteInfo];
  /** Datagrams arrived, on a socket made with `batchMessages`; in their order. Not in node:dgram. */
  messages: [messages: ReceivedMessage[]];
}

/** What listens to one of a socket's events; `this` is the socket. */
export type Listener<Event extends keyof SocketEvents> = SocketListeners[Event];

/** What listens to a socket's events, by their names. TypeScript 4.9 finds a listener's parameters in it alone. */
export type SocketListeners = { [Event in keyof SocketEvents]: (...values: SocketEvents[Event]) => void };
