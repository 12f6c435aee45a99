import type { RemoteInfo } from "../core/backend.ts";
import { isListed } from "../core/block_list.ts";
import { nothingElse } from "../core/nothing_else.ts";
import { KEPT_BACK } from "../core/observer.ts";
import type { Ending, Outgoing } from "../core/outgoing.ts";
import { datagramsIn } from "../core/segments.ts";
import type { Socket } from "../core/types.ts";
import { amplified } from "./errors.ts";
import { OwnEnds } from "./own_ends.ts";
import { RateSketch } from "./rate_sketch.ts";
import { type ReadOptions, readSource } from "./read_options.ts";
import { SourceDigest } from "./source_digest.ts";
import { SourceTable } from "./source_table.ts";
import type { GuardCounts, Source } from "./types.ts";

/** So many datagrams at most come between two looks at the clock. */
const MOST_UNREAD = 15;

/** Decides over each datagram of a socket, and counts. */
export class Watch {
  readonly counts: GuardCounts = {
    admitted: 0,
    sourcePort: 0,
    ownAddress: 0,
    samePort: 0,
    rate: 0,
    validatedRate: 0,
    passed: 0,
    amplification: 0,
    unasked: 0,
  };
  readonly #options: ReadOptions;
  readonly #amplification: number;
  readonly #sourcePorts: ReadonlySet<number>;
  readonly #own: OwnEnds;
  readonly #clock: () => number;
  readonly #digest: SourceDigest = new SourceDigest();
  readonly #rate: RateSketch;
  readonly #validatedRate: RateSketch;
  /** What may still be sent to unvalidated sources: bytes without headers, and with them. */
  readonly #credit: SourceTable;
  /** Until when sources are validated. */
  readonly #validated: SourceTable;
  #hasValidated = false;
  #now = 0;
  /** How many datagrams more pass before the clock is read, and of how many that is one. */
  #unread = 0;
  #interval = 0;
  #offset = 0;

  /** @param clock milliseconds; may step */
  constructor(socket: Socket, options: ReadOptions, clock: () => number) {
    this.#options = options;
    this.#amplification = options.amplification;
    this.#sourcePorts = options.sourcePorts;
    this.#clock = clock;
    this.#own = new OwnEnds(socket);
    this.#rate = new RateSketch(options.rate, options.buckets);
    this.#validatedRate = new RateSketch(options.validatedRate, options.buckets);
    this.#credit = new SourceTable(options.sources);
    this.#validated = new SourceTable(options.sources);
  }

  /** Whether the listeners are told of a datagram of this length. */
  admits(length: number, from: RemoteInfo): boolean {
    const { address, port } = from;
    const { counts } = this;
    if (this.#isTrusted(address)) return this.#admit();
    if (this.#sourcePorts.has(port)) {
      counts.sourcePort++;
      return false;
    }
    if (port === this.#own.port && this.#comesFromItself(from)) return false;
    const digest = this.#digest;
    // Only a program can have told of it, which is not guarded against.
    if (!digest.read(address, port)) return this.#admit();
    if (this.#hasValidated && this.#isValidated()) {
      if (this.#takes(this.#validatedRate, length)) return this.#admit();
      counts.validatedRate++;
      return false;
    }
    if (!this.#takes(this.#rate, length)) {
      counts.rate++;
      return false;
    }
    const { values } = this.#credit;
    const place = this.#credit.place(digest);
    values[place] += length * this.#amplification;
    values[place + 1] += (length + digest.headers) * this.#amplification;
    return this.#admit();
  }

  /** Why it may not be sent, or 0. */
  refusalOf(outgoing: Outgoing): Ending {
    const { counts } = this;
    const { address, port, segmentSize, size } = outgoing;
    const digest = this.#digest;
    const datagrams = datagramsIn(size, segmentSize);
    if (this.#isTrusted(address!) || !digest.read(address!, port) || this.#isValidated()) {
      counts.passed += datagrams;
      return 0;
    }
    const place = this.#credit.find(digest);
    const isAsked = place >= 0;
    const { values } = this.#credit;
    const withHeaders = size + datagrams * digest.headers;
    if (isAsked && size <= values[place] && withHeaders <= values[place + 1]) {
      values[place] -= size;
      values[place + 1] -= withHeaders;
      counts.passed += datagrams;
      return 0;
    }
    counts[isAsked ? "amplification" : "unasked"] += datagrams;
    return this.#refuse(outgoing);
  }

  validate(source: Source): void {
    const { address, port } = readSource(source);
    this.#readTime();
    this.#digest.read(address, port);
    this.#credit.forget(this.#digest);
    this.#validated.values[this.#validated.place(this.#digest)] = this.#now + this.#options.validFor;
    this.#hasValidated = true;
  }

  isValidated(source: Source): boolean {
    const { address, port } = readSource(source);
    this.#readTime();
    return this.#digest.read(address, port) && this.#isValidated();
  }

  invalidate(source: Source): void {
    const { address, port } = readSource(source);
    this.#digest.read(address, port);
    this.#validated.forget(this.#digest);
    this.#credit.forget(this.#digest);
  }

  #admit(): true {
    this.counts.admitted++;
    return true;
  }

  #refuse({ watched, address, port }: Outgoing): Ending {
    // An Error would cost more than all the rest.
    return watched ? amplified(address!, port, this.#amplification) : KEPT_BACK;
  }

  #isTrusted(address: string): boolean {
    // Both ways: what is sent would be judged by the time at which something came.
    if (--this.#unread < 0) this.#readTime();
    return !!isListed(this.#options.trusted, address, address.includes(":") ? 6 : 4);
  }

  #isValidated(): boolean {
    if (!this.#hasValidated) return false;
    const place = this.#validated.find(this.#digest);
    return place >= 0 && this.#validated.values[place] > this.#now;
  }

  #takes(rate: RateSketch, length: number): boolean {
    if (rate.take(this.#digest.prefix, length, this.#now)) return true;
    // It may have been long ago that the clock was read.
    this.#readTime();
    return rate.take(this.#digest.prefix, length, this.#now);
  }

  #comesFromItself(from: RemoteInfo): boolean {
    const { address, destination } = nothingElse({ ...from });
    if (this.#own.has(address, destination)) {
      this.counts.ownAddress++;
      return true;
    }
    if (this.#options.samePort) return false;
    this.counts.samePort++;
    return true;
  }

  /**
   * Reads the clock. It is read for each datagram where they are rare, and for one of sixteen where they are many: it would
   * cost as much as all the rest. So a bucket may give fifteen datagrams more than it holds. The time never goes back,
   * whatever the clock does: a bucket would stay empty until it has caught up.
   */
  #readTime(): void {
    const last = this.#now;
    const now = this.#clock() + this.#offset;
    if (now < last) this.#offset += last - now;
    else this.#now = now;
    this.#own.refresh(this.#now);
    this.#interval = this.#now - last > 1 ? 0 : Math.min(2 * this.#interval + 1, MOST_UNREAD);
    // Who has asked before the bind is not to be believed for another fifteen.
    this.#unread = this.#own.port < 0 ? 0 : this.#interval;
  }
}
