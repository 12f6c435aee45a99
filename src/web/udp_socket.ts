import type { Socket } from "../core/types.ts";
import { invalidStateError, networkError } from "./dom_exceptions.ts";
import { Groups } from "./multicast_controller.ts";
import { openSocket } from "./open.ts";
import { ReadableHalf } from "./readable_half.ts";
import { readSettings, type Settings } from "./settings.ts";
import type { SocketDnsQueryType, UDPSocketOpenInfo, UDPSocketOptions } from "./types.ts";
import { WritableHalf } from "./writable_half.ts";

/**
 * A UDP socket of the Direct Sockets specification, whose datagrams go through streams.
 *
 * With `remoteAddress` and `remotePort` it is *connected*: it talks to that peer alone, and its messages have `data`
 * only. With `localAddress` it is *bound*: it talks to anybody, and its messages say to whom or from whom. An open
 * socket keeps the process alive until both of its streams are closed, or `close()` is called.
 *
 * Received datagrams wait in the readable stream, at most `inboxLimit` of them; what comes when it is full is lost and
 * counted by `dropped`. A write ends when the kernel has taken its datagram, so that a full kernel holds the writer
 * back.
 *
 * Works on Node 18 to 26, Deno and Bun. Where an option names a feature, `capabilities.features` of the module's main
 * entry tells whether this runtime has it; if not, `opened` rejects. Source: WICG Direct Sockets, draft of October
 * 2024, with its later multicast; docs/web.md lists what is implemented.
 *
 * @example An echo server and a client
 * ```ts
 * import { UDPSocket } from "@x/dgram/web";
 *
 * const server = new UDPSocket({ localAddress: "127.0.0.1" });
 * const { readable, writable, localPort } = await server.opened;
 * const echo = readable.pipeTo(writable, { preventCancel: true });
 * echo.catch(() => {});
 *
 * const client = new UDPSocket({ remoteAddress: "127.0.0.1", remotePort: localPort });
 * const streams = await client.opened;
 * const writer = streams.writable.getWriter();
 * await writer.write({ data: new TextEncoder().encode("hello") });
 * const reader = streams.readable.getReader();
 * const { value } = await reader.read();
 * console.log(new TextDecoder().decode(value!.data)); // prints hello
 * process.exit();
 * ```
 */
export class UDPSocket {
  readonly #opened: Promise<UDPSocketOpenInfo>;
  readonly #closed: Promise<void>;
  readonly #readable: ReadableHalf;
  readonly #writable: WritableHalf;
  #state: "opening" | "open" | "closed" = "opening";
  #socket!: Socket;
  #endedHalves = 0;
  /** Of the first half that errored. */
  #failure: { readonly error: unknown } | null = null;
  #resolveClosed!: () => void;
  #rejectClosed!: (error: unknown) => void;

  constructor(options: UDPSocketOptions) {
    const settings = readSettings(options);
    const ended = (error?: unknown): void => this.#halfEnded(error);
    this.#readable = new ReadableHalf(settings, ended);
    this.#writable = new WritableHalf(settings, ended);
    this.#closed = new Promise((resolve, reject) => {
      this.#resolveClosed = resolve;
      this.#rejectClosed = reject;
    });
    this.#opened = this.#open(settings);
    // Both reject together: who looks at one of them has been told.
    this.#closed.catch(() => {});
    this.#opened.catch(() => {});
  }

  get opened(): Promise<UDPSocketOpenInfo> {
    return this.#opened;
  }

  get closed(): Promise<void> {
    return this.#closed;
  }

  get dropped(): number {
    return this.#readable.dropped;
  }

  close(): Promise<void> {
    if (this.#state === "opening") return Promise.reject(invalidStateError("the socket is not open yet"));
    if (this.#state === "closed") return this.#closed;
    const readable = this.#readable.stream;
    const writable = this.#writable.stream;
    if (readable.locked || writable.locked) {
      return Promise.reject(invalidStateError("a stream of the socket is locked"));
    }
    const reason = new DOMException("the socket was closed", "AbortError");
    // Of a half that errored they reject; closed tells that.
    readable.cancel(reason).catch(() => {});
    writable.abort(reason).catch(() => {});
    return this.#closed;
  }

  async #open(settings: Settings): Promise<UDPSocketOpenInfo> {
    try {
      const socket = await openSocket(settings, this.#readable);
      const info = this.#infoOf(socket, settings);
      this.#socket = socket;
      socket.once("close", () => this.#settleClosed());
      this.#writable.start(socket, reachable(socket, settings));
      this.#state = "open";
      return info;
    } catch (error) {
      const exception = networkError(error);
      this.#state = "closed";
      this.#rejectClosed(exception);
      throw exception;
    }
  }

  #infoOf(socket: Socket, { mode, multicastInterface }: Settings): UDPSocketOpenInfo {
    const { address: localAddress, port: localPort } = socket.address();
    const info = { readable: this.#readable.stream, writable: this.#writable.stream, localAddress, localPort };
    if (mode === "bound") {
      const multicastController = new Groups(socket, multicastInterface, () => this.#state === "open");
      return { ...info, multicastController };
    }
    const { address: remoteAddress, port: remotePort } = socket.remoteAddress();
    return { ...info, remoteAddress, remotePort };
  }

  #halfEnded(error: unknown): void {
    if (error !== undefined) this.#failure ??= { error };
    if (++this.#endedHalves < 2) return;
    this.#state = "closed";
    this.#socket.close();
  }

  #settleClosed(): void {
    if (this.#failure === null) this.#resolveClosed();
    else this.#rejectClosed(this.#failure.error);
  }
}

/** The addresses that a bound socket can send to; undefined for those of both families. */
function reachable({ type }: Socket, settings: Settings): SocketDnsQueryType | undefined {
  if (type === "udp4") return "ipv4";
  const both = settings.mode === "bound" && !settings.ipv6Only && /^[0:]+$/.test(settings.localAddress);
  return both ? undefined : "ipv6";
}
