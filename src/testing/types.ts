/** What users of the testing entry have. */
import type { Duration } from "./duration.ts";
import type { Faults } from "./faults.ts";
import type { HostOptions } from "./host_options.ts";
import type { HostOrName, NetworkHost } from "./host_types.ts";
import type { NatOptions, NetworkNat, RouterOptions } from "./router_types.ts";
import type { TraceEntry } from "./trace.ts";

/** A timer of a network's clock. */
export interface NetworkTimer {
  /** Has those who wait for rest wait for it, as they do from the start. */
  ref(): NetworkTimer;
  /** Has those who wait for rest wait for it no longer. */
  unref(): NetworkTimer;
}

/** Virtual time, and timers that follow it. The members can be called without it. */
export interface NetworkClock {
  /** Milliseconds since the network began. */
  readonly now: () => number;
  /** As the global of this name, in virtual time; fractions of a millisecond count from 1 on. */
  readonly setTimeout: <Values extends unknown[]>(
    callback: (...values: Values) => void,
    delay?: number,
    ...values: Values
  ) => NetworkTimer;
  /** As the global of this name, in virtual time. */
  readonly setInterval: <Values extends unknown[]>(
    callback: (...values: Values) => void,
    delay?: number,
    ...values: Values
  ) => NetworkTimer;
  /** Calls back in this instant, when all that happens now has happened. */
  readonly setImmediate: <Values extends unknown[]>(
    callback: (...values: Values) => void,
    ...values: Values
  ) => NetworkTimer;
  /** Resolves after so many milliseconds of virtual time. */
  readonly sleep: (delay: number) => Promise<void>;
  /** Takes back what one of the others has asked for. */
  readonly clearTimeout: (timer: NetworkTimer | undefined | null) => void;
  /** The same as `clearTimeout`. */
  readonly clearInterval: (timer: NetworkTimer | undefined | null) => void;
  /** The same as `clearTimeout`. */
  readonly clearImmediate: (timer: NetworkTimer | undefined | null) => void;
}

/** What {@linkcode createNetwork} takes. */
export interface NetworkOptions {
  /** All randomness of the network comes of it: a whole number, 0 to 4,294,967,295; 1 if left out. */
  seed?: number | undefined;
  /** What the link between any two hosts is like, where {@linkcode Network.link} says nothing else. */
  link?: Faults | undefined;
  /** Whether the fate of each datagram is kept, for {@linkcode Network.trace}. */
  trace?: boolean | undefined;
}

/** Undoes what the call that answered it has done: with `using`, when the block ends. */
export interface Change {
  /** Undoes it. */
  undo(): void;
  /** The same, for `using`. */
  [Symbol.dispose](): void;
}

/** A network in memory. See {@linkcode createNetwork}. */
export interface Network {
  /** Virtual time: it stands still but in `run`, `idle` and `step`. */
  readonly clock: NetworkClock;
  /** The seed that it was made with. */
  readonly seed: number;
  /** The hosts, in the order in which they were made. */
  readonly hosts: NetworkHost[];
  /**
   * Adds a host. Each reaches all others, as over one switch, but for those that are behind routers and NATs.
   *
   * @param options its name and addresses, and what it is behind, see {@linkcode HostOptions}
   * @returns the host
   * @throws {Error} ERR_NETWORK_NAME_IN_USE, ERR_NETWORK_ADDRESS_IN_USE, ERR_NETWORK_NO_ADDRESS_LEFT, ERR_NETWORK_CLOSED;
   * ERR_NETWORK_NO_SUCH_HOST for what it can't be behind
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for options that are none
   */
  host(options?: HostOptions): NetworkHost;
  /**
   * Adds a router. Hosts that are made with `behind` it are a network of their own, which it passes on to and from, with
   * one less of the hop limit. Each link on the way has its own faults. What is for many, it does not pass on.
   *
   * @param options its addresses on both sides, see {@linkcode RouterOptions}
   * @returns the router, which is a host as well: programs can run on it
   * @throws {Error} as `host`
   * @throws {TypeError} as `host`
   */
  router(options?: RouterOptions): NetworkHost;
  /**
   * Adds a router that translates addresses, as RFC 4787 describes them. The addresses behind it are its own affair: nobody
   * else can reach them, and those behind two NATs may be the same.
   *
   * @param options its addresses on both sides and its behaviour, see {@linkcode NatOptions}
   * @returns the NAT, which is a host as well
   * @throws {Error} as `host`
   * @throws {TypeError} as `host`
   * @throws {RangeError} ERR_OUT_OF_RANGE for ports and lifetimes that can't be
   */
  nat(options?: NatOptions): NetworkNat;
  /**
   * Takes a host away: its sockets are closed, and its name and addresses are free.
   *
   * @throws {Error} ERR_NETWORK_NO_SUCH_HOST
   */
  remove(host: HostOrName): void;
  /**
   * Says what the link between two hosts does to what it carries. What is said later comes before what was said earlier;
   * what is not said stays.
   *
   * @param a one host
   * @param b the other
   * @param there from `a` to `b`, see {@linkcode Faults}
   * @param back from `b` to `a`; the same if left out
   * @returns what undoes it
   * @throws {Error} ERR_NETWORK_NO_SUCH_HOST; ERR_NETWORK_NOT_LINKED if a router is between them
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for what is no option
   * @throws {RangeError} ERR_OUT_OF_RANGE for what can't be
   */
  link(a: HostOrName, b: HostOrName, there: Faults, back?: Faults): Change;
  /**
   * Cuts all links between some hosts and others. Where routers are between two of them, one of the links on the way has to
   * be among those that are cut: name the routers, too.
   *
   * @param some hosts, or their names
   * @param others those that they don't reach
   * @param oneWay whether the others reach them all the same
   * @returns what undoes it
   * @throws {Error} ERR_NETWORK_NO_SUCH_HOST; ERR_NETWORK_NOT_LINKED if two would reach each other all the same
   */
  partition(some: readonly HostOrName[], others: readonly HostOrName[], oneWay?: boolean): Change;
  /**
   * Has a name stand for addresses, beside the names of the hosts.
   *
   * @param name the name
   * @param addresses what it stands for; none, and look-ups fail
   */
  name(name: string, addresses: readonly string[]): void;
  /**
   * Lets time go by: so long, or until a promise is settled, which is awaited then.
   *
   * @returns what the promise gives
   * @throws {Error} ERR_NETWORK_RUNNING while it runs; ERR_NETWORK_CLOSED; what the promise rejects with
   */
  run(options: { readonly for: Duration }): Promise<void>;
  /** Lets time go by until a promise is settled. */
  run<Result>(options: { readonly until: PromiseLike<Result> }): Promise<Awaited<Result>>;
  /**
   * Lets time go by until nothing is left that would happen: no datagram is on its way, and no timer waits.
   *
   * @param options `within`: how much time may go by; an hour if left out
   * @throws {Error} ERR_NETWORK_NOT_AT_REST, which names what keeps it going
   */
  idle(options?: { readonly within?: Duration | undefined }): Promise<void>;
  /** Lets time go to the next instant in which something happens, and lets that happen. */
  step(): Promise<void>;
  /** What became of each datagram, with the option `trace`. */
  readonly trace: readonly TraceEntry[];
  /** The same as text, a line for each. */
  traceText(): string;
  /** Closes all sockets, and has nothing happen any more. */
  close(): Promise<void>;
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
