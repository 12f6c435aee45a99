/** What happens at a time. */
export abstract class Event {
  /** Tenths of a microsecond since the network began. */
  time = 0;
  /** Among those of one time: in the order in which they were asked for. */
  order = 0;
  /** Its place in the heap, or -1. */
  place = -1;
  /** It calls the program, which needs its ticks and microtasks before anything else happens. */
  readonly tells: boolean = false;
  /** The network is not at rest before it has happened. */
  pending = true;

  abstract happen(): void;

  /** What it is, for whoever wants to know why there is no rest. */
  abstract describe(): string;
}

/** Events in the order of their times: a binary heap. */
export class EventQueue {
  readonly #heap: Event[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  get first(): Event | undefined {
    return this.#heap[0];
  }

  add(event: Event, time: number): void {
    event.time = time;
    event.order = this.#order++;
    this.#rise(event, this.#heap.length);
  }

  remove(event: Event): void {
    const { place } = event;
    if (place < 0) return;
    event.place = -1;
    const last = this.#heap.pop()!;
    if (last === event) return;
    this.#rise(last, place);
    if (last.place === place) this.#sink(last, place);
  }

  takeFirst(): Event {
    const first = this.#heap[0];
    this.remove(first);
    return first;
  }

  clear(): void {
    for (const event of this.#heap) event.place = -1;
    this.#heap.length = 0;
  }

  [Symbol.iterator](): Iterator<Event> {
    return this.#heap[Symbol.iterator]();
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
