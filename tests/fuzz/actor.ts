/** A socket of a program: what is heard of it, and what is known of it without asking it. */
import { EventEmitter } from "node:events";
import type { AnySocket } from "../conformance/stage.ts";
import { lookupThatAnswers } from "./names.ts";
import type { Event, Plan, Then } from "./program.ts";

const EVENTS: readonly Event[] = ["listening", "connect", "message", "error", "close"];

/** What an actor needs of the play. */
export interface Play {
  record(text: string, values?: readonly unknown[]): unknown;
  /** Makes calls, and throws afterwards if it says so. */
  carryOut(then: Then, path: string): unknown;
  /** An error that will reach the process unless somebody catches it. */
  belongs(error: unknown): void;
}

/** One that was disconnected has its port still where connections are emulated, and another where a kernel had chosen it. */
const isAt = ({ port, adrift }: Actor, sender: number): boolean => port !== 0 && !adrift && port === sender;

/** How long it travels is not the module's business; nor is when some runtimes let go of a port. */
function markOf(event: Event, [value]: readonly unknown[]): "" | "*" | "!" {
  if (event === "close") return "!";
  return event === "message" || event === "error" && (value as { syscall?: string }).syscall === "recvmsg" ? "*" : "";
}

/** One socket. */
export class Actor {
  readonly label: string;
  readonly plan: Plan;
  readonly socket: AnySocket;
  readonly controller: AbortController | undefined;
  readonly #asNode: boolean;
  bound = false;
  binding = false;
  connecting = false;
  connected = false;
  /** What was asked for while it was binding waits for 'listening'. */
  queued = false;
  /** Its bind calls back, before what waits for 'listening' is carried out. */
  calledBack = false;
  /** Something was queued when it was bound. */
  waited = false;
  /** Its send buffer is too small for a long datagram. */
  narrow = false;
  closing = false;
  /** close() waits for 'listening', too. */
  closeWaits = false;
  closed = false;
  /** What became of its close() is told of no more: its bind has failed, and Node has forgotten it, 107. */
  lost = false;
  /** It has been given a datagram since everything was quiet, which close() would cancel on Node. */
  hasSent = false;
  /** Its peer's answer may be an ICMP error. */
  hasSentToPeer = false;
  /** Whose datagrams for it may still be in the kernel. */
  readonly sentBy: Set<Actor> = new Set();
  /** To whom it is connected, or is to be. */
  peer: Actor | undefined;
  /** It has been bound or connected, or was to be, since everything was quiet. */
  changing = false;
  /** It was disconnected. */
  adrift = false;
  /** Its port, as long as nobody else can have it, and what is left of it afterwards. */
  port = 0;
  /** Where its last datagram had come from when everything was quiet, and where the one is from that it is being told of. */
  #sender = 0;
  #nextSender = 0;
  #toldOf = 0;
  readonly #counts = new Map<Event, number>();

  /**
   * @param asNode compared with node:dgram, which forgets a close() while it is binding if that fails (107), and what waits
   * for a 'listening' that throws (152)
   */
  constructor(label: string, plan: Plan, create: (options: unknown) => AnySocket, play: Play, asNode: boolean) {
    this.label = label;
    this.plan = plan;
    this.#asNode = asNode;
    this.controller = plan.signal ? new AbortController() : undefined;
    const family = plan.type === "udp4" ? 4 : 6;
    this.socket = create({
      type: plan.type,
      reuseAddr: plan.reuseAddr,
      ...(plan.lookup === "none" ? {} : { lookup: lookupThatAnswers(plan.lookup, family) }),
      ...(this.controller ? { signal: this.controller.signal } : {}),
    });
    this.socket.on(EventEmitter.errorMonitor, (error: unknown) => {
      play.belongs(error);
      if (plan.heard) return;
      this.#note("error");
      play.record("'error' that nobody hears", [error]);
    });
    for (const event of EVENTS) {
      if (event === "error" && !plan.heard) continue;
      this.socket.on(event, (...values: unknown[]) => {
        if (this.lost) return;
        this.#note(event, values);
        play.record(`'${event}'`, values);
        const nth = (this.#counts.get(event) ?? 0) + 1;
        this.#counts.set(event, nth);
        this.#toldOf = event === "message" ? this.#nextSender : 0;
        try {
          for (const reaction of plan.reactions) {
            if (reaction.event !== event || reaction.nth !== nth) continue;
            const throws = reaction.throws && !(event === "listening" && this.losesByThrowing(this.queued));
            play.carryOut({ ...reaction, throws }, label + markOf(event, values));
          }
        } finally {
          this.#toldOf = 0;
        }
        // What this listener throws keeps the next one, which would carry out what waits, from being called.
        if (event !== "listening") return;
        this.waited = this.queued;
        this.queued = false;
      });
    }
  }

  /** Whether what a listener of 'listening' threw would keep what waits for it from ever being carried out, 152. */
  losesByThrowing(waits: boolean): boolean {
    return this.#asNode && waits;
  }

  /** Learns what port it has, if it has one. */
  learnPort(): void {
    try {
      this.port = this.socket.address().port || this.port;
    } catch {
      // It has none.
    }
  }

  /** What is sent to it is received for sure. */
  hears({ plan }: Actor): boolean {
    const isOpen = this.bound && !this.closing && !this.connected && !this.connecting;
    return isOpen && this.plan.type === "udp4" && plan.type === "udp4";
  }

  /** Who sent it its last datagram. Of several that may have, it is not chance that decides. */
  senderAmong(actors: readonly Actor[]): Actor | undefined {
    const sender = this.#toldOf || this.#sender;
    return actors.find((actor) => this.sentBy.size > 1 ? this.sentBy.has(actor) : isAt(actor, sender));
  }

  /** Nothing is on its way any more. */
  rest(actors: readonly Actor[]): void {
    this.#sender = this.sentBy.size > 1 ? this.senderAmong(actors)!.port : this.#nextSender;
    this.#nextSender = this.#sender;
    this.sentBy.clear();
    this.hasSent = this.hasSentToPeer = this.changing = false;
  }

  #note(event: Event, values: readonly unknown[] = []): void {
    if (event === "listening") {
      this.bound = true;
      this.binding = false;
      this.learnPort();
    } else if (event === "connect") {
      // It may be disconnected again by now.
      this.connected ||= this.connecting;
      this.connecting = false;
    } else if (event === "error") {
      if (!this.bound) {
        this.lost = this.#asNode && this.closeWaits;
        this.binding = this.queued = false;
      }
      if (!this.connected) this.connecting = false;
    } else if (event === "close") {
      this.closed = true;
    } else {
      this.#nextSender = (values[1] as { port: number }).port;
    }
  }
}
