import process from "node:process";

/** Counts, wall time and the process's own CPU time over the measurement that follows a warm-up. */
export class Meter {
  #times;
  #began = 0;
  #mark = null;
  #end;
  result = null;
  untilEnd = new Promise((resolve) => this.#end = resolve);

  constructor(times) {
    this.#times = times;
  }

  get ended() {
    return this.result !== null;
  }

  start() {
    this.#began = performance.now();
  }

  /** To be called now and then with the count so far; true once the measurement has ended. */
  check(count) {
    if (this.result !== null) return true;
    const now = performance.now();
    if (this.#mark === null) {
      if (now - this.#began >= this.#times.warmUp) this.#mark = { now, count, cpu: process.cpuUsage() };
      return false;
    }
    if (now - this.#mark.now < this.#times.measure) return false;
    const { user, system } = process.cpuUsage(this.#mark.cpu);
    this.result = { datagrams: count - this.#mark.count, seconds: (now - this.#mark.now) / 1000, cpu: user + system };
    this.#end();
    return true;
  }
}
