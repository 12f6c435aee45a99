import type { Clock, ClockTimer } from "../core/backend.ts";
import { byteLengthOf, joinBytes, toBytes } from "../core/bytes.ts";
import { isIP } from "../core/ip.ts";
import { outOfRange } from "../core/errors.ts";
import { resolve } from "../core/lookup.ts";
import { nothingElse } from "../core/nothing_else.ts";
import { backendOf } from "../core/state.ts";
import { canonicalPeer, loopbackAddress } from "../core/numeric_address.ts";
import type { LookupFunction, Payload, Socket } from "../core/types.ts";
import { validateFunction, validateNumber, validatePort, validateString, validateUint32 } from "../core/validate.ts";
import { requestTimeout, withoutPlace } from "./errors.ts";
import { onAbort } from "./on_abort.ts";
import { ANY_PEER, peerKey, type PendingRequest, type Requests } from "./requests.ts";
import type { AddressedRequestOptions, IncomingDatagram } from "./types.ts";

/** The longest that a timer can wait. */
const LONGEST = 0x7fff_ffff;

/** What a request needs of its socket. */
export interface RequestingSocket {
  readonly raw: Socket;
  readonly requests: Requests;
  readonly lookup: LookupFunction | undefined;
}

/** One request, from its first datagram to its end. The signal has not been aborted yet. */
export class Request implements PendingRequest {
  /** Settles when it has ended. */
  readonly answer: Promise<IncomingDatagram>;
  readonly toPeer: boolean;
  readonly #socket: RequestingSocket;
  readonly #data: Payload | readonly Payload[];
  readonly #options: Partial<AddressedRequestOptions>;
  #done!: (answer: IncomingDatagram) => void;
  #fail!: (error: unknown) => void;
  #settled = false;
  #stop: (() => void) | undefined;
  #timer: ClockTimer | undefined;
  #address: string | undefined;
  #peer: string | undefined;
  #attempts = 0;
  #leaving = false;
  #retries: number;
  #wait: number;
  #waited = 0;

  constructor(socket: RequestingSocket, data: Payload | readonly Payload[], options: Partial<AddressedRequestOptions>) {
    // The caller may fill the same object anew for the next one.
    const { port, address, anyPeer, match, signal, timeout, retries } = options;
    const own = this.#options = nothingElse({ port, address, anyPeer, match, signal, timeout, retries });
    checkOptions(own);
    this.#socket = socket;
    this.#data = copyOf(data);
    this.#wait = timeout ?? 1000;
    this.#retries = retries ?? 3;
    this.toPeer = port === undefined && address === undefined;
    this.answer = new Promise((done, fail) => {
      this.#done = done;
      this.#fail = fail;
    });
  }

  start(): void {
    const { signal, address } = this.#options;
    const { raw, requests, lookup } = this.#socket;
    requests.add(this);
    if (signal !== undefined) this.#stop = onAbort(signal, () => this.fail(signal.reason));
    if (this.toPeer) {
      this.#listen(peerOf(raw));
      return;
    }
    const family = raw.type === "udp4" ? 4 : 6;
    const hostname = address || loopbackAddress(family);
    if (lookup === undefined && isIP(hostname) !== 0) {
      this.#aim(hostname);
      return;
    }
    try {
      resolve({ lookup, family, backend: backendOf(raw) }, hostname, (error, ip) => {
        if (error) this.fail(error);
        // Of what is no address the send says so.
        else if (!this.#settled) this.#aim(isIP(ip) ? ip : hostname);
      });
    } catch (error) {
      this.fail(error);
    }
  }

  offer(datagram: IncomingDatagram): boolean {
    const { match } = this.#options;
    if (match !== undefined) {
      let matches: boolean;
      try {
        matches = match(datagram);
      } catch (error) {
        this.fail(error);
        return false;
      }
      // The function may have aborted the request, or closed the socket.
      if (!matches || this.#settled) return false;
    }
    this.#settle();
    this.#done(datagram);
    return true;
  }

  fail(error: unknown): void {
    if (this.#settled) return;
    this.#settle();
    this.#fail(error);
  }

  #aim(ip: string): void {
    this.#address = ip;
    const { anyPeer, port } = this.#options;
    this.#listen(anyPeer ? ANY_PEER : peerKey(canonicalPeer(ip), Number(port)));
  }

  #listen(peer: string | undefined): void {
    this.#peer = peer;
    if (peer !== undefined) this.#socket.requests.listen(this, peer);
    this.#transmit();
  }

  /** Time is that of the socket's backend; the globals are read at the call, since tests replace them. */
  get #clock(): Clock {
    return backendOf(this.#socket.raw).clock ?? globalThis as unknown as Clock;
  }

  #transmit(): void {
    // A second one would wait behind the first, for room in the kernel.
    if (!this.#leaving) {
      this.#attempts++;
      this.#leaving = true;
      const data = this.#data as Payload;
      const message = this.toPeer ? { data } : { data, port: this.#options.port!, address: this.#address! };
      this.#socket.raw.sendMany([nothingElse(message)]).then(() => {
        this.#leaving = false;
        this.#waitForAnswer();
      }, (error) => {
        this.#socket.requests.sendFailed(withoutPlace(error));
        this.fail(error);
      });
    }
    // The link may be stuck, and the datagram never leave.
    this.#waitForAnswer();
  }

  #waitForAnswer(): void {
    if (this.#settled) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => {
      this.#waited += this.#wait;
      this.#wait = Math.min(this.#wait * 2, LONGEST);
      if (this.#retries-- > 0) return this.#transmit();
      const { port, address } = this.#options;
      const peer = this.toPeer ? "the peer" : `${address || this.#address}:${port}`;
      this.fail(requestTimeout(this.#attempts, this.#waited, peer));
    }, this.#wait);
  }

  #settle(): void {
    this.#settled = true;
    this.#clock.clearTimeout(this.#timer);
    this.#stop?.();
    this.#socket.requests.remove(this, this.#peer);
  }
}

/** The connected peer, or undefined where there is none: to send tells that. */
function peerOf(raw: Socket): string | undefined {
  try {
    const { address, port } = raw.remoteAddress();
    return peerKey(address, port);
  } catch {
    return undefined;
  }
}

function checkOptions({ port, address, match, timeout, retries }: Partial<AddressedRequestOptions>): void {
  if (port !== undefined || address !== undefined) validatePort(port, "Port", false);
  if (address !== undefined && address !== null) validateString(address, "address");
  if (match !== undefined) validateFunction(match, "options.match");
  if (timeout !== undefined) {
    validateNumber(timeout, "options.timeout");
    if (!(timeout > 0 && timeout <= LONGEST)) throw outOfRange("options.timeout", `> 0 && <= ${LONGEST}`, timeout);
  }
  if (retries !== undefined) validateUint32(retries, "options.retries");
}

/** The bytes as they are now. What can't be sent is left for `send` to reject. */
function copyOf(data: Payload | readonly Payload[]): Payload | readonly Payload[] {
  if (!Array.isArray(data)) return ownBytes(data as Payload);
  return Array.from({ length: data.length }, (_, i) => ownBytes(data[i]));
}

function ownBytes(data: Payload): Payload {
  if (typeof data === "string") return data;
  const bytes = toBytes(data);
  return bytes === null ? data : joinBytes([bytes], byteLengthOf(bytes));
}
