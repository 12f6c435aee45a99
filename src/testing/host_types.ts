/** What users have of a host. */
import type { Backend, Capabilities } from "../core/backend.ts";
import type { Dgram } from "../core/socket.ts";
import type { Change } from "./change.ts";
import type { NetworkClock } from "./clock_types.ts";
import type { ForgedDatagram } from "./forge.ts";
import type { HostFaults } from "./host_faults.ts";

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
  /** Its clock: virtual time, unless {@linkcode NetworkHost.fail} has it be off. */
  readonly clock: NetworkClock;
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
  /**
   * Starts it again, without sockets, and with other addresses if that is asked for.
   *
   * @param options its new addresses, as {@linkcode Network.host} takes them
   * @throws {Error} ERR_NETWORK_HOST_RUNNING for new addresses while it runs; ERR_NETWORK_ADDRESS_IN_USE
   * @throws {TypeError} ERR_INVALID_ARG_VALUE for addresses that are none, and for those of a router
   */
  start(options?: NewAddresses): void;
  /**
   * Has things go wrong on the host: sends, binds, look-ups, its clock.
   *
   * @param faults what goes wrong, and how often, see {@linkcode HostFaults}
   * @returns what undoes it
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for what is no option or no code
   * @throws {RangeError} ERR_OUT_OF_RANGE for what can't be
   */
  fail(faults: HostFaults): Change;
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

/** What a host may be started with. */
export interface NewAddresses {
  /** Its addresses on the interface `eth0`. */
  addresses?: readonly string[] | undefined;
  /** Those of several interfaces, by their names. */
  interfaces?: Readonly<Record<string, readonly string[]>> | undefined;
  /** The longest IP packet that they send whole. */
  mtu?: number | undefined;
}

/** A host, or its name. */
export type HostOrName = NetworkHost | string;
