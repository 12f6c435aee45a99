/** What the guard entry takes and gives. */
import type { BlockList } from "node:net";

/** Where a datagram came from, or is to go: an `rinfo` is one. */
export interface Source {
  /** A numeric address; a link-local one with its scope. */
  address: string;
  /** The port: 1 to 65535. */
  port: number;
}

/** How much is taken in from one prefix: an IPv4 /24, or an IPv6 /64. */
export interface RateOptions {
  /** Datagrams a second, above 0; `Infinity` is no bound. */
  datagrams?: number | undefined;
  /** Bytes a second, without headers, above 0; `Infinity` is no bound. */
  bytes?: number | undefined;
  /** For how long, in milliseconds, a prefix that was silent before may have saved up: 0 to 3,600,000. */
  burst?: number | undefined;
}

/** How tokens are made. */
export interface TokenOptions {
  /**
   * At least 16 bytes that nobody else knows, a string as UTF-8; random ones if left out, which no other process has. Of
   * a list the first makes tokens and all check them, so that a secret can be replaced while its tokens are about.
   */
  secret?: Uint8Array | string | readonly (Uint8Array | string)[] | undefined;
  /** For how long a token is good, in milliseconds: 1 to 2,592,000,000 (30 days); 60,000 if left out. */
  lifetime?: number | undefined;
  /** After how long another key is derived from the secret, in milliseconds; as long as `lifetime` if left out. */
  rotation?: number | undefined;
  /** False for tokens that are good from any port of their address, as clients behind a NAT may need; true if left out. */
  port?: boolean | undefined;
  /** The time in milliseconds, the same in all processes that share the secret; `Date.now` if left out. */
  now?: (() => number) | undefined;
}

/** Makes and checks tokens, and keeps none of them. */
export interface Tokens {
  /**
   * Makes a token: 22 bytes, which only who receives at that address can send back.
   *
   * @param source whom it is sent to, such as the `rinfo` of a message
   * @returns the time and 16 bytes of an HMAC-SHA-256 over it, the address and the port
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for an address that is not numeric
   * @throws {RangeError} ERR_SOCKET_BAD_PORT
   */
  make(source: Source): ReturnType<typeof Uint8Array.of>;
  /**
   * Whether a token was made for this source, by one who has the secret, and is not older than its lifetime. The same
   * token is good until then, as often as it comes.
   *
   * @param token what came; anything else than a token is none
   * @param source whom it came from
   * @returns true for a good one
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for an address that is not numeric
   * @throws {RangeError} ERR_SOCKET_BAD_PORT
   */
  check(token: unknown, source: Source): boolean;
}

/** What {@linkcode guard} takes. */
export interface GuardOptions {
  /**
   * How many times the bytes of an unvalidated source may be sent to it: 1 to 1000; 3 if left out, as RFC 9000, 8.1 has
   * it. Counted twice, and both have to hold: without headers, and with those of IP and UDP.
   */
  amplification?: number | undefined;
  /** What may come from a prefix that is not validated; 100 datagrams, 150,000 bytes and 2,000 ms if left out. */
  rate?: RateOptions | undefined;
  /** What may come from the validated sources of a prefix; 1000 datagrams, 1,500,000 bytes and 1,000 ms if left out. */
  validatedRate?: RateOptions | undefined;
  /** For how long a source stays validated, in milliseconds: 1 to 86,400,000; 600,000 if left out. */
  validFor?: number | undefined;
  /**
   * The source ports that are not listened to; {@linkcode answeringPorts} if left out. Of a client no port below 1024 is
   * needed but where the protocol says so.
   */
  sourcePorts?: readonly number[] | undefined;
  /**
   * True to listen to sources that have the port number of this socket, as protocols between equals need: mDNS, and NTP
   * from an ntpd. Two servers of one kind, of which a forged datagram makes each the other's client, answer each other then.
   */
  samePort?: boolean | undefined;
  /** Addresses that are neither refused nor limited: whom this program asks itself, and groups that it sends to. */
  trusted?: BlockList | undefined;
  /** How many sources are remembered, validated and unvalidated ones each: a power of two, 256 to 1,048,576; 16,384 if left out. */
  sources?: number | undefined;
  /** How many buckets a row has, of which there are four: a power of two, 256 to 65,536; 16,384 if left out. */
  buckets?: number | undefined;
  /** How tokens are made. */
  token?: TokenOptions | undefined;
}

/** How many datagrams a guard has seen, by what became of them. */
export interface GuardCounts {
  /** Received, and given to the socket's listeners. */
  admitted: number;
  /** Received from a port of `sourcePorts`. */
  sourcePort: number;
  /** Received from this socket's own address and port. */
  ownAddress: number;
  /** Received from this socket's port number at another address. */
  samePort: number;
  /** Received from a prefix that had sent too much. */
  rate: number;
  /** Received from validated sources of a prefix that had sent too much. */
  validatedRate: number;
  /** Sent, or refused later by the kernel. */
  passed: number;
  /** Not sent: it would have been more than the source's bytes allow. */
  amplification: number;
  /** Not sent: nothing that is remembered came from there. */
  unasked: number;
}

/** What keeps watch over a socket. See {@linkcode guard}. */
export interface Guard {
  /** What became of datagrams up to now: each time a new object, which stays as it is. */
  readonly counts: GuardCounts;
  /** Tokens of this guard: a `check` that says yes validates the source. */
  readonly token: Tokens;
  /**
   * Says that a source receives at its address, which its protocol has shown, or the program knows. What is sent to it is
   * limited no longer, and what comes from it is counted by `validatedRate`.
   *
   * @param source its address and port
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for an address that is not numeric
   * @throws {RangeError} ERR_SOCKET_BAD_PORT
   */
  validate(source: Source): void;
  /**
   * Whether a source is validated now.
   *
   * @param source its address and port
   * @returns true until `validFor` is over, or its place was taken
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for an address that is not numeric
   * @throws {RangeError} ERR_SOCKET_BAD_PORT
   */
  isValidated(source: Source): boolean;
  /**
   * Takes that back: it is unvalidated again, with no bytes to its credit.
   *
   * @param source its address and port
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for an address that is not numeric
   * @throws {RangeError} ERR_SOCKET_BAD_PORT
   */
  invalidate(source: Source): void;
  /** Ends the guard: the socket is as if there had been none. */
  stop(): void;
}
