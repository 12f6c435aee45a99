/** Virtual time: what happens when, and the program's turns in between. */
import type { Backend } from "../core/backend.ts";
import { nothingElse } from "../core/nothing_else.ts";
import { microtask, nextTick } from "../core/process.ts";
import { type Change, changeOf } from "./change.ts";
import { showTime } from "./duration.ts";
import { alreadyRunning, networkClosed, neverAtRest } from "./errors.ts";
import { type Event, EventQueue } from "./event_queue.ts";
import { Pace } from "./pace.ts";
import { setImmediate } from "./real_timers.ts";

/** Something that the program is told as soon as it has its turn. */
export interface Task {
  /**
   * Where that is cheaper than to enter its asynchronous context when it happens: calls the timeline's `turn` in a tick of
   * that context, after a microtask, and answers true.
   */
  enter(): boolean;
  happen(): void;
}

/** Timers of others, which go on with this time. */
export interface Follower {
  /** Whether they are waited for by those who wait for rest. */
  readonly pending: boolean;
  /** When they have to be told at the latest. */
  readonly next: number;
  /** Whether they have not been told yet that time went on. */
  readonly isBehind: boolean;
  happen(): void;
  /** What they are, for whoever wants to know why there is no rest. */
  describe(): string;
}

/** How long a run goes on. */
export interface Bounds {
  /** It ends at this time. */
  readonly until?: number | undefined;
  /** It ends when nothing is left that would happen. */
  readonly idle?: boolean | undefined;
  /** It ends when there is a result. */
  readonly settled?: (() => boolean) | undefined;
  /** It ends when the instant is over in which something has happened. */
  readonly step?: boolean | undefined;
  /** It fails if it has not ended by then. */
  readonly limit?: number | undefined;
  /** How many times as fast as real time it may be. */
  readonly speed?: number | undefined;
}

interface Run extends Bounds {
  readonly pace: Pace | null;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

/** What a program that never lets time go by may be told in one instant. */
const MOST_AT_ONCE = 1_000_000;

/**
 * An instant has turns, like those of an event loop. What is received by then is told first, each thing with its ticks and
 * microtasks before the next one; then immediates have their turn, and what has been sent meanwhile is received. When
 * nothing is left time goes on. So all that the program is told in one turn costs one immediate.
 *
 * Between two things that are told there are one microtask and one tick, no less: it follows the microtasks and the ticks of
 * the first.
 */
export class Timeline {
  /** Tenths of a microsecond since the network began. */
  now = 0;
  /** Is given what the program throws when it is told something; without it that is an `uncaughtException`. */
  onThrown: ((error: unknown) => void) | undefined;
  /** Is called when nothing is left that would happen, and the run has not ended. */
  onAsleep: (() => void) | undefined;
  follower: Follower | null = null;
  /** Whether timers remember where they were set, which costs more than they do. */
  remembersSites = false;
  /** The name of the host whose backend it is. */
  hostOf: (backend: Backend) => string | undefined = () => undefined;
  /** Called when it is closed. */
  readonly #atEnd: Set<() => void> = new Set();
  /** Whether the program may have asked for ticks or immediates since time went on. */
  #told = true;
  #happened = false;
  #count = 0;
  #run: Run | null = null;
  #sleeping = false;
  #closed = false;
  readonly #events = new EventQueue();
  /** Those of this turn, and those of the next one. */
  #tasks: Task[] = [];
  #later: Task[] = [];
  #next = 0;
  /** Events without which it is not at rest. */
  #pending = 0;

  get asleep(): boolean {
    return this.#sleeping && !this.#run?.pace?.isWaiting;
  }

  get running(): boolean {
    return this.#run !== null;
  }

  /** Has something happen, at this time at the earliest. */
  add(event: Event, time: number): void {
    if (event.pending) this.#pending++;
    this.#events.add(event, time < this.now ? this.now : time);
    if (this.#sleeping) this.#wake();
  }

  remove(event: Event): void {
    if (!this.#events.has(event)) return;
    if (event.pending) this.#pending--;
    this.#events.remove(event);
  }

  /** Whether it is going to happen. */
  has(event: Event): boolean {
    return this.#events.has(event);
  }

  /** Whether it is waited for by those who wait for rest. */
  setPending(event: Event, pending: boolean): void {
    if (this.#events.has(event) && event.pending !== pending) this.#pending += pending ? 1 : -1;
    event.pending = pending;
  }

  /** Has the program told something, in the next turn. */
  push(task: Task): void {
    this.#later.push(task);
    if (this.#sleeping) this.#wake();
  }

  /** Has it told something more in this turn, before all others. */
  pushFirst(task: Task): void {
    if (this.#next > 0) this.#tasks[--this.#next] = task;
    else this.#tasks.unshift(task);
  }

  /** Lets time go by, within the bounds. */
  run(bounds: Bounds): Promise<void> {
    return new Promise((done, fail) => {
      if (this.#closed) throw networkClosed();
      if (this.#run !== null) throw alreadyRunning();
      const own = nothingElse({ ...bounds });
      const pace = own.speed === undefined ? null : new Pace(own.speed, this.now, () => this.look());
      this.#run = Object.assign(own, { pace, done, fail });
      this.#told = true;
      this.#happened = false;
      this.#count = 0;
      nextTick(this.turn);
    });
  }

  /** Looks again whether the run has ended. */
  look(): void {
    if (this.#sleeping) this.#wake();
  }

  /** Has a change undone when it is closed, at the latest. */
  untilTheEnd({ undo }: Pick<Change, "undo">): Change {
    this.#atEnd.add(undo);
    return changeOf(undo, () => this.#atEnd.delete(undo));
  }

  /** Nothing happens any more. */
  close(): void {
    this.#closed = true;
    // As it was asked for, but backwards: each puts back what it found.
    for (const end of [...this.#atEnd].reverse()) end();
    this.#events.clear();
    this.#tasks.length = this.#later.length = this.#next = 0;
    if (this.#run !== null) this.#end(networkClosed());
  }

  /** What is going to happen. */
  describe(): string[] {
    const list = [...this.#events].filter(({ pending }) => pending);
    const texts = list.sort((a, b) => a.time - b.time || a.order - b.order).map((event) => event.describe());
    return this.follower?.pending ? [...texts, this.follower.describe()] : texts;
  }

  /** Only in a tick, so that what a listener throws is an `uncaughtException`, and ticks come before microtasks. */
  readonly turn = (): void => {
    while (this.#run !== null) {
      const task = this.#takeTask();
      if (task !== undefined) return this.#tell(task);
      const event = this.#events.first;
      if (event !== undefined && event.time <= this.now) {
        this.remove(event);
        this.#happened = true;
        if (event.tells) return this.#tell(event);
        event.happen();
        continue;
      }
      if (this.#told) {
        this.#told = false;
        setImmediate(this.#turnInTick);
        return;
      }
      if (this.#later.length > 0) {
        [this.#tasks, this.#later] = [this.#later, this.#tasks];
        return this.#turnFor(this.#tasks[0]);
      }
      if (this.#hasEnded()) return this.#end();
      if (!this.#goOn(event)) return;
      if (this.follower?.isBehind) return this.#tell(this.follower);
    }
  };

  #tell(task: Pick<Task, "happen">): void {
    this.#told = true;
    if (++this.#count > MOST_AT_ONCE) {
      return this.#end(
        neverAtRest(`${MOST_AT_ONCE} turns of one instant, at ${showTime(this.now)} s`, this.describe()),
      );
    }
    try {
      task.happen();
    } catch (error) {
      if (this.onThrown === undefined) throw error;
      this.onThrown(error);
    } finally {
      this.#turnFor(this.#tasks[this.#next]);
    }
  }

  /** Takes its turn after a microtask and a tick. */
  #turnFor(next: Task | undefined): void {
    if (!next?.enter()) microtask(this.#turnInTick);
  }

  #takeTask(): Task | undefined {
    if (this.#next === this.#tasks.length) {
      if (this.#next > 0) this.#tasks.length = this.#next = 0;
      return undefined;
    }
    this.#happened = true;
    return this.#tasks[this.#next++];
  }

  #hasEnded(): boolean {
    const { settled, step, idle } = this.#run!;
    if (settled !== undefined) return settled();
    if (step && this.#happened) return true;
    return Boolean(idle) && this.#pending === 0 && !this.follower?.pending;
  }

  /** Lets time go on to the next event; false if there is none to wait for. */
  #goOn(event: Event | undefined): boolean {
    const { until, limit, settled, step, idle, pace } = this.#run!;
    const end = until ?? limit ?? Infinity;
    const next = Math.min(event?.time ?? Infinity, this.follower?.next ?? Infinity);
    if (pace?.mustWait(Math.min(next, until ?? Infinity))) {
      this.#sleeping = true;
      return false;
    }
    if (next <= end && next < Infinity) {
      this.now = next;
      this.#count = 0;
      return true;
    }
    if (until !== undefined) {
      this.now = until;
      if (this.follower?.isBehind) return true;
      this.#end();
    } else if (next < Infinity) {
      this.#end(neverAtRest(`${showTime(end)} s`, this.describe()));
    } else if (step || idle) {
      this.#end();
    } else if (settled !== undefined) {
      this.#sleeping = true;
      this.onAsleep?.();
    }
    return false;
  }

  #wake(): void {
    this.#sleeping = false;
    this.#told = true;
    const { pace, until = Infinity } = this.#run!;
    // Whatever has woken it comes from elsewhere, where time went on.
    if (pace !== null) this.now = pace.stopWaiting(this.now, Math.min(this.#events.first?.time ?? Infinity, until));
    nextTick(this.turn);
  }

  #end(error?: unknown): void {
    const { done, fail, pace } = this.#run!;
    pace?.stopWaiting(0, 0);
    this.#run = null;
    this.#sleeping = false;
    if (error === undefined) done();
    else fail(error);
  }

  readonly #turnInTick = (): void => nextTick(this.turn);
}
