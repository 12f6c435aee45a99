/** What happens at a time. */
export abstract class Event {
  /** Tenths of a microsecond since the network began. */
  time = 0;
  /** Among those of one time: in the order in which they were asked for. */
  order = 0;
  /** Its place in the heap, or where else it is. */
  place: number = OUTSIDE;
  /** Those of the same time that were asked for before and after it, if they are chained. */
  previous: Event | null = null;
  next: Event | null = null;
  /** It calls the program, which needs its ticks and microtasks before anything else happens. */
  readonly tells: boolean = false;
  /** The network is not at rest before it has happened. */
  pending = true;

  abstract happen(): void;

  /** What it is, for whoever wants to know why there is no rest. */
  abstract describe(): string;
}

const OUTSIDE = -1;
const CHAINED = -2;

/** Times of which the latest event is remembered: a power of two. */
const REMEMBERED = 64;

/**
 * Events in the order of their times: a binary heap of chains. What is asked for one after the other for the same time
 * is a chain, and only its head is in the heap, so that a burst costs neither comparisons nor moves. A chain takes no more
 * once another one of its time was begun: all of a chain come before all of the other.
 */
export class EventQueue {
  readonly #heap: Event[] = [];
  readonly #latest: (Event | null)[] = new Array(REMEMBERED).fill(null);
  #order = 0;

  get first(): Event | undefined {
    return this.#heap[0];
  }

  has(event: Event): boolean {
    return event.place !== OUTSIDE;
  }

  add(event: Event, time: number): void {
    event.time = time;
    event.order = this.#order++;
    const slot = time & REMEMBERED - 1;
    const latest = this.#latest[slot];
    this.#latest[slot] = event;
    if (latest !== null && latest.time === time && latest.place !== OUTSIDE && latest !== event) {
      latest.next = event;
      event.previous = latest;
      event.place = CHAINED;
    } else {
      this.#rise(event, this.#heap.length);
    }
  }

  remove(event: Event): void {
    const { place, previous, next } = event;
    if (place === OUTSIDE) return;
    event.place = OUTSIDE;
    event.previous = event.next = null;
    if (next !== null) next.previous = previous;
    if (place === CHAINED) previous!.next = next;
    else if (next === null) this.#removeAt(place);
    else {
      next.place = place;
      this.#heap[place] = next;
    }
  }

  clear(): void {
    for (const event of [...this]) {
      event.place = OUTSIDE;
      event.previous = event.next = null;
    }
    this.#heap.length = 0;
    this.#latest.fill(null);
  }

  *[Symbol.iterator](): Iterator<Event> {
    for (const head of this.#heap) {
      for (let event: Event | null = head; event !== null; event = event.next) yield event;
    }
  }

  #removeAt(place: number): void {
    const last = this.#heap.pop()!;
    if (place === this.#heap.length) return;
    this.#rise(last, place);
    if (last.place === place) this.#sink(last, place);
  }

  #rise(event: Event, place: number): void {
    const heap = this.#heap;
    while (place > 0) {
      const above = place - 1 >> 1;
      const parent = heap[above];
      if (!isBefore(event, parent)) break;
      heap[place] = parent;
      parent.place = place;
      place = above;
    }
    heap[place] = event;
    event.place = place;
  }

  #sink(event: Event, place: number): void {
    const heap = this.#heap;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1], heap[below])) below++;
      const child = heap[below];
      if (!isBefore(child, event)) break;
      heap[place] = child;
      child.place = place;
      place = below;
    }
    heap[place] = event;
    event.place = place;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
