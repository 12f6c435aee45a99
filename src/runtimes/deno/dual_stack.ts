import {
  ACCESS_DENIED,
  type AddressInfo,
  type Datagram,
  type Handle,
  type Host,
  type Membership,
  type MessageBuffer,
  type NumericOption,
  type OpenOptions,
  type RemoteInfo,
  UNAVAILABLE,
  type WrongFdType,
} from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { isIPv4 } from "../../core/ip.ts";
import { canonicalPeer } from "../../core/numeric_address.ts";
import { afterThisMessage } from "../../core/turns.ts";
import { mayUseHost } from "./permissions.ts";
import { isWindows } from "../common/platform.ts";

type Open = (options: OpenOptions, host: Host) => Handle | WrongFdType | number;

/** How often a port is chosen that nobody has: one that is free for IPv6 alone is of no use. */
const TRIES = 10;

/** So many are read before the first of them is told. */
const MOST_WAITING = 32;

/**
 * True if the socket is to hear IPv4, too, and the kernel will not have it so: IPV6_V6ONLY is on under Windows until
 * somebody turns it off, as libuv does and no API of Deno 2.9.6.
 */
export function needsTwoSockets({ family, address, ipv6Only, fd }: OpenOptions): boolean {
  return family === 6 && address === "::" && !ipv6Only && fd === undefined && isWindows();
}

/** Opens two sockets at one port, of which each hears its own family. */
export function openDualStack(options: OpenOptions, host: Host, open: Open): Handle | WrongFdType | number {
  for (let tries = 0; tries < TRIES; tries++) {
    const handle = new DualStackHandle(host);
    const errno = handle.open(options, open);
    if (errno === 0) return handle;
    if (options.port !== 0 || errno !== getErrno("EADDRINUSE")) return errno;
  }
  return getErrno("EADDRINUSE");
}

/** A udp6 socket on every address that is made of two. IPv4 addresses are mapped ones outside. */
class DualStackHandle implements Handle {
  readonly deferred = true;
  readonly serial = true;
  readonly #host: Host;
  #six!: Handle;
  #four!: Handle;
  /** The one that is connected. */
  #connected: Handle | null = null;

  /** Messages of both that wait for the ticks and microtasks of the one before. */
  readonly #waiting: { readonly data: MessageBuffer; readonly from: RemoteInfo }[] = [];
  #delivering = false;
  /** So many wait that the sockets are paused. */
  #full = false;
  #paused = false;
  #closed = false;

  constructor(host: Host) {
    this.#host = host;
  }

  /** 0 or an errno; then nothing is open. */
  open(options: OpenOptions, open: Open): number {
    const host = this.#host;
    const six = open({ ...options, ipv6Only: true }, {
      ...this.#common,
      message: (data, from) => this.#connected === this.#four || this.#received(data, from),
      sent: (datagram, error) => host.sent(datagram, error),
    });
    if (typeof six === "number" || "fdType" in six) return six as number;
    this.#six = six;
    const { port } = six.address() as AddressInfo;
    const four = open({ ...options, family: 4, address: "0.0.0.0", port }, {
      ...this.#common,
      message: (data, from) => {
        if (this.#connected !== this.#six) {
          this.#received(data, { ...from, address: mapped(from.address), family: "IPv6" });
        }
      },
      sent: (datagram, error) => host.sent((datagram as MappedDatagram).original, error),
    });
    if (typeof four === "object" && !("fdType" in four)) {
      this.#four = four;
      return 0;
    }
    six.close(() => {});
    return four as number;
  }

  get #common(): Omit<Host, "message" | "sent"> {
    const host = this.#host;
    return {
      drained: () => host.drained(),
      receiveError: (errno, syscall) => host.receiveError(errno, syscall),
      closed: () => host.closed(),
    };
  }

  get queueSize(): number {
    return this.#six.queueSize + this.#four.queueSize;
  }

  get queueCount(): number {
    return this.#six.queueCount + this.#four.queueCount;
  }

  address(): AddressInfo | number {
    return this.#connected === this.#four ? mappedEnd(this.#four.address()) : this.#six.address();
  }

  remoteAddress(): AddressInfo | number {
    return this.#connected === this.#four ? mappedEnd(this.#four.remoteAddress()) : this.#six.remoteAddress();
  }

  /** One at a time, whichever socket it leaves from. */
  send(datagram: Datagram): number {
    if (this.queueCount > 0) return 0;
    const { address, port } = datagram;
    if (address === null) {
      return this.#connected === this.#four ? this.#sendMapped(datagram, null) : this.#six.send(datagram);
    }
    const ipv4 = ipv4Of(address);
    if (ipv4 === undefined) return this.#six.send(datagram);
    return mayUseHost(address, port) ? this.#sendMapped(datagram, ipv4) : ACCESS_DENIED;
  }

  sendBatch(datagrams: readonly Datagram[], from: number, _to: number): number {
    return this.send(datagrams[from]);
  }

  connect(address: string, port: number): number {
    if (!mayUseHost(address, port)) return ACCESS_DENIED;
    const ipv4 = ipv4Of(address);
    const handle = ipv4 === undefined ? this.#six : this.#four;
    const errno = handle.connect(ipv4 ?? address, port);
    if (errno === 0) this.#connected = handle;
    return errno;
  }

  disconnect(): number {
    const errno = this.#connected?.disconnect() ?? 0;
    this.#connected = null;
    return errno;
  }

  set(option: NumericOption, value: number): number {
    const result = this.#six.set(option, value);
    // What is said of sizes is said once.
    if (result === 0 && option !== "recvBufferSize" && option !== "sendBufferSize") this.#four.set(option, value);
    return result;
  }

  get(_option: "recvBufferSize" | "sendBufferSize"): number {
    return UNAVAILABLE;
  }

  setMulticastInterface(address: string): number {
    return (isIPv4(address) ? this.#four : this.#six).setMulticastInterface(address);
  }

  join(membership: Membership): number {
    return (isIPv4(membership.group) ? this.#four : this.#six).join(membership);
  }

  leave(membership: Membership): number {
    return (isIPv4(membership.group) ? this.#four : this.#six).leave(membership);
  }

  ref(): void {
    this.#six.ref();
    this.#four.ref();
  }

  unref(): void {
    this.#six.unref();
    this.#four.unref();
  }

  pause(): number {
    this.#paused = true;
    return this.#six.pause!() || this.#four.pause!();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#full) this.#receiveAgain();
  }

  #receiveAgain(): void {
    this.#six.resume!();
    this.#four.resume!();
  }

  cancel(): void {
    this.#six.cancel!();
    this.#four.cancel!();
  }

  close(done: () => void): void {
    this.#closed = true;
    this.#waiting.length = 0;
    this.#six.close(() => this.#four.close(done));
  }

  #received(data: MessageBuffer, from: RemoteInfo): void {
    if (!this.#delivering) return this.#deliver(data, from);
    if (this.#waiting.push({ data, from }) < MOST_WAITING || this.#full || this.#paused) return;
    this.#full = true;
    this.#six.pause!();
    this.#four.pause!();
  }

  #deliver(data: MessageBuffer, from: RemoteInfo): void {
    this.#delivering = true;
    this.#deliverSoon();
    this.#host.message(data, from);
  }

  readonly #deliverSoon = afterThisMessage(() => {
    this.#delivering = false;
    if (this.#closed) return;
    const next = this.#waiting.shift();
    if (next !== undefined) return this.#deliver(next.data, next.from);
    if (!this.#full) return;
    this.#full = false;
    if (!this.#paused) this.#receiveAgain();
  });

  #sendMapped(original: Datagram, address: string | null): number {
    const datagram: MappedDatagram = { ...original, watched: original.watched, address, original };
    return this.#four.send(datagram);
  }
}

/** What the IPv4 socket is given of a datagram. */
interface MappedDatagram extends Datagram {
  /** As the core gave it. */
  readonly original: Datagram;
}

function mapped(address: string): string {
  return `::ffff:${address}`;
}

function mappedEnd(end: AddressInfo | number): AddressInfo | number {
  return typeof end === "number" ? end : { ...end, address: mapped(end.address), family: "IPv6" };
}

/** `127.0.0.1` of `::ffff:127.0.0.1`, however that is written. */
function ipv4Of(address: string): string | undefined {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(canonicalPeer(address))?.[1];
}
