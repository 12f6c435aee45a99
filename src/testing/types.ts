/** What users of the testing entry have. */
import type { ForgedDatagram } from "./forge.ts";
import type { Backend, Capabilities } from "../core/backend.ts";
import type { Dgram } from "../core/socket.ts";
import type { Duration } from "./duration.ts";
import type { Faults } from "./faults.ts";
import type { HostOptions } from "./host_options.ts";
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

/** What a host's `dgram` is: the module's two functions, and what the host can do. */
export interface HostDgram extends Dgram {
  /** What sockets in memory can do. */
  readonly capabilities: Capabilities;
}

/** A host of a network in memory. */
export interface NetworkHost {
  /** Its name, which look-ups find. */
  readonly name: string;
  /** What the option `backend` of a socket takes. */
  readonly backend: Backend;
  /** The module, with sockets on this host. */
  readonly dgram: HostDgram;
  /** Its addresses, without those of the loopback interface. */
  readonly addresses: readonly string[];
  /** True until it is stopped, and again when it was started. */
  readonly running: boolean;
  /**
   * Runs a program on this host: whatever socket is made in it, or in what it begins, is one of this host's, by any
   * entry of the module: the main one, promises, web, or through `register`. A socket that is given a `backend` has that.
   *
   * @param program what is called, at once
   * @returns what the program returns
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for what is no function
   */
  run<Result>(program: () => Result): Result;
  /** Ends the host: its sockets are closed, and tell so. What comes for it is lost until it is started again. */
  stop(): void;
  /** The same without a word: its sockets never tell anything again. */
  crash(): void;
  /** Starts it again, without sockets. */
  start(): void;
  /**
   * Sends a datagram whose source is forged, as from a network that lets such ones out (RFC 2827): answers, and ICMP
   * errors, go to who has that address.
   *
   * @param datagram what it carries, whose it pretends to be, and whom it goes to
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for what can't be a datagram
   * @throws {RangeError} ERR_SOCKET_BAD_PORT
   */
  forge(datagram: ForgedDatagram): void;
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

/** A host, or its name. */
export type HostOrName = NetworkHost | string;

/** A network in memory. See {@linkcode createNetwork}. */
export interface Network {
  /** Virtual time: it stands still but in `run`, `idle` and `step`. */
  readonly clock: NetworkClock;
  /** The seed that it was made with. */
  readonly seed: number;
  /** The hosts, in the order in which they were made. */
  readonly hosts: NetworkHost[];
  /**
   * Adds a host. Each reaches all others, as over one switch.
   *
   * @param options its name and addresses, see {@linkcode HostOptions}
   * @returns the host
   * @throws {Error} ERR_NETWORK_NAME_IN_USE, ERR_NETWORK_ADDRESS_IN_USE, ERR_NETWORK_CLOSED
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for options that are none
   */
  host(options?: HostOptions): NetworkHost;
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
   * @throws {Error} ERR_NETWORK_NO_SUCH_HOST
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for what is no option
   * @throws {RangeError} ERR_OUT_OF_RANGE for what can't be
   */
  link(a: HostOrName, b: HostOrName, there: Faults, back?: Faults): Change;
  /**
   * Cuts all links between some hosts and others.
   *
   * @param some hosts, or their names
   * @param others those that they don't reach
   * @param oneWay whether the others reach them all the same
   * @returns what undoes it
   * @throws {Error} ERR_NETWORK_NO_SUCH_HOST
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
