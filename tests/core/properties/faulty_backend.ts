/** A network without a kernel that has room, has none, and fails, as it is told to. */
import { setImmediate } from "node:timers";
import type { Datagram, Handle, Host, OpenOptions } from "@x/dgram";
import fc from "fast-check";
import { ScriptedBackend } from "../../support/scripted_backend.ts";

/** What a system call answers. */
export type Answer =
  /** It takes so many of what it is given, at most. */
  | { readonly take: number }
  /** There is no room (EAGAIN, ENOBUFS); there is after so many turns. */
  | { readonly full: number }
  /** The first that it is given fails. */
  | { readonly errno: number }
  /** It throws, as a runtime may: so many times. The core tries once more, with a copy. */
  | { readonly throws: number };

const ERRNOS = [-1, -90, -101, -111, -113];

/** What it throws. */
const THROWN = { errno: -5, code: "EIO" };

/** Answers, and then there is always room. */
export const answers: fc.Arbitrary<Answer[]> = fc.array(
  fc.oneof<fc.MaybeWeightedArbitrary<Answer>[]>(
    { weight: 3, arbitrary: fc.constantFrom(1, 2, 3, 7, 64).map((take) => ({ take })) },
    { weight: 2, arbitrary: fc.nat(2).map((full) => ({ full })) },
    { weight: 1, arbitrary: fc.constantFrom(...ERRNOS).map((errno) => ({ errno })) },
    { weight: 1, arbitrary: fc.constantFrom(1, 2).map((throws) => ({ throws })) },
  ),
  { maxLength: 60, size: "max" },
);

/** How a datagram ended, as the handle knows it: 0 or an errno. */
export interface Outcome {
  readonly text: string;
  readonly errno: number;
}

/** For one socket. A deferred one tells the ends of what it takes one after the other, some turns later. */
export class FaultyBackend extends ScriptedBackend {
  /** In the order in which the datagrams ended. */
  readonly outcomes: Outcome[] = [];
  /** Calls that broke the contract. */
  readonly wrong: string[] = [];
  /** Called with each answer to a send. */
  onAnswer: (answer: number) => void = () => {};
  readonly #answers: Answer[];
  readonly #deferred: boolean;
  #queue: Datagram[] = [];
  #full = false;
  /** How often it still throws, where the core has been thrown at and tries once more. */
  #toThrow = -1;

  constructor(answers: readonly Answer[], deferred: boolean) {
    super();
    this.#answers = [...answers];
    this.#deferred = deferred;
  }

  /** Datagrams that were handed over: taken, or failed. */
  get taken(): number {
    return this.outcomes.length + this.#queue.length;
  }

  override open(options: OpenOptions, host: Host): Handle {
    const handle = super.open(options, host);
    // deno-lint-ignore no-this-alias
    const backend = this;
    return {
      ...handle,
      deferred: this.#deferred,
      serial: this.#deferred,
      get queueSize() {
        return backend.#queue.reduce((sum, { data }) => sum + data.byteLength, 0);
      },
      get queueCount() {
        return backend.#queue.length;
      },
      send: (datagram) => this.#answer(host, [datagram], 0, 1),
      sendBatch: (datagrams, from, to) => this.#answer(host, datagrams, from, to),
      close: (done) => {
        if (this.#queue.length > 0) this.wrong.push("closed while datagrams were under way");
        handle.close(done);
      },
    };
  }

  #answer(host: Host, datagrams: readonly Datagram[], from: number, to: number): number {
    const answer = this.#send(host, datagrams, from, to);
    this.onAnswer(answer);
    return answer;
  }

  #send(host: Host, datagrams: readonly Datagram[], from: number, to: number): number {
    if (this.closed > 0) this.wrong.push("a send after close()");
    if (this.#full) this.wrong.push("a send before there was room again");
    if (to - from < 1 || to - from > 64) this.wrong.push(`a batch of ${to - from}`);
    // Host.sent will come.
    if (this.#deferred && this.#queue.length > 0) return 0;
    if (this.#toThrow > 0) this.#throwAgain(datagrams[from]);
    const answer = this.#answers.shift() ?? { take: 64 };
    if ("throws" in answer) {
      if (this.#toThrow === 0) return this.#send(host, datagrams, from, to);
      this.#toThrow = answer.throws - 1;
      throw thrown();
    }
    this.#toThrow = -1;
    if ("full" in answer) {
      this.#full = true;
      later(answer.full, () => {
        this.#full = false;
        host.drained();
      });
      return 0;
    }
    if ("errno" in answer && !this.#deferred) {
      this.#ended(datagrams[from], answer.errno);
      return answer.errno;
    }
    const count = this.#deferred ? 1 : Math.min(to - from, "take" in answer ? answer.take : 1);
    for (const datagram of datagrams.slice(from, from + count)) {
      if (!this.#deferred) this.#ended(datagram, 0);
      else this.#defer(host, datagram, "errno" in answer ? answer.errno : 0);
    }
    return count;
  }

  #throwAgain(datagram: Datagram): never {
    this.#toThrow = -1;
    this.#ended(datagram, THROWN.errno);
    this.onAnswer(THROWN.errno);
    throw thrown();
  }

  #defer(host: Host, datagram: Datagram, errno: number): void {
    this.#queue.push(datagram);
    later(1, () => {
      this.#queue = this.#queue.filter((other) => other !== datagram);
      this.#ended(datagram, errno);
      host.sent(datagram, errno);
    });
  }

  #ended({ data }: Datagram, errno: number): void {
    this.outcomes.push({ text: new TextDecoder().decode(data), errno });
  }
}

function thrown(): Error {
  return Object.assign(new Error("thrown by the runtime"), THROWN);
}

function later(turns: number, then: () => void): void {
  setImmediate(() => turns === 0 ? then() : later(turns - 1, then));
}
