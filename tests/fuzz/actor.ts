/** A socket of a program: what is heard of it, and what is known of it without asking it. */
import { EventEmitter } from "node:events";
import type { AnySocket } from "../conformance/stage.ts";
import { lookupThatAnswers } from "./names.ts";
import type { Event, Plan, Then } from "./program.ts";

const EVENTS: readonly Event[] = ["listening", "connect", "message", "error", "close"];

/** What an actor needs of the play. */
export interface Play {
  record(label: string, text: string, values?: readonly unknown[]): unknown;
  /** Makes calls, and throws afterwards if it says so. */
  carryOut(label: string, then: Then): unknown;
  /** An error that will reach the process unless somebody catches it. */
  belongs(error: unknown, label: string): void;
}

/** One socket. */
export class Actor {
  readonly label: string;
  readonly plan: Plan;
  readonly socket: AnySocket;
  readonly controller: AbortController | undefined;
  bound = false;
  binding = false;
  connecting = false;
  connected = false;
  /** What was asked for while it was binding waits for 'listening'. */
  queued = false;
  closing = false;
  /** close() waits for 'listening', too. */
  closeWaits = false;
  closed = false;
  /** It has been given a datagram since everything was quiet, which close() would cancel on Node. */
  hasSent = false;
  /** A datagram for it may still be in the kernel. */
  isSentTo = false;
  /** Its port, as long as nobody else can have it, and what is left of it afterwards. */
  port = 0;
  /** Where its last datagram came from. */
  sender = 0;
  readonly #counts = new Map<Event, number>();

  constructor(label: string, plan: Plan, create: (options: unknown) => AnySocket, play: Play) {
    this.label = label;
    this.plan = plan;
    this.controller = plan.signal ? new AbortController() : undefined;
    const family = plan.type === "udp4" ? 4 : 6;
    this.socket = create({
      type: plan.type,
      reuseAddr: plan.reuseAddr,
      ...(plan.lookup === "none" ? {} : { lookup: lookupThatAnswers(plan.lookup, family) }),
      ...(this.controller ? { signal: this.controller.signal } : {}),
    });
    this.socket.on(EventEmitter.errorMonitor, (error: unknown) => {
      play.belongs(error, label);
      if (plan.heard) return;
      this.#note("error");
      play.record(label, "'error' that nobody hears", [error]);
    });
    for (const event of EVENTS) {
      if (event === "error" && !plan.heard) continue;
      this.socket.on(event, (...values: unknown[]) => {
        this.#note(event, values);
        play.record(label, `'${event}'`, values);
        const nth = (this.#counts.get(event) ?? 0) + 1;
        this.#counts.set(event, nth);
        for (const reaction of plan.reactions) {
          if (reaction.event === event && reaction.nth === nth) play.carryOut(label, reaction);
        }
        // What this listener throws keeps the next one, which would carry out what waits, from being called.
        if (event === "listening") this.queued = false;
      });
    }
  }

  /** Learns what port it has, if it has one. */
  learnPort(): void {
    try {
      this.port = this.socket.address().port || this.port;
    } catch {
      // It has none.
    }
  }

  #note(event: Event, values: readonly unknown[] = []): void {
    if (event === "listening") {
      this.bound = true;
      this.binding = false;
      this.learnPort();
    } else if (event === "connect") {
      this.connected = true;
      this.connecting = false;
    } else if (event === "error") {
      if (!this.bound) this.binding = this.queued = false;
      if (!this.connected) this.connecting = false;
    } else if (event === "close") {
      this.closed = true;
    } else {
      this.sender = (values[1] as { port: number }).port;
    }
  }
}
