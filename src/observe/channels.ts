import "../dgram.ts";
import type { Channel } from "node:diagnostics_channel";
import { builtin } from "../core/builtins.ts";
import type { ChannelMessages } from "./types.ts";

const EVENTS = ["open", "bind", "send", "message", "error", "drop", "close"] as const;

/** What a channel is about. */
export type ObservedEvent = (typeof EVENTS)[number];

const all = Object.fromEntries(
  EVENTS.map((event) => [event, builtin("diagnostics_channel").channel(`x-dgram:socket:${event}`)]),
) as Record<ObservedEvent, Channel>;

/** Of what comes in numbers: to find a channel by its name takes a third of what it costs to observe a datagram. */
export const messageChannel: Channel = all.message;
export const sendChannel: Channel = all.send;

/** True if somebody listens: else nothing is made of what happens. */
export function isHeard(event: ObservedEvent): boolean {
  return all[event].hasSubscribers;
}

/**
 * Tells whoever listens. What a listener throws the channel tells the process. Node 18.20.8 throws by itself where the last
 * one stops listening within the call (nodejs/node#48933).
 */
export function publish<Event extends ObservedEvent>(
  event: Event,
  message: ChannelMessages[`x-dgram:socket:${Event}`],
): void {
  const channel = all[event];
  try {
    channel.publish(message);
  } catch (error) {
    if (channel.hasSubscribers) throw error;
  }
}
