/** What users of the testing entry have. */
import type { Change } from "./change.ts";
import type { InstallOptions, NetworkTime } from "./clock_types.ts";
import type { Duration } from "./duration.ts";
import type { Faults } from "./faults.ts";
import type { HostOptions } from "./host_options.ts";
import type { NetworkLooks } from "./look_types.ts";
import type { HostOrName, NetworkHost } from "./host_types.ts";
import type { RecordedDatagram } from "./replay.ts";
import type { NatOptions, NetworkNat, RouterOptions } from "./router_types.ts";
import type { Strict } from "./strict.ts";

/** What {@linkcode createNetwork} takes. */
export interface NetworkOptions {
  /**
   * All randomness of the network comes of it: a whole number, 0 to 4,294,967,295. If left out, that of the environment
   * variable `DGRAM_SEED`, or 1; what fails in `run`, `idle` or `step` says then how it is replayed.
   */
  seed?: number | undefined;
  /** What the link between any two hosts is like, where {@linkcode Network.link} says nothing else. */
  link?: Faults | undefined;
  /** Whether the fate of each datagram is kept, for {@linkcode Network.trace}. */
  trace?: boolean | undefined;
  /**
   * Whether a program in `host.run` may not read real time or real randomness by a global (ERR_NETWORK_NOT_REPEATABLE, with
   * the line); a function is told of it. These globals are wrapped until the network is closed.
   */
  strict?: Strict | undefined;
}

/** A network in memory. See {@linkcode createNetwork}. */
export interface Network extends NetworkLooks {
  /** Virtual time: it stands still but in `run`, `idle` and `step`. */
  readonly clock: NetworkTime;
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
   * @throws as `host`
   */
  router(options?: RouterOptions): NetworkHost;
  /**
   * Adds a router that translates addresses, as RFC 4787 describes them. The addresses behind it are its own affair: nobody
   * else can reach them, and those behind two NATs may be the same.
   *
   * @param options its addresses on both sides and its behaviour, see {@linkcode NatOptions}
   * @returns the NAT, which is a host as well
   * @throws as `host`
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
   * Holds back all that some hosts send to others, and lets go of it at once, in its order, when that is undone.
   *
   * @param some hosts, or their names
   * @param others those that they don't reach until then
   * @param oneWay whether what the others send passes all the same
   * @returns what undoes it
   * @throws {Error} as `partition`
   */
  hold(some: readonly HostOrName[], others: readonly HostOrName[], oneWay?: boolean): Change;
  /**
   * Sends datagrams once more that were recorded: the first one now, the others as much later as they were then.
   *
   * @param datagrams what was recorded, such as the `trace` of a network, of which those that were sent count
   * @param from the host that sends them all, whatever their source says; by itself it is the one with that address
   * @returns what takes back those that have not been sent yet
   * @throws {Error} ERR_NETWORK_NO_SUCH_HOST where no host at the top of the network has the source's address
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for what is no datagram
   */
  replay(datagrams: readonly RecordedDatagram[], from?: HostOrName): Change;
  /**
   * Has unchanged programs find the network where they ask their runtime: virtual time, as `clock.install` has it; this
   * seed's randomness in `Math.random` and `crypto`; and on a host its name, its interfaces and the network's names in
   * `os.hostname`, `os.networkInterfaces` and `dns.lookup`. Until that is undone, or the network is closed.
   *
   * @param options the date, and whether imported names matter, see {@linkcode InstallOptions}
   * @returns what undoes it
   * @throws as `clock.install`; ERR_NETWORK_CLOSED
   */
  install(options?: InstallOptions): Change;
  /**
   * Has a name stand for addresses, beside the names of the hosts.
   *
   * @param name the name
   * @param addresses what it stands for; none, and look-ups fail
   */
  name(name: string, addresses: readonly string[]): void;
  /**
   * Lets time go by: so long, or until a promise is settled, which is awaited then. As fast as it can, or with `speed` no
   * faster than so many times real time, for programs that also wait for what takes real time.
   *
   * @param options how long
   * @returns what the promise gives
   * @throws {Error} ERR_NETWORK_RUNNING while it runs; ERR_NETWORK_CLOSED; what the promise rejects with
   */
  run(options: { readonly for: Duration; readonly speed?: number | undefined }): Promise<void>;
  /** Lets time go by until a promise is settled. */
  run<Result>(
    options: { readonly until: PromiseLike<Result>; readonly speed?: number | undefined },
  ): Promise<Awaited<Result>>;
  /**
   * Lets time go by until nothing is left that would happen: no datagram is on its way, and no timer waits.
   *
   * @param options `within`: how much time may go by; an hour if left out
   * @throws {Error} ERR_NETWORK_NOT_AT_REST, which names what keeps it going
   */
  idle(options?: { readonly within?: Duration | undefined }): Promise<void>;
  /** Lets time go to the next instant in which something happens, and lets that happen. */
  step(): Promise<void>;
  /** Closes all sockets, and has nothing happen any more. */
  close(): Promise<void>;
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
