import type { EventEmitter } from "node:events";
import type { Listener, SocketEvents } from "./event_types.ts";

/** The listeners of a socket: those of its own events are typed. A part of the interface of a socket. */
export interface SocketEmitter extends EventEmitter {
  /** Adds a listener; the socket's own events are typed. */
  addListener<Event extends keyof SocketEvents>(event: Event, listener: Listener<Event>): this;
  /** Adds a listener of any other event. */
  // deno-lint-ignore no-explicit-any
  addListener(event: string | symbol, listener: (...values: any[]) => void): this;
  /** Adds a listener; the socket's own events are typed. */
  on<Event extends keyof SocketEvents>(event: Event, listener: Listener<Event>): this;
  /** Adds a listener of any other event. */
  // deno-lint-ignore no-explicit-any
  on(event: string | symbol, listener: (...values: any[]) => void): this;
  /** Adds a listener that is called once; the socket's own events are typed. */
  once<Event extends keyof SocketEvents>(event: Event, listener: Listener<Event>): this;
  /** Adds a listener that is called once of any other event. */
  // deno-lint-ignore no-explicit-any
  once(event: string | symbol, listener: (...values: any[]) => void): this;
  /** Adds a listener before those that are there; the socket's own events are typed. */
  prependListener<Event extends keyof SocketEvents>(event: Event, listener: Listener<Event>): this;
  /** Adds a listener before those that are there of any other event. */
  // deno-lint-ignore no-explicit-any
  prependListener(event: string | symbol, listener: (...values: any[]) => void): this;
  /** Adds a listener before those that are there, which is called once; the socket's own events are typed. */
  prependOnceListener<Event extends keyof SocketEvents>(event: Event, listener: Listener<Event>): this;
  /** Adds a listener before those that are there, which is called once of any other event. */
  // deno-lint-ignore no-explicit-any
  prependOnceListener(event: string | symbol, listener: (...values: any[]) => void): this;
  /** Removes a listener; the socket's own events are typed. */
  removeListener<Event extends keyof SocketEvents>(event: Event, listener: Listener<Event>): this;
  /** Removes a listener of any other event. */
  // deno-lint-ignore no-explicit-any
  removeListener(event: string | symbol, listener: (...values: any[]) => void): this;
  /** Removes a listener; the socket's own events are typed. */
  off<Event extends keyof SocketEvents>(event: Event, listener: Listener<Event>): this;
  /** Removes a listener of any other event. */
  // deno-lint-ignore no-explicit-any
  off(event: string | symbol, listener: (...values: any[]) => void): this;
  /** Calls the listeners of an event; the socket's own events are typed. */
  emit<Event extends keyof SocketEvents>(event: Event, ...values: SocketEvents[Event]): boolean;
  /** Calls the listeners of any other event. */
  // deno-lint-ignore no-explicit-any
  emit(event: string | symbol, ...values: any[]): boolean;
}
