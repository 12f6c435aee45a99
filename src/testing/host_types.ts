/** What users have of a host. */
import type { Backend, Capabilities } from "../core/backend.ts";
import type { Dgram } from "../core/socket.ts";

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
}

/** A host, or its name. */
export type HostOrName = NetworkHost | string;
